import assert from 'node:assert/strict';
import { fingerprintFor, type Content, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };
const two: Content = { name: 'two', keyId: 'k2' };
const three: Content = { name: 'three', keyId: 'k3' };
const four: Content = { name: 'four', keyId: 'k4' };

async function worldWith(...contents: (Content | string | undefined)[]): Promise<World> {
  const world = new World();
  for (const content of contents) {
    world.putSource(content);
    await world.settle();
  }
  return world;
}

describe('decision: promotion', () => {
  it('makes the first good source revision 1, with one look, three writes and one Event', async () => {
    const world = new World();
    world.putSource(one);
    await world.look();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.revisions, [1]);
    assert.equal(world.secret('apple-rev-1')?.immutable, true);
    assert.deepEqual(
      world.cluster.writes.map((write) => write.replace(/\S*\/namespaces\/loyalty\//, '')),
      ['POST secrets', 'POST secrets', 'PUT walletcredentials/apple/status'],
    );
    assert.deepEqual(
      world.notes.map((note) => note.reason),
      ['Promoted'],
    );
  });

  it('makes no call when nothing changed, not even after a restart', async () => {
    const world = await worldWith(one);
    const writes = world.cluster.writes.length;
    world.cluster.client.request = () => assert.fail('a call was made');
    await world.look();
    world.restart();
    await world.look();
    assert.equal(world.cluster.writes.length, writes);
  });

  it("costs one status write, though the API server's clock is not the controller's", async () => {
    const world = new World();
    world.skew = 2_500;
    world.putSource(one);
    await world.settle();
    assert.equal(world.cluster.writes.filter((write) => write.endsWith('/status')).length, 1);
  });

  it('promotes the next good source as the next revision', async () => {
    const world = await worldWith(one, two);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.deepEqual(world.revisions, [1, 2]);
    assert.deepEqual(
      world.notes.map((note) => note.kind),
      ['promoted', 'promoted'],
    );
  });

  it('takes the same source written again for no change', async () => {
    const world = await worldWith(one);
    const { notes, secret } = { notes: world.notes.length, secret: world.secret('apple-live') };
    world.putSource(one);
    await world.settle();
    assert.deepEqual(world.secret('apple-live'), secret);
    assert.equal(world.notes.length, notes);
    assert.equal(world.status.source?.resourceVersion, world.secret('source')?.metadata.resourceVersion);
  });

  it('makes a kept revision live again when its source comes back (a git revert)', async () => {
    const world = await worldWith(one, two, one);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.revisions, [1, 2]);
    assert.equal(world.notes.at(-1)?.kind, 'rolled_back');
  });

  it('gives a number never given before to what follows a git revert', async () => {
    const world = await worldWith(one, two, one, three);
    assert.deepEqual(world.live, { name: 'three', revision: 3 });
  });

  it('gives a new number to a source whose revision was pruned', async () => {
    const world = await worldWith(one, two, three, four, one);
    assert.deepEqual(world.live, { name: 'one', revision: 5 });
    assert.deepEqual(world.revisions, [3, 4, 5]);
  });

  it('keeps the last good one when a bad source comes, says why, and makes one Event', async () => {
    const world = await worldWith(one, 'damaged');
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=False/MalformedJson']);
    assert.deepEqual(
      world.notes.map((note) => note.reason),
      ['Promoted', 'MalformedJson'],
    );
    world.restart();
    await world.settle();
    assert.equal(world.notes.length, 2);
  });

  it('tells of a bad source once more when it was written anew', async () => {
    const world = await worldWith(one, 'damaged', 'damaged');
    assert.deepEqual(
      world.notes.map((note) => note.reason),
      ['Promoted', 'MalformedJson', 'MalformedJson'],
    );
  });

  it('promotes nothing from a first source that is bad', async () => {
    const world = await worldWith('damaged');
    assert.equal(world.live, undefined);
    assert.deepEqual(world.revisions, []);
    assert.deepEqual(world.conditions.slice(0, 2), [
      'Ready=False/NoLiveCredential',
      'SourceAccepted=False/MalformedJson',
    ]);
    assert.equal(world.status.live, undefined);
  });

  it('keeps what is live when the source is deleted', async () => {
    const world = await worldWith(one, undefined);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=False/SecretNotFound']);
  });

  it('replaces the good source that a bad one follows when the first is put back', async () => {
    const world = await worldWith(one, 'damaged', one);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.equal(world.condition('SourceAccepted').status, 'True');
    assert.deepEqual(
      world.notes.map((note) => note.kind),
      ['promoted', 'rejected'],
    );
  });

  it('keeps as many revisions as the limit says, and removes more when it is lowered', async () => {
    const world = await worldWith(one, two, three, four);
    assert.deepEqual(world.revisions, [2, 3, 4]);
    world.setSpec({ revisionHistoryLimit: 1 });
    await world.settle();
    assert.deepEqual(world.revisions, [4]);
    assert.deepEqual(
      world.status.revisions?.map((kept) => kept.revision),
      [4],
    );
  });

  it('never removes the live revision, however old it is', async () => {
    const world = await worldWith(one, two, one);
    world.setSpec({ revisionHistoryLimit: 1 });
    await world.settle();
    assert.deepEqual(world.revisions, [1]);
    world.putSource(three);
    await world.settle();
    assert.deepEqual(world.live, { name: 'three', revision: 3 });
  });

  it('keeps metadata.json in step with the rotation interval', async () => {
    const world = await worldWith(one);
    world.setSpec({ rotation: { intervalDays: 10 } });
    await world.settle();
    const metadata = JSON.parse(world.data('apple-live')?.['metadata.json'] ?? '{}');
    assert.deepEqual(metadata, {
      revision: 1,
      fingerprint: fingerprintFor(one),
      keyFirstSeen: '2026-01-01T00:00:00Z',
      rotateBy: '2026-01-11T00:00:00Z',
    });
    assert.equal(world.status.rotateBy, metadata.rotateBy);
    assert.equal(world.notes.length, 1);
  });

  it('follows a deletionPolicy that is switched, both ways, without an Event', async () => {
    const world = await worldWith(one);
    assert.equal(world.secret('apple-live')?.metadata.ownerReferences, undefined);
    world.setSpec({ live: { deletionPolicy: 'Delete' } });
    await world.settle();
    assert.equal(world.secret('apple-live')?.metadata.ownerReferences?.length, 1);
    world.setSpec({ live: { deletionPolicy: 'Retain' } });
    await world.settle();
    assert.equal(world.secret('apple-live')?.metadata.ownerReferences, undefined);
    assert.equal(world.notes.length, 1);
  });

  it('takes the live Secret over when the resource is made anew: Retain', async () => {
    const world = await worldWith(one, two);
    world.recreate();
    await world.settle();
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.deepEqual(world.revisions, [2]);
    world.putSource(three);
    await world.settle();
    assert.deepEqual(world.live, { name: 'three', revision: 3 });
  });

  it('keeps a retained live Secret when the resource is made anew beside a bad source', async () => {
    const world = await worldWith(one, two, 'damaged');
    world.recreate();
    await world.settle();
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.deepEqual(world.revisions, [2]);
    assert.equal(world.condition('Ready').status, 'True');
  });

  it('writes another live Secret when its name is changed', async () => {
    const world = await worldWith(one);
    world.setSpec({ live: { secretName: 'other', deletionPolicy: 'Retain' } });
    await world.settle();
    assert.equal(world.secret('other')?.metadata.annotations?.['loyalty.orion.dev/revision'], '1');
    assert.equal(world.status.live?.secretName, 'other');
    assert.equal(world.notes.length, 1);
  });
});
