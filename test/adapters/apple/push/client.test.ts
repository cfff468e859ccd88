import assert from 'node:assert/strict';
import { getEventListeners } from 'node:events';
import { openApns } from '../../../../src/adapters/apple/push/client.ts';
import type { PushResult } from '../../../../src/adapters/apple/push/result.ts';
import type { PushFault } from '../../../support/fake-apple/apns-fault.ts';
import { startTcpProxy } from '../../../support/tcp-proxy.ts';
import { eventually } from '../../../support/wait.ts';
import { identity, stranger, tokenOf, topic, withPushes } from './push-world.ts';

const never = new AbortController().signal;
const device = tokenOf(1);

function outcomes(results: readonly PushResult[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { outcome } of results) counts[outcome] = (counts[outcome] ?? 0) + 1;
  return counts;
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^T(CPSocket|LS)Wrap$/.test(kind)).length;
}

describe('openApns', () => {
  describe('a push', () => {
    it('goes by HTTP/2 with the pass certificate: POST /3/device/{token}, {}, the pass type id as topic, a long expiration', () =>
      withPushes({ now: () => new Date('2026-06-01T00:00:00.900Z') }, async ({ fake, push }) => {
        const message = 'APNs answered 200 to the push to device token aaaaaaaa…';
        assert.deepEqual(await push(device), { outcome: 'Synced', status: 200, message });
        const [headers] = fake.pushes;
        assert.equal(headers?.[':method'], 'POST');
        assert.equal(headers?.[':path'], `/3/device/${device}`);
        assert.equal(headers?.['apns-topic'], topic);
        assert.equal(headers?.['apns-expiration'], String(Date.parse('2026-07-01T00:00:00Z') / 1_000));
        assert.equal(fake.record.taken(device), 1);
        assert.equal(fake.record.decisions[0]?.uid, topic);
      }));

    it('is of push type background and priority 5, or alert and 10 when asked for', () =>
      withPushes({}, async ({ fake, apns, push }) => {
        assert.equal((await push(device)).outcome, 'Synced');
        const alert = { pushType: 'alert', lifetimeSeconds: 60 } as const;
        assert.equal((await apns.push(device, alert, never)).outcome, 'Synced');
        const sent = fake.pushes.map((headers) => [headers['apns-push-type'], headers['apns-priority']]);
        assert.deepEqual(sent, [
          ['background', '5'],
          ['alert', '10'],
        ]);
      }));

    it('shares one connection with the others', () =>
      withPushes({}, async ({ fake, push }) => {
        for (const number of range(20)) assert.equal((await push(tokenOf(number))).outcome, 'Synced');
        assert.deepEqual(outcomes(await Promise.all(range(100).map((number) => push(tokenOf(number))))), {
          Synced: 100,
        });
        assert.equal(fake.handshakes, 1);
      }));
  });

  describe('the stream limit', () => {
    it('is the server’s: further pushes wait their turn, in their order', () =>
      withPushes({ fake: { maxConcurrentStreams: 3 } }, async ({ fake, push }) => {
        let [open, most] = [0, 0];
        fake.injectPush(() => {
          open += 1;
          most = Math.max(most, open);
          setTimeout(() => (open -= 1), 5);
          return { slow: 5 };
        });
        const results = await Promise.all(range(30).map((number) => push(tokenOf(number))));
        assert.deepEqual(outcomes(results), { Synced: 30 });
        assert.ok(most <= 3, `${most} at a time`);
        const order = fake.pushes.map((headers) => headers[':path']);
        assert.deepEqual(
          order,
          range(30).map((number) => `/3/device/${tokenOf(number)}`),
        );
      }));

    it('leaves a bounded queue: what does not fit is told so at once', () =>
      withPushes({ fake: { maxConcurrentStreams: 1 }, maximumWaiting: 5 }, async ({ fake, push }) => {
        const results = await Promise.all(range(8).map((number) => push(tokenOf(number))));
        assert.deepEqual(outcomes(results), { Synced: 5, Unavailable: 3 });
        assert.match(
          results[7]?.message ?? '',
          /^5 pushes wait for APNs already; the one to device token aaaaaaaa… was not/,
        );
        assert.equal(fake.pushes.length, 5);
      }));

    it('is no reason to fail when the server refuses a stream: it is sent once more', () =>
      withPushes({}, async ({ fake, push }) => {
        fake.injectPush(({ ordinal }) => (ordinal === 1 ? 'refuseStream' : undefined));
        assert.equal((await push(device)).outcome, 'Synced');
        assert.equal(fake.record.taken(device), 1);
        assert.equal(fake.handshakes, 1);
      }));
  });

  describe('GOAWAY', () => {
    it('replaces the session, and what APNs did not look at is sent once more: nothing is lost and nothing sent twice', () =>
      withPushes({ fake: { maxConcurrentStreams: 20 } }, async ({ fake, push }) => {
        fake.injectPush(({ onConnection }) => (onConnection === 40 ? { goawayBefore: undefined } : { slow: 2 }));
        const results = await Promise.all(range(100).map((number) => push(tokenOf(number))));
        assert.deepEqual(outcomes(results), { Synced: 100 });
        assert.deepEqual(new Set(range(100).map((number) => fake.record.taken(tokenOf(number)))), new Set([1]));
        assert.equal(fake.handshakes, 3);
      }));

    it('three times for the same push is a failure that may pass', () =>
      withPushes({}, async ({ fake, push }) => {
        fake.injectPush(() => ({ goawayBefore: 'Shutdown' }));
        const { outcome, message } = await push(device);
        assert.equal(outcome, 'Unavailable');
        assert.match(
          message,
          /^localhost:\d+: it ended the connection before it answered the push to device token aaaaaaaa…$/,
        );
        assert.equal(fake.handshakes, 3);
      }));

    it('of one server after the other is none: what was not looked at is sent a third time', () =>
      withPushes({}, async ({ fake, push }) => {
        fake.injectPush(({ ordinal }) => (ordinal <= 2 ? { goawayBefore: 'Shutdown' } : undefined));
        assert.equal((await push(device)).outcome, 'Synced');
        assert.deepEqual([fake.record.taken(device), fake.handshakes], [1, 3]);
      }));

    it('that promises an answer which does not come is not sent again: APNs may have pushed', () =>
      withPushes({}, async ({ fake, push }) => {
        fake.injectPush(() => 'goawayAfterRequest');
        assert.equal((await push(device)).outcome, 'Unavailable');
        assert.equal(fake.pushes.length, 1);
      }));

    it('with a reason that judges the certificate refuses the credential', () =>
      withPushes({}, async ({ fake, push }) => {
        fake.injectPush(() => ({ goawayBefore: 'BadCertificateEnvironment' }));
        const message =
          'APNs ended the connection with the reason BadCertificateEnvironment, which judges the certificate';
        assert.deepEqual(await push(device), {
          outcome: 'CredentialRefused',
          reason: 'BadCertificateEnvironment',
          message,
        });
        assert.equal(fake.handshakes, 1);
      }));
  });

  describe('what is never sent again', () => {
    const replies: [status: number, reason: string, outcome: PushResult['outcome']][] = [
      [400, 'BadDeviceToken', 'BadDeviceToken'],
      [400, 'DeviceTokenNotForTopic', 'BadDeviceToken'],
      [403, 'Forbidden', 'CredentialRefused'],
      [410, 'ExpiredToken', 'Unregistered'],
      [410, 'Unregistered', 'Unregistered'],
      [413, 'PayloadTooLarge', 'InvalidContent'],
      [429, 'TooManyRequests', 'ApnsBusy'],
      [500, 'InternalServerError', 'ApnsBusy'],
      [503, 'ServiceUnavailable', 'ApnsBusy'],
    ];
    for (const [status, reason, outcome] of replies) {
      it(`${status} ${reason}, which is ${outcome}`, () =>
        withPushes({}, async ({ fake, push }) => {
          fake.injectPush(() => ({ reply: { status, reason } }));
          const message = `APNs answered ${status} ${reason} to the push to device token aaaaaaaa…`;
          assert.deepEqual(await push(device), { outcome, status, reason, message });
          assert.equal(fake.pushes.length, 1);
        }));
    }
  });

  it('says of a device that is gone since when APNs has known, to be compared with the registration', () =>
    withPushes({}, async ({ fake, push }) => {
      const since = new Date('2026-03-04T05:06:07.089Z');
      fake.devices.unregister(device, since);
      assert.deepEqual(await push(device), {
        outcome: 'Unregistered',
        status: 410,
        reason: 'Unregistered',
        timestamp: since,
        message:
          'APNs answered 410 Unregistered (since 2026-03-04T05:06:07.089Z) to the push to device token aaaaaaaa…',
      });
    }));

  it('tells a token that is not known, or of another topic, from a device that is gone: its registration stays', () =>
    withPushes({}, async ({ fake, push }) => {
      fake.devices.register(tokenOf(201), 'pass.com.example.other');
      const results = await Promise.all([push(tokenOf(200)), push(tokenOf(201))]);
      assert.deepEqual(
        results.map(({ outcome, reason, timestamp }) => [outcome, reason, timestamp]),
        [
          ['BadDeviceToken', 'BadDeviceToken', undefined],
          ['BadDeviceToken', 'DeviceTokenNotForTopic', undefined],
        ],
      );
    }));

  describe('a certificate', () => {
    it('that is not for the topic is refused', () =>
      withPushes({ identity: () => ({ ...identity, topic: 'pass.com.example.other' }) }, async ({ push }) => {
        const { outcome, reason } = await push(device);
        assert.deepEqual([outcome, reason], ['CredentialRefused', 'TopicDisallowed']);
      }));

    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      it(`for which APNs closes the connection twice is refused, for all that wait (${version})`, () =>
        withPushes(
          { fake: { minVersion: version, maxVersion: version }, identity: () => stranger },
          async ({ fake, push }) => {
            const results = await Promise.all(range(10).map((number) => push(tokenOf(number))));
            assert.deepEqual(outcomes(results), { CredentialRefused: 10 });
            assert.match(results[0]?.message ?? '', /closed the connection without an answer .* twice$/);
            assert.ok(fake.handshakes <= 2, `${fake.handshakes} handshakes`);
          },
        ));
    }

    it('that gets a TLS alert is refused', () =>
      withPushes({ fake: { minVersion: 'TLSv1.3', ecdsaOnly: true } }, async ({ push }) => {
        const message =
          'APNs ended the connection with the TLS alert certificate_required, which judges the certificate';
        assert.deepEqual(await push(device), { outcome: 'CredentialRefused', message });
      }));

    for (const fault of ['closeAfterHandshake', 'resetAfterHandshake', 'resetAfterRequest'] as const) {
      it(`is not judged by one ${fault}`, () =>
        withPushes({}, async ({ fake, push }) => {
          fake.inject(fault, 1);
          assert.equal((await push(device)).outcome, 'Synced');
          assert.equal(fake.handshakes, 2);
        }));
    }

    it('that APNs has taken is not judged by a connection that breaks later', () =>
      withPushes({}, async ({ fake, push }) => {
        fake.injectPush(({ ordinal }) => (ordinal === 1 ? undefined : 'resetAfterRequest'));
        assert.equal((await push(device)).outcome, 'Synced');
        const { outcome, message } = await push(device);
        assert.equal(outcome, 'Unavailable');
        assert.match(message, /: it closed the connection before it answered the push to/);
      }));
  });

  describe('what may pass', () => {
    const faults: [PushFault, RegExp][] = [
      ['hang', /^localhost:\d+: it did not answer in time \(the push to device token aaaaaaaa…\)$/],
      ['resetStream', /^localhost:\d+: the request failed \(ERR_HTTP2_STREAM_ERROR\)/],
      [{ slow: 60_000 }, /it did not answer in time/],
    ];
    for (const [fault, message] of faults) {
      it(`${JSON.stringify(fault)} fails that push alone, and the session goes on`, () =>
        withPushes({ requestMilliseconds: 400 }, async ({ fake, push }) => {
          fake.injectPush(({ deviceToken }) => (deviceToken === device ? fault : undefined));
          const [bad, good] = await Promise.all([push(device), push(tokenOf(2))]);
          assert.equal(good.outcome, 'Synced');
          assert.equal(bad.outcome, 'Unavailable');
          assert.match(bad.message, message);
          assert.equal((await push(tokenOf(3))).outcome, 'Synced');
          assert.equal(fake.handshakes, 1);
        }));
    }

    it('a refused connection', () =>
      withPushes({ url: 'https://127.0.0.1:1' }, async ({ push }) => {
        const message = '127.0.0.1:1: it refuses connections (the push to device token aaaaaaaa…)';
        assert.deepEqual(await push(device), { outcome: 'Unavailable', message });
      }));

    it('a handshake that does not end', () =>
      withPushes({ requestMilliseconds: 300 }, async ({ fake }) => {
        const proxy = await startTcpProxy({ port: Number(new URL(fake.url).port) });
        proxy.hang();
        const apns = openApns({ url: proxy.url(fake.url), identity: () => identity, requestMilliseconds: 300 });
        assert.match((await apns.push(device, {}, never)).message, /did not answer in time/);
        await proxy.heal();
        assert.equal((await apns.push(device, {}, never)).outcome, 'Synced');
        await apns.close();
        proxy.stop();
      }));
  });

  describe('a session of which nobody is at the other end', () => {
    it('is found by a ping when it is idle, and replaced', () =>
      withPushes({}, async ({ fake }) => {
        const proxy = await startTcpProxy({ port: Number(new URL(fake.url).port) });
        const options = { requestMilliseconds: 500, idleMilliseconds: 50 };
        const apns = openApns({ url: proxy.url(fake.url), identity: () => identity, ...options });
        assert.equal((await apns.push(device, {}, never)).outcome, 'Synced');
        const before = openSockets();
        proxy.hang();
        await eventually(() => openSockets() < before, { describe: 'the session to be given up' });
        await proxy.heal();
        assert.equal((await apns.push(device, {}, never)).outcome, 'Synced');
        assert.equal(proxy.taken(), 2);
        await apns.close();
        proxy.stop();
      }));

    it('is found when a push has no answer; what comes meanwhile waits for the next one', () =>
      withPushes({}, async ({ fake }) => {
        const proxy = await startTcpProxy({ port: Number(new URL(fake.url).port) });
        const apns = openApns({ url: proxy.url(fake.url), identity: () => identity, requestMilliseconds: 400 });
        assert.equal((await apns.push(device, {}, never)).outcome, 'Synced');
        proxy.hang();
        assert.equal((await apns.push(device, {}, never)).outcome, 'Unavailable');
        const waiting = apns.push(tokenOf(2), {}, never);
        await eventually(() => proxy.taken() === 2, { describe: 'a new session' });
        await proxy.heal();
        assert.equal((await waiting).outcome, 'Synced');
        assert.equal(fake.record.taken(tokenOf(2)), 1);
        await apns.close();
        proxy.stop();
      }));
  });

  describe('giving up', () => {
    it('is told at once, whether the push waits or is under way', () =>
      withPushes({ fake: { maxConcurrentStreams: 1 } }, async ({ fake, apns, push }) => {
        fake.injectPush(({ ordinal }) => (ordinal === 1 ? 'hang' : undefined));
        const stop = new AbortController();
        const given = [apns.push(device, {}, stop.signal), apns.push(tokenOf(2), {}, stop.signal)];
        const kept = push(tokenOf(3));
        await eventually(() => fake.pushes.length === 1, { describe: 'the first push' });
        stop.abort();
        const message = 'the push to device token aaaaaaaa… was given up before APNs had answered';
        assert.deepEqual(await Promise.all(given), Array(2).fill({ outcome: 'Unavailable', message }));
        assert.equal((await kept).outcome, 'Synced');
        assert.equal(fake.record.taken(tokenOf(2)), 0);
        assert.equal((await apns.push(device, {}, stop.signal)).message, message);
      }));

    it('by one signal for many is no leak', () =>
      withPushes({}, async ({ push, apns }) => {
        const warnings: string[] = [];
        const hear = (warning: Error): void => void warnings.push(warning.name);
        process.on('warning', hear);
        const { signal } = new AbortController();
        await Promise.all(range(100).map((number) => apns.push(tokenOf(number), {}, signal)));
        await push(device);
        process.off('warning', hear);
        assert.deepEqual(warnings, []);
        assert.deepEqual(getEventListeners(signal, 'abort'), []);
      }));
  });

  it('closes when every push has its result, and takes none after that', () =>
    withPushes({ fake: { maxConcurrentStreams: 2 } }, async ({ fake, apns, push }) => {
      fake.injectPush(() => ({ slow: 5 }));
      const pushes = range(20).map((number) => push(tokenOf(number)));
      await apns.close();
      assert.deepEqual(outcomes(await Promise.all(pushes)), { Synced: 20 });
      await assert.rejects(push(device), /the APNs client is closed/);
    }));
});
