import assert from 'node:assert/strict';
import { type Content, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };
const two: Content = { name: 'two', keyId: 'k2' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function promoted(): Promise<World> {
  const world = new World();
  for (const content of [one, two]) {
    world.putSource(content);
    await world.settle();
  }
  return world;
}

describe('decision: revision Secrets that another hand has changed', () => {
  for (const source of ['good', 'damaged', 'gone'] as const) {
    it(`makes the live one's anew when it was deleted (source ${source})`, async () => {
      const world = await promoted();
      if (source !== 'good') world.putSource(source === 'gone' ? undefined : 'damaged');
      await world.settle();
      const { data, notes, status } = {
        data: world.data('apple-rev-2'),
        notes: world.notes.length,
        status: world.status,
      };
      world.delete('apple-rev-2');
      await world.settle();
      assert.deepEqual(world.data('apple-rev-2'), data);
      assert.equal(world.notes.length, notes);
      assert.deepEqual(world.status.revisions, status.revisions);
    });
  }

  it('reports one less when an older one was deleted', async () => {
    const world = await promoted();
    world.delete('apple-rev-1');
    await world.settle();
    assert.deepEqual(
      world.status.revisions?.map((kept) => kept.revision),
      [2],
    );
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
  });

  it('takes a copy under another name for no revision', async () => {
    const world = await promoted();
    world.cluster.put('/api/v1/namespaces/loyalty/secrets/copy-of-2', {
      ...world.secret('apple-rev-2'),
      kind: 'Secret',
    });
    await world.settle();
    assert.deepEqual(
      world.status.revisions?.map((kept) => kept.secretName),
      ['apple-rev-1', 'apple-rev-2'],
    );
  });

  it('does not make a damaged one live in place of the last good one', async () => {
    const world = await promoted();
    world.putSource('damaged');
    await world.settle();
    world.edit('apple-rev-2', (revision) => (revision.data = { credential: base64('{"name":"forged"}') }));
    world.delete('apple-live');
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
  });

  it('says that nothing is live when every copy is damaged', async () => {
    const world = new World();
    world.putSource(one);
    await world.settle();
    world.putSource('damaged');
    world.edit('apple-rev-1', (revision) => (revision.data = { credential: base64('{"name":"forged"}') }));
    world.delete('apple-live');
    await world.settle();
    assert.equal(world.live, undefined);
    assert.equal(world.condition('Ready').reason, 'NoLiveCredential');
  });

  it('takes an annotation that is no instant for none', async () => {
    const world = await promoted();
    world.edit('apple-rev-2', ({ metadata }) => {
      metadata.annotations = { ...metadata.annotations, 'loyalty.orion.dev/key-first-seen': 'long ago' };
    });
    await world.settle();
    assert.equal(world.status.key?.firstSeen, '2026-01-01T00:00:00Z');
  });
});
