import assert from 'node:assert/strict';
import { type Content, day, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };
const two: Content = { name: 'two', keyId: 'k2' };

async function worldWith(content: Content): Promise<World> {
  const world = new World();
  world.putSource(content);
  await world.settle();
  return world;
}

describe('decision: suspension', () => {
  it('promotes nothing while suspended, and goes on when it ends', async () => {
    const world = await worldWith(one);
    world.setSpec({ suspend: true });
    world.putSource(two);
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=Unknown/Suspended']);
    world.setSpec({ suspend: undefined as never });
    await world.settle();
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
  });

  it('does not look at the source', async () => {
    const world = await worldWith(one);
    world.setSpec({ suspend: true });
    world.putSource('damaged');
    world.restart();
    const client = { ...world.cluster.client };
    world.cluster.client.request = (call) => {
      assert.ok(!call.path.endsWith('/source'), 'the source was read');
      return client.request(call);
    };
    await world.settle();
  });

  it('does not say that a live Secret is there which was deleted meanwhile', async () => {
    const world = await worldWith(one);
    world.setSpec({ suspend: true });
    world.delete('apple-live');
    await world.settle();
    assert.equal(world.condition('Ready').status, 'False');
    assert.equal(world.live, undefined);
  });

  it('puts back afterwards what a hand changed meanwhile', async () => {
    const world = await worldWith(one);
    world.setSpec({ suspend: true });
    world.edit('apple-live', (live) => (live.data = { ...live.data, extra: 'eA==' }));
    await world.settle();
    world.setSpec({ suspend: false });
    await world.settle();
    assert.equal(world.data('apple-live')?.['extra'], undefined);
  });

  it('brings metadata.json up to date afterwards', async () => {
    const world = await worldWith(one);
    world.setSpec({ suspend: true, rotation: { intervalDays: 10 } });
    await world.settle();
    world.setSpec({ suspend: false });
    await world.settle();
    assert.match(world.data('apple-live')?.['metadata.json'] ?? '', /"rotateBy":"2026-01-11T00:00:00Z"/);
  });

  it('reports what is live when the status was lost', async () => {
    const world = await worldWith({ ...one, notAfter: '2026-01-03T00:00:00Z' });
    world.setSpec({ suspend: true });
    await world.settle();
    world.loseStatus();
    world.restart();
    await world.settle();
    assert.equal(world.status.live?.revision, 1);
    assert.equal(world.status.expiresAt, '2026-01-03T00:00:00Z');
    await world.pass(3 * day);
    assert.deepEqual(world.conditions.slice(0, 1), ['Ready=False/Expired']);
  });
});
