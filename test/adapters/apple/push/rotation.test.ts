import assert from 'node:assert/strict';
import type { PushIdentity } from '../../../../src/adapters/apple/push/identity.ts';
import { createPushIdentity } from '../../../support/fake-apple/push-identity.ts';
import { eventually } from '../../../support/wait.ts';
import { identity, stranger, tokenOf, topic, withPushes, wwdr } from './push-world.ts';

const never = new AbortController().signal;
/** Of other pass type ids, so that a topic with the certificate of another shows. */
const identities = [identity, createPushIdentity(wwdr, `${topic}.b`), createPushIdentity(wwdr, `${topic}.c`)];
const topics = identities.map((each) => each.topic);

function live(initial: PushIdentity): { identity: () => PushIdentity; change: (to: PushIdentity) => void } {
  let current = initial;
  return { identity: () => current, change: (to) => (current = to) };
}

describe('openApns, when the credential changes', () => {
  it('fails none of 2,000 pushes and never mixes a certificate with the topic of another', () => {
    const credential = live(identity);
    const options = { identity: credential.identity, fake: { maxConcurrentStreams: 50 } };
    return withPushes(options, async ({ fake, apns }) => {
      for (let number = 1; number <= 2_000; number++) fake.devices.register(tokenOf(number), ...topics);
      fake.injectPush(({ ordinal }) => {
        if (ordinal % 150 === 0) credential.change(identities[(ordinal / 150) % identities.length] ?? identity);
        return ordinal % 3 === 0 ? { slow: 3 } : undefined;
      });
      const pushes = Array.from({ length: 2_000 }, (_, index) => apns.push(tokenOf(index + 1), {}, never));
      const failed = (await Promise.all(pushes)).filter(({ outcome }) => outcome !== 'Synced');
      assert.deepEqual(failed, []);
      const { decisions } = fake.record;
      assert.equal(decisions.length, 2_000);
      assert.deepEqual(
        decisions.filter((each) => each.topic !== each.uid || each.status !== 200),
        [],
      );
      const changes = decisions.filter((each, index) => each.uid !== (decisions[index - 1] ?? each).uid).length;
      assert.ok(changes >= 10, `${changes} changes`);
      assert.equal(new Set(decisions.map(({ certificate }) => certificate)).size, 3);
      assert.equal(fake.handshakes, 1 + Math.floor(2_000 / 150));
    });
  });

  it('sends new requests with the new certificate at once, and ends the old session when its requests are answered', () => {
    const credential = live(identity);
    return withPushes({ identity: credential.identity }, async ({ fake, push }) => {
      const release = Promise.withResolvers<void>();
      fake.injectPush(({ ordinal }) => (ordinal === 1 ? { slow: release.promise } : undefined));
      const slow = push(tokenOf(1));
      await eventually(() => fake.pushes.length === 1, { describe: 'the slow push' });
      const successor = createPushIdentity(wwdr, topic);
      credential.change(successor);
      assert.equal((await push(tokenOf(2))).outcome, 'Synced');
      assert.equal(fake.connections.size, 2);
      release.resolve();
      assert.equal((await slow).outcome, 'Synced');
      await eventually(() => fake.connections.size === 1, { describe: 'the old session to end' });
      const [first, second] = fake.record.decisions;
      assert.deepEqual([first?.deviceToken, second?.deviceToken], [tokenOf(2), tokenOf(1)]);
      assert.notEqual(first?.certificate, second?.certificate);
      assert.equal(fake.handshakes, 2);
    });
  });

  it('does not judge the new one by what APNs says of the old one', () => {
    const credential = live(stranger);
    return withPushes({ identity: credential.identity }, async ({ fake, push }) => {
      const connected = fake.connections.next();
      const pushed = push(tokenOf(1));
      // Its certificate is chosen by then, and not judged yet.
      await connected;
      credential.change(identity);
      assert.equal((await pushed).outcome, 'Synced');
      assert.equal(fake.record.taken(tokenOf(1)), 1);
    });
  });

  it('sends again with the new one what APNs refused with the old one', () => {
    const credential = live(identity);
    return withPushes({ identity: credential.identity }, async ({ fake, push }) => {
      fake.injectPush(({ ordinal }) => {
        if (ordinal !== 1) return undefined;
        credential.change(createPushIdentity(wwdr, topic));
        return { reply: { status: 403, reason: 'BadCertificate' } };
      });
      assert.equal((await push(tokenOf(1))).outcome, 'Synced');
      assert.equal(fake.pushes.length, 2);
    });
  });

  it('keeps its session while only the object changes and the fingerprint does not', () =>
    withPushes({ identity: () => ({ ...identity }) }, async ({ fake, push }) => {
      for (let number = 1; number <= 5; number++) {
        assert.equal((await push(tokenOf(number))).outcome, 'Synced');
      }
      assert.equal(fake.handshakes, 1);
    }));
});
