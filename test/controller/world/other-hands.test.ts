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
