import assert from 'node:assert/strict';
import { at, type Content, day, start, World } from './world.ts';

const fifty: Content = { name: 'fifty', keyId: 'k1', notAfter: at(50 * day) };

async function promoted(content: Content, spec: ConstructorParameters<typeof World>[0] = {}): Promise<World> {
  const world = new World({ rotation: { intervalDays: 400 }, ...spec });
  world.putSource(content);
  await world.settle();
  return world;
}

describe('decision: instants', () => {
  it('wakes at the warning, critical and expiry instants, and then no more', async () => {
    const world = await promoted(fifty);
    for (const [days, reason] of [
      [20, 'WithinWarning'],
      [43, 'WithinCritical'],
      [50, 'Expired'],
    ] as const) {
      assert.deepEqual(world.wakeAt, new Date(start.getTime() + days * day));
      world.now = new Date(start.getTime() + days * day - 1);
      await world.settle();
      assert.notEqual(world.condition('ExpiringSoon').reason, reason, 'a millisecond early');
      world.now = new Date(start.getTime() + days * day);
      await world.settle();
      assert.equal(world.condition('ExpiringSoon').reason, reason);
    }
    assert.equal(world.condition('Ready').reason, 'Expired');
    assert.deepEqual(world.wakeAt, new Date(start.getTime() + 400 * day), 'only the rotation is left');
  });

  it('tells of each once, and keeps lastTransitionTime while the status stays', async () => {
    const world = await promoted(fifty);
    await world.pass(60 * day);
    assert.deepEqual(
      world.notes.slice(1).map((note) => note.reason),
      ['WithinWarning', 'WithinCritical', 'Expired'],
    );
    assert.equal(world.condition('ExpiringSoon').lastTransitionTime, at(20 * day));
    assert.equal(world.condition('Ready').lastTransitionTime, at(50 * day));
    assert.equal(world.condition('SourceAccepted').lastTransitionTime, at(0));
  });

  it('writes nothing between these instants, whatever the time', async () => {
    const world = await promoted(fifty);
    for (let days = 0; days < 60; days += 0.37) {
      world.now = new Date(start.getTime() + days * day);
      await world.settle();
    }
    assert.equal(world.cluster.writes.length, 3 + 3);
  });

  it('wakes when the key becomes older than the interval', async () => {
    const world = await promoted({ name: 'one', keyId: 'k1' }, { rotation: { intervalDays: 10 } });
    assert.deepEqual(world.wakeAt, new Date(start.getTime() + 10 * day));
    await world.pass(11 * day);
    assert.deepEqual(world.conditions[3], 'RotationDue=True/IntervalExceeded');
    assert.deepEqual(
      world.notes.slice(1).map((note) => note.reason),
      ['RotationDue'],
    );
    assert.equal(world.wakeAt, undefined);
  });

  it('promotes what is not valid yet at its notBefore', async () => {
    const world = await promoted({ name: 'later', notBefore: at(40 * day) });
    assert.equal(world.live, undefined);
    assert.equal(world.condition('SourceAccepted').reason, 'NotYetValid');
    assert.deepEqual(world.wakeAt, new Date(start.getTime() + 40 * day));
    await world.pass(40 * day);
    assert.deepEqual(world.live, { name: 'later', revision: 1 });
  });

  it('does so over a restart', async () => {
    const world = await promoted({ name: 'later', notBefore: at(40 * day) });
    world.restart();
    await world.settle();
    assert.deepEqual(world.wakeAt, new Date(start.getTime() + 40 * day));
  });

  it('observes the generation of the spec, in the status and in every condition', async () => {
    const world = await promoted(fifty);
    world.setSpec({ expiry: { warningDays: 60, criticalDays: 7 } });
    await world.settle();
    assert.equal(world.status.observedGeneration, 2);
    assert.deepEqual(new Set(world.status.conditions?.map((condition) => condition.observedGeneration)), new Set([2]));
    assert.equal(world.condition('ExpiringSoon').reason, 'WithinWarning');
  });
});

describe('decision: the age of a key', () => {
  it('is kept when the same key comes in another file', async () => {
    const world = await promoted({ name: 'one', keyId: 'k1' });
    await world.pass(5 * day);
    world.putSource({ name: 'one again', keyId: 'k1' });
    await world.settle();
    assert.deepEqual([world.live?.revision, world.status.key?.firstSeen], [2, at(0)]);
  });

  it('begins anew with another key', async () => {
    const world = await promoted({ name: 'one', keyId: 'k1' });
    await world.pass(5 * day);
    world.putSource({ name: 'two', keyId: 'k2' });
    await world.settle();
    assert.equal(world.status.key?.firstSeen, at(5 * day));
  });

  for (const lost of ['the status', 'the status and the revisions', 'the status and the live Secret'] as const) {
    it(`is not forgotten with ${lost}`, async () => {
      const world = await promoted({ name: 'one', keyId: 'k1' });
      await world.pass(5 * day);
      world.loseStatus();
      if (lost.includes('revisions')) world.delete('apple-rev-1');
      if (lost.includes('live')) world.delete('apple-live');
      world.restart();
      await world.settle();
      assert.equal(world.status.key?.firstSeen, at(0));
      assert.deepEqual(world.live, { name: 'one', revision: 1 });
    });
  }
});

describe('decision: a status that was lost', () => {
  const losses: Record<string, (world: World) => void> = {
    'the status alone': (world) => world.loseStatus(),
    'the resource, made anew': (world) => world.recreate(),
    'the resource, made anew with its revisions': (world) => world.recreate({ cascade: false }),
  };
  for (const [what, lose] of Object.entries(losses)) {
    for (const source of ['good', 'damaged', 'gone'] as const) {
      it(`is as it was: ${what} (source ${source})`, async () => {
        const world = await promoted(fifty);
        world.putSource({ ...fifty, name: 'second' });
        await world.settle();
        if (source !== 'good') world.putSource(source === 'gone' ? undefined : 'damaged');
        await world.settle();
        const before = { live: world.live, status: world.status, conditions: world.conditions };
        lose(world);
        world.restart();
        await world.settle();
        assert.deepEqual(world.live, before.live);
        assert.equal(world.status.live?.fingerprint, before.status.live?.fingerprint);
        assert.deepEqual(world.status.key?.firstSeen, before.status.key?.firstSeen);
        if (what !== 'the resource, made anew' || source === 'good') {
          assert.deepEqual(world.conditions, before.conditions);
          assert.equal(world.status.expiresAt, before.status.expiresAt);
        }
      });
    }
  }

  it('finds out that the live one has expired meanwhile, from the revision', async () => {
    const world = await promoted(fifty);
    await world.pass(60 * day);
    world.loseStatus();
    world.restart();
    await world.settle();
    assert.deepEqual(world.conditions.slice(0, 3), [
      'Ready=False/Expired',
      'SourceAccepted=False/Expired',
      'ExpiringSoon=True/Expired',
    ]);
    assert.deepEqual(world.live, { name: 'fifty', revision: 1 });
    assert.equal(world.status.expiresAt, fifty.notAfter);
  });
});
