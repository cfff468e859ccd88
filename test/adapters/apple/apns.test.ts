import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Server } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { askApns, type ApnsIdentity, type ApnsVerdict } from '../../../src/adapters/apple/apns.ts';
import { Redacted } from '../../../src/domain/redacted.ts';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { createAuthority } from '../../../src/example-credentials/certificate-authority.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { issuePassCertificate } from '../../../src/example-credentials/pass-certificate.ts';
import { alerts, startAlertInjector, type Alert } from '../../support/fake-apple/alert-injector.ts';
import type { ApnsFault } from '../../support/fake-apple/apns-fault.ts';
import { startFakeApns, type FakeApns, type FakeApnsOptions } from '../../support/fake-apple/fake-apns.ts';
import { createServerAuthority, issueServerCertificate, testAuthority } from '../../support/test-authority.ts';
import { eventually } from '../../support/wait.ts';

const now = new Date();
const topic = 'pass.com.example.loyalty';
const wwdrKey = generateRsaKey();
const passKey = generateRsaKey();
const authority = createAuthority({ now, wwdrKey });
const wwdr = authority.wwdr('G4');

function identityOf(issuer: Identity, days: [from: number, until: number] = [-30, 364]): ApnsIdentity {
  const validity = { notBefore: daysAfter(now, days[0]), notAfter: daysAfter(now, days[1]) };
  const request = { passTypeIdentifier: topic, teamIdentifier: 'ABCDE12345', key: passKey, ...validity };
  const { certificate, key } = issuePassCertificate(issuer, request);
  const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return { certificate: certificate.pem, issuer: issuer.certificate.pem, key: new Redacted(pem), topic };
}
const identity = identityOf(wwdr);
const clientAuthorities = [authority.root.certificate.pem];

function ask(apnsUrl: string, subject = identity, milliseconds = 10_000): Promise<ApnsVerdict> {
  return askApns(subject, { apnsUrl, signal: AbortSignal.timeout(milliseconds) });
}

function openSockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => /^T(CPSocket|LS)Wrap$/.test(kind)).length;
}

/** Starts a fake, uses it, sees that no connection is left at either end, and ends it. */
async function withApns(options: Partial<FakeApnsOptions>, use: (apns: FakeApns) => Promise<void>): Promise<void> {
  const before = openSockets();
  const apns = await startFakeApns({ clientAuthorities, ...options });
  try {
    await use(apns);
    await eventually(() => apns.connections.size === 0, { describe: 'every connection to be closed' });
    await eventually(() => openSockets() <= before, { describe: 'every socket to be closed' });
  } finally {
    await apns.close();
  }
}

