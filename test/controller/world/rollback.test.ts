import assert from 'node:assert/strict';
import { type Content, day, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };
const two: Content = { name: 'two', keyId: 'k2' };
const three: Content = { name: 'three', keyId: 'k3' };

async function worldWith(...contents: Content[]): Promise<World> {
  const world = new World();
  for (const content of contents) {
    world.putSource(content);
    await world.settle();
  }
  return world;
}

async function pin(world: World, revision: number | undefined): Promise<void> {
  world.setSpec({ rollbackTo: revision as number });
  await world.settle();
}

describe('decision: rollbackTo', () => {
  it('makes a kept revision live and says so with one Event', async () => {
    const world = await worldWith(one, two);
    await pin(world, 1);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=False/Pinned']);
    assert.deepEqual(
      world.notes.slice(2).map((note) => note.kind),
      ['rolled_back'],
    );
  });

  it('holds against later good sources, which are evaluated and not promoted', async () => {
    const world = await worldWith(one, two);
    await pin(world, 1);
    world.putSource(three);
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.equal(world.condition('SourceAccepted').reason, 'Pinned');
    assert.deepEqual(world.revisions, [1, 2]);
  });

  it('reports later bad sources with their own reason', async () => {
    const world = await worldWith(one, two);
    await pin(world, 1);
    world.putSource('damaged');
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.equal(world.condition('SourceAccepted').reason, 'MalformedJson');
    assert.equal(world.notes.at(-1)?.reason, 'MalformedJson');
  });

  it('says that the source is live when it is the pinned revision', async () => {
    const world = await worldWith(one, two);
    await pin(world, 2);
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=True/Promoted']);
    assert.equal(world.notes.length, 2);
  });

  it('makes way for the source when it is removed', async () => {
    const world = await worldWith(one, two);
    await pin(world, 1);
    world.putSource(three);
    await world.settle();
    await pin(world, undefined);
    assert.deepEqual(world.live, { name: 'three', revision: 3 });
    assert.equal(world.notes.at(-1)?.kind, 'promoted');
  });

  it('leaves what it made live when it is removed beside a bad source', async () => {
    const world = await worldWith(one, two);
    await pin(world, 1);
    world.putSource('damaged');
    await world.settle();
    await pin(world, undefined);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
  });

  it('keeps the pinned revision, whatever the limit', async () => {
    const world = await worldWith(one, two);
    world.setSpec({ revisionHistoryLimit: 1, rollbackTo: 1 });
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    await pin(world, undefined);
    assert.deepEqual(
      world.live,
      { name: 'two', revision: 3 },
      'revision 2 was pruned, and its number is not given again',
    );
  });

  it('survives a restart without an Event and without a write', async () => {
    const world = await worldWith(one, two);
    await pin(world, 1);
    const before = { notes: world.notes.length, writes: world.cluster.writes.length };
    world.restart();
    await world.settle();
    assert.deepEqual({ notes: world.notes.length, writes: world.cluster.writes.length }, before);
  });
});

describe('decision: rollbackTo a revision that cannot be made live', () => {
  it('RevisionNotFound: what was live stays live, with one Event', async () => {
    const world = await worldWith(one, two);
    await pin(world, 9);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.equal(world.condition('SourceAccepted').reason, 'RevisionNotFound');
    assert.match(
      world.condition('SourceAccepted').message,
      /names revision 9, which is not kept; status.revisions lists/,
    );
    assert.deepEqual(
      world.notes.slice(2).map((note) => note.reason),
      ['RevisionNotFound'],
    );
    assert.doesNotMatch(world.notes.at(-1)?.message ?? '', /source is rejected/);
    world.restart();
    await world.settle();
    assert.equal(world.notes.length, 3);
  });

  it('RevisionNotFound before anything was promoted: nothing is promoted', async () => {
    const world = new World({ rollbackTo: 1 });
    world.putSource(one);
    await world.settle();
    assert.equal(world.live, undefined);
    assert.deepEqual(world.conditions.slice(0, 2), [
      'Ready=False/NoLiveCredential',
      'SourceAccepted=False/RevisionNotFound',
    ]);
  });

  it('RevisionInvalid: it has expired', async () => {
    const world = await worldWith({ ...one, notAfter: '2026-01-05T00:00:00Z' }, two);
    await world.pass(10 * day);
    await pin(world, 1);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.equal(world.condition('SourceAccepted').reason, 'RevisionInvalid');
    assert.match(world.condition('SourceAccepted').message, /Revision 1 fails the check Expired/);
  });

  it('RevisionInvalid: it was good when it was read, and has expired since', async () => {
    const world = await worldWith({ ...one, notAfter: '2026-01-05T00:00:00Z' }, two);
    await pin(world, 1);
    await pin(world, undefined);
    await world.pass(10 * day);
    await pin(world, 1);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.equal(world.condition('SourceAccepted').reason, 'RevisionInvalid');
  });

  it('RevisionInvalid: a hand has replaced it', async () => {
    const world = await worldWith(one, two);
    world.edit('apple-rev-1', (revision) => (revision.data = { credential: Buffer.from('{}').toString('base64') }));
    await pin(world, 1);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.match(
      world.condition('SourceAccepted').message,
      /Secret apple-rev-1 does not hold what was promoted as revision 1/,
    );
  });

  it('is not read again with every look', async () => {
    const world = await worldWith({ ...one, notAfter: '2026-01-05T00:00:00Z' }, two);
    await world.pass(10 * day);
    await pin(world, 1);
    world.cluster.client.request = () => assert.fail('a call was made');
    await world.look();
  });

  it('stays live when it is pinned while live and expires then', async () => {
    const world = await worldWith(one, { ...two, notAfter: '2026-01-05T00:00:00Z' });
    await pin(world, 2);
    await world.pass(10 * day);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.equal(world.condition('Ready').reason, 'Expired');
  });
});

describe('decision: what expired while it was pinned away', () => {
  it('is not promoted when the pin is removed', async () => {
    const world = await worldWith(one, { ...two, notAfter: '2026-01-05T00:00:00Z' });
    await pin(world, 1);
    await world.pass(10 * day);
    await pin(world, undefined);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=False/Expired']);
  });
});
