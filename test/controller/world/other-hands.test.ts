import assert from 'node:assert/strict';
import { type Content, day, World } from './world.ts';
import type { StoredObject } from './in-memory-cluster.ts';

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

const edits: Record<string, (live: StoredObject) => void> = {
  'another content': (live) => (live.data = { ...live.data, credential: base64('{"name":"mine"}') }),
  'an earlier revision pasted in': (live) => (live.data = { ...live.data, credential: base64(JSON.stringify(one)) }),
  'a data key more': (live) => (live.data = { ...live.data, extra: base64('x') }),
  'a data key less': (live) => delete live.data?.['issuer-id'],
  'no data': (live) => delete live.data,
  'bytes that are not text': (live) => (live.data = { ...live.data, credential: '/////w==' }),
  'no metadata.json': (live) => delete live.data?.['metadata.json'],
  'a metadata.json that is not JSON': (live) => (live.data = { ...live.data, 'metadata.json': base64('{') }),
  'a metadata.json that is null': (live) => (live.data = { ...live.data, 'metadata.json': base64('null') }),
  'a metadata.json of another revision': (live) => {
    const text = Buffer.from(live.data?.['metadata.json'] ?? '', 'base64').toString('utf8');
    live.data = { ...live.data, 'metadata.json': base64(text.replace('"revision":2', '"revision":1')) };
  },
  'a metadata.json with another instant': (live) => {
    const text = Buffer.from(live.data?.['metadata.json'] ?? '', 'base64').toString('utf8');
    live.data = {
      ...live.data,
      'metadata.json': base64(text.replace(/"keyFirstSeen":"[^"]*"/, '"keyFirstSeen":"never"')),
    };
  },
  'another revision annotation': (live) =>
    (live.metadata.annotations = { ...live.metadata.annotations, 'loyalty.orion.dev/revision': '1' }),
  'a huge revision annotation': (live) =>
    (live.metadata.annotations = { ...live.metadata.annotations, 'loyalty.orion.dev/revision': '99999999999999' }),
  'another fingerprint annotation': (live) =>
    (live.metadata.annotations = { ...live.metadata.annotations, 'loyalty.orion.dev/fingerprint': 'f00' }),
  'no annotations': (live) => delete live.metadata.annotations,
};

describe('decision: a live Secret that another hand has changed', () => {
  for (const [what, edit] of Object.entries(edits)) {
    for (const source of ['good', 'damaged', 'gone'] as const) {
      for (const status of ['there', 'lost'] as const) {
        it(`puts back ${what}, with an Event (source ${source}, status ${status})`, async () => {
          const world = await promoted();
          if (source !== 'good') world.putSource(source === 'gone' ? undefined : 'damaged');
          await world.settle();
          const before = {
            data: world.data('apple-live'),
            annotations: world.secret('apple-live')?.metadata.annotations,
          };
          const notes = world.notes.length;
          world.edit('apple-live', edit);
          if (status === 'lost') {
            // Without the status and with damaged marks, nothing but the source or the newest revision tells what was live.
            world.loseStatus();
            world.restart();
          }
          await world.settle();
          const after = {
            data: world.data('apple-live'),
            annotations: world.secret('apple-live')?.metadata.annotations,
          };
          if (status === 'there' || source === 'good') assert.deepEqual(after, before);
          assert.equal(world.condition('Ready').status, 'True');
          if (status === 'there') {
            assert.deepEqual(
              world.notes.slice(notes).map((note) => note.kind),
              ['restored'],
            );
          }
          await world.settle();
        });
      }
    }
  }

  for (const highest of ['999999999', '99999999999', '-1', 'many']) {
    it(`goes on with numbers that fit the status from a highest revision of ${highest}`, async () => {
      const world = await promoted();
      world.edit('apple-live', ({ metadata }) => {
        metadata.annotations = { ...metadata.annotations, 'loyalty.orion.dev/highest-revision': highest };
      });
      await world.settle();
      world.putSource({ name: 'three' });
      await world.settle();
      assert.equal(world.live?.revision, highest === '999999999' ? 1_000_000_000 : 3);
      world.putSource({ name: 'four' });
      await world.settle();
      assert.ok((world.live?.revision ?? 0) < 2 ** 31);
    });
  }

  it('leaves what does not matter: labels and annotations of others', async () => {
    const world = await promoted();
    const { notes, writes } = { notes: world.notes.length, writes: world.cluster.writes.length };
    world.edit('apple-live', (live) => {
      live.metadata.labels = { ...live.metadata.labels, team: 'a' };
      live.metadata.annotations = { ...live.metadata.annotations, note: 'b' };
    });
    await world.settle();
    assert.equal(world.secret('apple-live')?.metadata.labels?.['team'], 'a');
    assert.deepEqual([world.notes.length, world.cluster.writes.length], [notes, writes + 1], 'one status write');
  });

  it('puts it back from what is in it when the revision Secret was deleted too and the source is bad', async () => {
    const world = await promoted();
    world.putSource('damaged');
    await world.settle();
    world.delete('apple-rev-2');
    world.edit('apple-live', (live) => delete live.data?.['metadata.json']);
    await world.settle();
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.deepEqual(world.revisions, [1, 2]);
  });
});

describe('decision: a live Secret that another hand has deleted', () => {
  for (const source of ['good', 'damaged', 'gone'] as const) {
    it(`puts it back (source ${source})`, async () => {
      const world = await promoted();
      if (source !== 'good') world.putSource(source === 'gone' ? undefined : 'damaged');
      await world.settle();
      const { data, notes } = { data: world.data('apple-live'), notes: world.notes.length };
      world.delete('apple-live');
      await world.settle();
      assert.deepEqual(world.data('apple-live'), data);
      assert.deepEqual(
        world.notes.slice(notes).map((note) => note.kind),
        ['restored'],
      );
    });
  }

  it('puts back the pinned revision', async () => {
    const world = await promoted();
    world.setSpec({ rollbackTo: 1 });
    await world.settle();
    world.delete('apple-live');
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
  });

  it('puts back one that has expired: it is what was live', async () => {
    const world = new World();
    world.putSource({ ...one, notAfter: '2026-01-02T00:00:00Z' });
    await world.settle();
    await world.pass(2 * day);
    world.putSource('damaged');
    world.delete('apple-live');
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.equal(world.condition('Ready').reason, 'Expired');
  });
});