describe('askApns', () => {
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const only = { minVersion: version, maxVersion: version };

    describe(`over ${version}`, () => {
      it('sees a certificate accepted when APNs gets as far as the device token', () =>
        withApns(only, async (apns) => {
          assert.deepEqual(await ask(apns.url), { outcome: 'accepted' });
          assert.equal(apns.pushes.length, 1);
          assert.equal(apns.pushes[0]?.[':path'], `/3/device/${'0'.repeat(64)}`);
          assert.equal(apns.pushes[0]?.['apns-topic'], topic);
        }));

      it('sees a certificate refused that the server closes the connection for', () =>
        withApns(only, async (apns) => {
          const stranger = createAuthority({ now, wwdrKey });
          const verdict = await ask(apns.url, identityOf(stranger.wwdr('G4')));
          assert.deepEqual(verdict, {
            outcome: 'refused',
            message: 'APNs closed the connection without an answer when it had seen the certificate, twice',
          });
          assert.deepEqual(apns.pushes, []);
        }));

      it('sees an expired certificate refused', () =>
        withApns(only, async (apns) => {
          assert.equal((await ask(apns.url, identityOf(wwdr, [-30, -1]))).outcome, 'refused');
        }));

      it('sees a certificate of another topic refused', () =>
        withApns(only, async (apns) => {
          const verdict = await ask(apns.url, { ...identity, topic: 'pass.com.example.other' });
          const message = 'APNs answered 400 TopicDisallowed to the certificate and its topic';
          assert.deepEqual(verdict, { outcome: 'refused', message });
        }));

      for (const fault of ['closeAfterHandshake', 'resetAfterHandshake', 'resetAfterRequest'] as const) {
        it(`takes ${fault} for a refusal when it happens twice`, () =>
          withApns(only, async (apns) => {
            apns.inject(fault);
            assert.equal((await ask(apns.url)).outcome, 'refused');
            assert.equal(apns.handshakes, 2);
          }));

        it(`takes the answer when ${fault} happens once`, () =>
          withApns(only, async (apns) => {
            apns.inject(fault, 1);
            assert.deepEqual(await ask(apns.url), { outcome: 'accepted' });
          }));
      }
    });
  }

  describe('answers', () => {
    const refusals: [ApnsFault, RegExp][] = [
      [{ reply: { status: 403, reason: 'BadCertificate' } }, /answered 403 BadCertificate to/],
      [{ reply: { status: 403, reason: 'BadCertificateEnvironment' } }, /answered 403 BadCertificateEnvironment to/],
      [{ reply: { status: 403, reason: 'Forbidden' } }, /answered 403 Forbidden to/],
      [{ reply: { status: 403, reason: 'MissingProviderToken' } }, /answered 403 MissingProviderToken to/],
      [
        { reply: { status: 403, reason: 'a secret of the provider' } },
        /answered 403 without a reason that is known to/,
      ],
      [{ reply: { status: 403 } }, /answered 403 without a reason that is known to/],
      [{ reply: { status: 400, reason: 'BadTopic' } }, /answered 400 BadTopic to/],
      [{ goaway: 'BadCertificateEnvironment' }, /ended the connection with the reason BadCertificateEnvironment/],
      ['truncate', /answered 403 without/],
    ];
    for (const [fault, message] of refusals) {
      it(`refuse: ${JSON.stringify(fault)}`, () =>
        withApns({}, async (apns) => {
          apns.inject(fault);
          const verdict = await ask(apns.url);
          assert.equal(verdict.outcome, 'refused');
          assert.match(verdict.outcome === 'refused' ? verdict.message : '', message);
          assert.doesNotMatch(JSON.stringify(verdict), /secret/);
          assert.equal(apns.handshakes, 1);
        }));
    }

    const acceptances: ApnsFault[] = [
      { reply: { status: 200 } },
      { reply: { status: 400, reason: 'DeviceTokenNotForTopic' } },
      { reply: { status: 410, reason: 'Unregistered' } },
      { reply: { status: 410, reason: 'ExpiredToken' } },
    ];
    for (const fault of acceptances) {
      it(`accept: ${JSON.stringify(fault)}`, () =>
        withApns({}, async (apns) => {
          apns.inject(fault);
          assert.deepEqual(await ask(apns.url), { outcome: 'accepted' });
        }));
    }

    const silences: [ApnsFault, connections: number, RegExp][] = [
      [{ reply: { status: 429, reason: 'TooManyRequests', headers: { 'retry-after': '30' } } }, 1, /HTTP status 429/],
      [{ reply: { status: 500, reason: 'InternalServerError' } }, 1, /HTTP status 500/],
      [{ reply: { status: 503, reason: 'Shutdown' } }, 1, /HTTP status 503/],
      [{ reply: { status: 503, reason: 'BadDeviceToken' } }, 1, /HTTP status 503/],
      [{ reply: { status: 400, reason: 'InvalidPushType' } }, 1, /HTTP status 400/],
      [{ reply: { status: 400 } }, 1, /HTTP status 400/],
      [{ reply: { status: 404, reason: 'BadPath' } }, 1, /HTTP status 404/],
      [{ reply: { status: 405, reason: 'MethodNotAllowed' } }, 1, /HTTP status 405/],
      [{ reply: { status: 413, reason: 'PayloadTooLarge' } }, 1, /HTTP status 413/],
      [{ goaway: undefined }, 2, /ended the connection before it answered/],
      [{ goaway: 'Shutdown' }, 2, /ended the connection before it answered/],
      ['goawayAfterRequest', 2, /ended the connection before it answered/],
      ['resetStream', 1, /the request failed/],
    ];
    for (const [fault, connections, message] of silences) {
      it(`say nothing: ${JSON.stringify(fault)}`, () =>
        withApns({}, async (apns) => {
          apns.inject(fault);
          const verdict = await ask(apns.url);
          assert.equal(verdict.outcome, 'unreachable');
          assert.match(verdict.outcome === 'unreachable' ? verdict.message : '', message);
          assert.equal(apns.handshakes, connections);
        }));
    }

    it('come on a second connection after a GOAWAY', () =>
      withApns({}, async (apns) => {
        apns.inject({ goaway: 'Shutdown' }, 1);
        assert.deepEqual(await ask(apns.url), { outcome: 'accepted' });
        assert.equal(apns.handshakes, 2);
      }));
  });

  describe('TLS alerts', () => {
    const judging: Alert[] = [
      'bad_certificate',
      'unsupported_certificate',
      'certificate_revoked',
      'certificate_expired',
      'certificate_unknown',
      'unknown_ca',
      'access_denied',
    ];
    for (const alert of Object.keys(alerts) as Alert[]) {
      const refuses = judging.includes(alert);
      it(`${alert} ${refuses ? 'refuses the certificate' : 'says nothing'} (TLS 1.2, within the handshake)`, () =>
        withApns({ maxVersion: 'TLSv1.2' }, async (apns) => {
          const injector = await startAlertInjector(apns.url, alert);
          const verdict = await ask(injector.url);
          await eventually(() => injector.connections.size === 0, { describe: 'every connection to be closed' });
          await injector.close();
          if (!refuses) return assert.equal(verdict.outcome, 'unreachable');
          const message = `APNs ended the connection with the TLS alert ${alert}`;
          assert.deepEqual(verdict, { outcome: 'refused', message });
        }));
    }

    it('certificate_required refuses the certificate (TLS 1.3, after our end of the handshake)', () =>
      withApns({ minVersion: 'TLSv1.3', ecdsaOnly: true }, async (apns) => {
        const message = 'APNs ended the connection with the TLS alert certificate_required';
        assert.deepEqual(await ask(apns.url), { outcome: 'refused', message });
      }));
  });

  describe('what says nothing about a certificate', () => {
    /** A TCP server that does something else than TLS. */
    async function withTcp(server: Server, use: (url: string) => Promise<void>): Promise<void> {
      server.listen(0, '127.0.0.1');
      await once(server, 'listening');
      try {
        await use(`https://localhost:${(server.address() as AddressInfo).port}`);
      } finally {
        server.close();
      }
    }

    async function unreachable(url: string, message: RegExp, milliseconds?: number): Promise<void> {
      const verdict = await ask(url, identity, milliseconds);
      assert.equal(verdict.outcome, 'unreachable');
      assert.match(verdict.outcome === 'unreachable' ? verdict.message : '', message);
    }

    it('a refused connection', () => unreachable('https://127.0.0.1:1', /127\.0\.0\.1:1: it refuses connections/));

    it('a name that does not exist', () =>
      unreachable('https://apns.invalid', /apns\.invalid: its name cannot be resolved/));

    it('no answer in time', () =>
      withApns({}, async (apns) => {
        apns.inject('hang');
        await unreachable(apns.url, /did not answer in time/, 500);
      }));

    it('a handshake that does not end', () =>
      withTcp(createTcpServer(), (url) => unreachable(url, /did not answer in time/, 300)));

    it('a connection that is closed during the handshake', () =>
      withTcp(
        createTcpServer((socket) => socket.once('data', () => socket.end())),
        (url) => unreachable(url, /the connection was reset/),
      ));

    it('a connection that is reset during the handshake', () =>
      withTcp(
        createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy())),
        (url) => unreachable(url, /the connection was reset/),
      ));

    it('a server that speaks no TLS', () =>
      withTcp(
        createTcpServer((socket) => socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))),
        (url) => unreachable(url, /the TLS handshake failed/),
      ));

    it('a server that is not trusted, which the message says; it does not see the request', () =>
      withApns({ authority: createServerAuthority() }, async (apns) => {
        await unreachable(apns.url, /TLS certificate is not trusted .*NODE_EXTRA_CA_CERTS/);
        assert.deepEqual(apns.pushes, []);
      }));

    it('a server that does not speak HTTP/2', () =>
      withTcp(
        createTlsServer(issueServerCertificate(testAuthority(), 'localhost'), (socket) => socket.on('error', () => {})),
        (url) => unreachable(url, /the request failed/),
      ));

    it('a signal that is aborted already', async () => {
      const verdict = await askApns(identity, { apnsUrl: 'https://127.0.0.1:1', signal: AbortSignal.abort() });
      assert.equal(verdict.outcome, 'unreachable');
    });
  });
});
