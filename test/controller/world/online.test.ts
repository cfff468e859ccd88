import assert from 'node:assert/strict';
import type { OnlineVerdict } from '../../../src/domain/credentials/verdict.ts';
import { at, type Content, fingerprintFor, start, World } from './world.ts';

const one: Content = { name: 'one', keyId: 'k1' };
const two: Content = { name: 'two', keyId: 'k2' };
const minute = 60_000;

const verified: OnlineVerdict = { outcome: 'verified', message: 'Taken.' };
const refused: OnlineVerdict = { outcome: 'refused', reason: 'PermissionDenied', message: 'May not read the issuer.' };
const unreachable: OnlineVerdict = { outcome: 'unreachable', message: 'No answer.' };

/** Revision 1 is live and verified; the provider then answers for the second credential as told. */
async function worldThen(answer: OnlineVerdict): Promise<World> {
  const world = new World({ verification: { online: true, intervalMinutes: 60 } });
  world.putSource(one);
  await world.settle();
  world.provider = (fingerprint) => (fingerprint === fingerprintFor(two) ? answer : verified);
  world.putSource(two);
  return world;
}

describe('decision: online verification', () => {
  it('waits for the answer before the first promotion', async () => {
    const world = new World({ verification: { online: true, intervalMinutes: 60 } });
    world.putSource(one);
    await world.look();
    assert.equal(world.live, undefined);
    assert.deepEqual(world.conditions.slice(0, 2), [
      'Ready=False/NoLiveCredential',
      'SourceAccepted=Unknown/VerificationPending',
    ]);
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions[4], 'Verified=True/Verified');
    assert.equal(world.asked, 1);
    assert.deepEqual(
      world.notes.map((note) => note.kind),
      ['promoted'],
    );
  });

  it('keeps the last good one while it waits', async () => {
    const world = await worldThen(verified);
    await world.look();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=Unknown/VerificationPending']);
    await world.settle();
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
  });

  it('asks about what the source has become while it waited', async () => {
    const world = await worldThen(refused);
    await world.look();
    world.putSource({ name: 'three', keyId: 'k3' });
    await world.settle();
    assert.deepEqual(world.live, { name: 'three', revision: 2 });
  });

  it('lets a refusal block the promotion, with one Event', async () => {
    const world = await worldThen(refused);
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions.slice(0, 2), ['Ready=True/Live', 'SourceAccepted=False/PermissionDenied']);
    assert.deepEqual(
      world.notes.slice(1).map((note) => [note.kind, note.reason]),
      [['refused', 'PermissionDenied']],
    );
    assert.deepEqual(world.revisions, [1]);
  });

  it('makes one Event of a first source that is refused, too', async () => {
    const world = new World({ verification: { online: true, intervalMinutes: 60 } });
    world.provider = () => refused;
    world.putSource(one);
    await world.settle();
    assert.deepEqual(world.conditions.slice(0, 2), [
      'Ready=False/NoLiveCredential',
      'SourceAccepted=False/PermissionDenied',
    ]);
    assert.deepEqual(
      world.notes.map((note) => note.reason),
      ['PermissionDenied'],
    );
  });

  it('tries what was refused again at the interval, and promotes it when it is taken', async () => {
    const world = await worldThen(refused);
    await world.settle();
    const { asked } = world;
    await world.pass(59 * minute);
    assert.equal(world.asked, asked);
    world.provider = () => verified;
    await world.pass(minute);
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
  });

  it('says nothing more of the same refusal', async () => {
    const world = await worldThen(refused);
    await world.settle();
    const status = world.cluster.writes.length;
    await world.pass(300 * minute);
    assert.equal(world.notes.length, 2);
    // Once an interval the live credential was asked about, and the status says when.
    assert.equal(world.cluster.writes.length, status + 5);
  });

  for (const [what, change] of [
    ['the source is written anew', (world: World) => world.putSource(two)],
    ['the spec changes', (world: World) => world.setSpec({ expiry: { warningDays: 31, criticalDays: 7 } })],
  ] as const) {
    it(`tries what was refused again when ${what}`, async () => {
      const world = await worldThen(refused);
      await world.settle();
      const { asked } = world;
      change(world);
      await world.settle();
      assert.equal(world.asked, asked + 1);
      world.provider = () => verified;
      change(world);
      world.setSpec({ expiry: { warningDays: 32, criticalDays: 7 } });
      await world.settle();
      assert.deepEqual(world.live, { name: 'two', revision: 2 });
    });
  }

  it('is not stopped by a provider that cannot be reached', async () => {
    const world = await worldThen(unreachable);
    await world.settle();
    assert.deepEqual(world.live, { name: 'two', revision: 2 });
    assert.deepEqual(world.conditions[4], 'Verified=Unknown/Unreachable');
  });

  it('asks an unreachable provider after 30 s, then ever later, up to the interval', async () => {
    const world = await worldThen(unreachable);
    await world.settle();
    const asks: number[] = [];
    world.provider = () => {
      asks.push((world.now.getTime() - start.getTime()) / 1_000);
      return unreachable;
    };
    await world.pass(200 * minute);
    assert.deepEqual(asks, [30, 90, 210, 450, 930, 1890, 3810, 7410, 11_010]);
  });

  it('does not take a refusal back because the provider cannot be reached', async () => {
    const world = await worldThen(refused);
    await world.settle();
    world.provider = () => unreachable;
    await world.pass(120 * minute);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.equal(world.condition('SourceAccepted').reason, 'PermissionDenied');
    world.restart();
    await world.settle();
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.equal(world.notes.length, 2);
  });

  it('says nothing again after a restart', async () => {
    const world = await worldThen(refused);
    await world.settle();
    const writes = world.cluster.writes.length;
    world.restart();
    await world.settle();
    assert.equal(world.notes.length, 2);
    assert.equal(world.cluster.writes.length, writes);
    assert.equal(world.condition('SourceAccepted').reason, 'PermissionDenied');
  });

  it('asks about the live one at each interval, and reports what the provider comes to say', async () => {
    const world = new World({ verification: { online: true, intervalMinutes: 60 } });
    world.putSource(one);
    await world.settle();
    world.provider = () => refused;
    await world.pass(60 * minute);
    assert.deepEqual(world.live, { name: 'one', revision: 1 });
    assert.deepEqual(world.conditions, [
      'Ready=True/Live',
      'SourceAccepted=True/Promoted',
      'ExpiringSoon=Unknown/DoesNotExpire',
      'RotationDue=False/Fresh',
      'Verified=False/PermissionDenied',
    ]);
    assert.deepEqual(
      world.notes.slice(1).map((note) => note.kind),
      ['refused'],
    );
    assert.equal(world.condition('Verified').lastTransitionTime, at(60 * minute));
    assert.equal(world.status.verification?.checkedAt, at(60 * minute));
  });

  it('does not ask again after a restart before it is due', async () => {
    const world = new World({ verification: { online: true, intervalMinutes: 60 } });
    world.putSource(one);
    await world.settle();
    world.restart();
    await world.settle();
    assert.equal(world.asked, 1);
    assert.deepEqual(world.wakeAt, new Date(start.getTime() + 60 * minute));
  });

  it('takes the age of a key from the provider, and metadata.json with it', async () => {
    const world = new World({ verification: { online: true, intervalMinutes: 60 } });
    world.provider = () => ({
      ...verified,
      key: { createdAt: '2025-12-01T00:00:00Z', expiresAt: '2026-03-01T00:00:00Z' },
    });
    world.putSource(one);
    await world.settle();
    assert.equal(world.status.rotateBy, '2026-03-01T00:00:00Z');
    assert.equal(world.status.expiresAt, '2026-03-01T00:00:00Z');
    assert.match(world.data('apple-live')?.['metadata.json'] ?? '', /"rotateBy":"2026-03-01T00:00:00Z"/);
    const writes = world.cluster.writes.length;
    world.restart();
    await world.settle();
    assert.equal(world.cluster.writes.length, writes);
    assert.equal(world.notes.length, 1);
  });

  it('asks nobody while it is off or suspended', async () => {
    const world = new World();
    world.putSource(one);
    await world.settle();
    world.setSpec({ verification: { online: true, intervalMinutes: 60 }, suspend: true });
    await world.settle();
    assert.equal(world.asked, 0);
    assert.equal(world.condition('Verified').status, 'Unknown');
  });
});

describe('decision: a WWDR under an unknown root', () => {
  it('is promoted with a Warning, and Verified is False', async () => {
    const world = new World();
    world.putSource({ ...one, unknownRoot: true });
    await world.settle();
    assert.deepEqual(world.conditions[4], 'Verified=False/UnknownRoot');
    assert.deepEqual(
      world.notes.map((note) => [note.kind, note.type, note.reason]),
      [['promoted', 'Warning', 'UnknownRoot']],
    );
    world.restart();
    await world.settle();
    assert.deepEqual(world.conditions[4], 'Verified=False/UnknownRoot');
    assert.equal(world.notes.length, 1);
  });
});
