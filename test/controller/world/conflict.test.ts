import assert from 'node:assert/strict';
import { type Content, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };

describe("decision: somebody else's Secret in the place of the live one", () => {
  async function conflict(): Promise<World> {
    const world = new World();
    world.cluster.put('/api/v1/namespaces/loyalty/secrets/apple-live', { kind: 'Secret', data: { mine: 'eA==' } });
    world.putSource(one);
    await world.settle();
    return world;
  }

  it('is never touched, and that is said', async () => {
    const world = await conflict();
    assert.deepEqual(world.data('apple-live'), { mine: 'x' });
    assert.deepEqual(world.conditions.slice(0, 2), [
      'Ready=False/LiveSecretConflict',
      'SourceAccepted=False/LiveSecretConflict',
    ]);
    assert.deepEqual(
      world.notes.map((note) => note.kind),
      ['conflict'],
    );
    assert.deepEqual(world.revisions, []);
  });

  it('is told of beside a source that is bad too', async () => {
    const world = await conflict();
    const other = new World();
    other.cluster.put('/api/v1/namespaces/loyalty/secrets/apple-live', { kind: 'Secret', data: { mine: 'eA==' } });
    other.putSource('damaged');
    await other.settle();
    assert.equal(world.condition('Ready').reason, 'LiveSecretConflict');
    assert.deepEqual(other.conditions.slice(0, 2), [
      'Ready=False/LiveSecretConflict',
      'SourceAccepted=False/MalformedJson',
    ]);
    assert.deepEqual(other.notes.map((note) => note.kind).sort(), ['conflict', 'rejected']);
  });

  it('makes way when it is deleted', async () => {
    const world = await conflict();
    world.delete('apple-live');
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
  });

  it('is taken over when it carries the labels', async () => {
    const world = await conflict();
    world.edit('apple-live', ({ metadata }) => {
      metadata.labels = { 'loyalty.orion.dev/credential': 'apple', 'loyalty.orion.dev/role': 'live' };
    });
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(Object.keys(world.data('apple-live') ?? {}).sort(), ['credential', 'issuer-id', 'metadata.json']);
  });
});
