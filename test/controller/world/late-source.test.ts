import assert from 'node:assert/strict';
import { World } from './world.ts';

describe('decision: a source that the watch tells of late', () => {
  const reasons = (world: World): string[] => world.notes.map(({ reason }) => reason);

  it('is not called missing: it is looked for, and promoted', async () => {
    const world = new World();
    world.lag = true;
    world.putSource({ name: 'one' });
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(reasons(world), ['Promoted']);
  });

  it('is called missing when it is not there, once, and promoted when it comes', async () => {
    const world = new World();
    await world.settle();
    await world.settle();
    world.restart();
    await world.settle();
    assert.deepEqual(reasons(world), ['SecretNotFound']);
    world.lag = true;
    world.putSource({ name: 'one' });
    await world.settle();
    assert.deepEqual(reasons(world), ['SecretNotFound', 'Promoted']);
  });

  it('is called missing again when it is deleted after it came', async () => {
    const world = new World();
    await world.settle();
    world.putSource({ name: 'one' });
    await world.settle();
    world.putSource(undefined);
    await world.settle();
    assert.deepEqual(reasons(world), ['SecretNotFound', 'Promoted', 'SecretNotFound']);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
  });
});
