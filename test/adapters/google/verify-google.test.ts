import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { verifyGoogle, type VerifyGoogleDeps } from '../../../src/adapters/google/verify-google.ts';
import type { OnlineReason } from '../../../src/domain/credentials/reasons.ts';
import type { OnlineVerdict } from '../../../src/domain/credentials/verdict.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { createServiceAccount } from '../../../src/example-credentials/service-account.ts';
import { startFakeGoogle, type FakeGoogle, type GoogleEndpoint } from '../../support/fake-google/fake-google.ts';
import type { Fault } from '../../support/fault.ts';
import { googleCredential } from '../../support/fake-google/google-credential.ts';
import { googleError, tokenError, type GoogleErrorReason } from '../../support/fake-google/google-error.ts';
import { createServerAuthority, testAuthority } from '../../support/test-authority.ts';
import { modulesLoadedBy } from '../../support/modules-loaded.ts';
import { verifyInChild } from '../../support/verify-in-child.ts';
import { eventually } from '../../support/wait.ts';

const issuerId = '3388000000012345678';
const account = createServiceAccount({ privateKey: generateRsaKey().privateKey });
const credential = googleCredential(account, issuerId);

type Outcome = 'verified' | 'unreachable' | OnlineReason;

function outcomeOf(verdict: OnlineVerdict): Outcome {
  return verdict.outcome === 'refused' ? verdict.reason : verdict.outcome;
}

describe('verifyGoogle', () => {
  let google: FakeGoogle;

  beforeEach(async () => {
    google = await startFakeGoogle();
    google.accounts.register(account, { notBefore: new Date('2026-01-02T03:04:05Z') });
    google.issuers.set(issuerId, new Set([account.client_email]));
  });

  afterEach(async () => {
    await eventually(() => google.connections.size === 0, { describe: 'every connection to be closed' });
    await google.close();
  });

  function deps(more: Partial<VerifyGoogleDeps> = {}): VerifyGoogleDeps {
    const { tokenUrl, walletUrl, certsUrl } = google;
    return { tokenUrl, walletUrl, certsUrl, now: () => new Date(), timeoutMilliseconds: 10_000, ...more };
  }

  /** Nothing secret, and nothing that the provider wrote, may be in a message. */
  async function verify(more: Partial<VerifyGoogleDeps> = {}, subject = credential): Promise<OnlineVerdict> {
    const verdict = await verifyGoogle(subject, deps(more));
    assert.doesNotMatch(JSON.stringify(verdict), /secret|ya29|PRIVATE KEY|<title>/);
    return verdict;
  }

  describe('a good credential', () => {
    it('is verified with one token and one look at the issuer, and gets the date of its key', async () => {
      assert.deepEqual(await verify(), {
        outcome: 'verified',
        message: `Google gives ${account.client_email} a token, and issuer ${issuerId} can be read with it.`,
        key: { createdAt: '2026-01-02T03:04:05Z' },
      });
      assert.deepEqual(google.requests, ['token', 'issuer', 'certificates']);
    });

    it('gets the end of its key when an organisation set one', async () => {
      const validity = { notBefore: new Date('2026-01-02T03:04:05Z'), notAfter: new Date('2036-04-02T03:04:05Z') };
      google.accounts.register(account, validity);
      const verdict = await verify();
      assert.deepEqual(verdict.outcome === 'verified' && verdict.key, {
        createdAt: '2026-01-02T03:04:05Z',
        expiresAt: '2036-04-02T03:04:05Z',
      });
    });

    it('does not call the token_uri of its file', async () => {
      const elsewhere = { ...account, token_uri: 'https://localhost:1/token' };
      assert.equal((await verify({}, googleCredential(elsewhere, issuerId))).outcome, 'verified');
    });

    it('is verified with GOOGLE_CERTS_URL and GOOGLE_WALLET_URL that end in a slash', async () => {
      const verdict = await verify({ walletUrl: `${google.walletUrl}/`, certsUrl: `${google.certsUrl}/` });
      assert.deepEqual(verdict.outcome === 'verified' && verdict.key, { createdAt: '2026-01-02T03:04:05Z' });
    });

    const harmless: Record<string, Fault> = {
      'no answer': 'reset',
      'a page': { reply: { status: 200, text: '<title>Sign in</title>' } },
      'an error': { reply: googleError('backendError') },
      'no such account': { reply: googleError('issuerNotFound') },
      'other keys only': { reply: { status: 200, json: { '0a1b': 'no certificate' } } },
      'garbage for the key': { reply: { status: 200, json: { [account.private_key_id]: 'no certificate' } } },
    };
    for (const [what, fault] of Object.entries(harmless)) {
      it(`is verified without dates when the look-up of the key gives ${what}`, async () => {
        google.inject('certificates', fault);
        const verdict = await verify();
        assert.equal(verdict.outcome, 'verified');
        assert.ok(verdict.outcome === 'verified' && verdict.key === undefined);
      });
    }

    it('is verified without dates when the look-up of the key hangs', async () => {
      google.inject('certificates', 'hang');
      const verdict = await verify({ timeoutMilliseconds: 500 });
      assert.ok(verdict.outcome === 'verified' && verdict.key === undefined);
    });

    it('gets no dates from a certificate of another key', async () => {
      const stranger = createServiceAccount({ accountName: 'stranger', privateKeyId: account.private_key_id });
      google.accounts.register(stranger);
      const keys = google.accounts.find(stranger.client_email)?.keys;
      const certificate = keys?.get(account.private_key_id)?.certificate;
      google.inject('certificates', { reply: { status: 200, json: { [account.private_key_id]: certificate } } });
      const verdict = await verify();
      assert.ok(verdict.outcome === 'verified' && verdict.key === undefined);
    });
  });

  describe('what Google holds against a credential', () => {
    const cases: Record<string, { change: () => void; reason: OnlineReason; message: RegExp }> = {
      'the key was deleted': {
        change: () => {
          google.accounts.deleteKey(account);
          google.accounts.register(createServiceAccount({ privateKeyId: 'another' }));
        },
        reason: 'InvalidGrant',
        message:
          /does not take the signature of the key\)\. Google publishes no key [0-9a-f]{40} of .* deleted or disabled/,
      },
      'the key expired': {
        change: () =>
          google.accounts.register(account, { notBefore: new Date('2026-01-02'), notAfter: new Date('2026-02-02') }),
        reason: 'InvalidGrant',
        message: /expired on 2026-02-02\. Create a new key/,
      },
      'the account was disabled': {
        change: () => google.accounts.disable(account),
        reason: 'InvalidGrant',
        message: /the service account is disabled/,
      },
      'the account was deleted': {
        change: () => google.accounts.delete(account),
        reason: 'InvalidGrant',
        message: /there is no such service account/,
      },
      'the account may not use the issuer': {
        change: () => google.issuers.set(issuerId, new Set(['somebody@example.com'])),
        reason: 'PermissionDenied',
        message: /may not read issuer 3388000000012345678\. Add it as a user/,
      },
      'there is no such issuer': {
        change: () => google.issuers.clear(),
        reason: 'IssuerNotFound',
        message: /knows no issuer 3388000000012345678/,
      },
    };
    for (const [what, { change, reason, message }] of Object.entries(cases)) {
      it(`${what}: ${reason}`, async () => {
        change();
        const verdict = await verify();
        assert.equal(outcomeOf(verdict), reason);
        assert.match(verdict.message, message);
      });
    }
  });

  describe('answers of the token endpoint', () => {
    const rejected: [string, string, Outcome][] = [
      ['invalid_grant', 'Invalid JWT Signature.', 'InvalidGrant'],
      ['invalid_grant', 'Something that Google has never said before.', 'InvalidGrant'],
      ['invalid_client', 'The OAuth client was not found.', 'InvalidGrant'],
      ['deleted_client', 'The OAuth client was deleted.', 'InvalidGrant'],
      ['disabled_client', 'The OAuth client was disabled.', 'InvalidGrant'],
      [
        'unauthorized_client',
        'Client is unauthorized to retrieve access tokens using this method.',
        'PermissionDenied',
      ],
      ['access_denied', 'Account restricted', 'PermissionDenied'],
      ['invalid_scope', 'Invalid OAuth scope or ID token audience provided.', 'unreachable'],
      ['toString', 'a secret of no meaning', 'unreachable'],
    ];
    for (const [error, description, outcome] of rejected) {
      it(`${error} (${description}): ${outcome}`, async () => {
        google.inject('token', { reply: tokenError(error, description) });
        assert.equal(outcomeOf(await verify()), outcome);
        assert.ok(!google.requests.includes('issuer'));
      });
    }

    it('invalid_grant in a 503 judges nothing', async () => {
      google.inject('token', { reply: tokenError('invalid_grant', 'Invalid JWT Signature.', 503) });
      assert.equal((await verify()).outcome, 'unreachable');
    });

    for (const [minutes, text] of [
      [-90, 'ahead of'],
      [90, 'behind'],
    ] as const) {
      it(`does not blame the key when the clock of this machine is ${text} Google's`, async () => {
        const skewed = await startFakeGoogle({ now: () => new Date(Date.now() + minutes * 60_000) });
        skewed.accounts.register(account);
        const now = (): Date => new Date(Date.now() - minutes * 60_000);
        const { tokenUrl } = skewed;
        const verdict = await verify({ tokenUrl, now });
        await skewed.close();
        assert.equal(verdict.outcome, 'unreachable');
        assert.match(verdict.message, new RegExp(`clock of this machine is 90 minutes ${text} Google's`));
      });
    }
  });

  describe('answers of the Wallet API', () => {
    const outcomes: Record<
      Exclude<GoogleErrorReason, 'classNotFound' | 'resourceNotFound' | 'existingResource'>,
      Outcome
    > = {
      permissionDenied: 'PermissionDenied',
      forbidden: 'PermissionDenied',
      accessNotConfigured: 'PermissionDenied',
      quotaExceeded: 'unreachable',
      rateLimitExceeded: 'unreachable',
      userRateLimitExceeded: 'unreachable',
      dailyLimitExceeded: 'unreachable',
      authError: 'InvalidGrant',
      issuerNotFound: 'IssuerNotFound',
      badRequest: 'unreachable',
      tooManyRequests: 'unreachable',
      backendError: 'unreachable',
    };
    for (const [reason, outcome] of Object.entries(outcomes)) {
      it(`${reason}: ${outcome}`, async () => {
        google.inject('issuer', { reply: googleError(reason as GoogleErrorReason) });
        assert.equal(outcomeOf(await verify()), outcome);
      });
    }

    it('says that the API is not enabled', async () => {
      google.inject('issuer', { reply: googleError('accessNotConfigured') });
      assert.match((await verify()).message, /not enabled in the project/);
    });

    const details: [string, Outcome][] = [
      ['RATE_LIMIT_EXCEEDED', 'unreachable'],
      ['SERVICE_DISABLED', 'PermissionDenied'],
      ['IAM_PERMISSION_DENIED', 'PermissionDenied'],
    ];
    for (const [reason, outcome] of details) {
      it(`403 of the newer form with ${reason}: ${outcome}`, async () => {
        const json = {
          error: {
            code: 403,
            status: 'PERMISSION_DENIED',
            details: [{ '@type': 'type.googleapis.com/google.rpc.ErrorInfo', reason }],
          },
        };
        google.inject('issuer', { reply: { status: 403, json } });
        assert.equal(outcomeOf(await verify()), outcome);
      });
    }

    it('asks again with another token when the first is not taken', async () => {
      google.inject('issuer', { reply: googleError('authError') }, 1);
      assert.equal((await verify()).outcome, 'verified');
      assert.deepEqual(google.requests, ['token', 'issuer', 'token', 'issuer', 'certificates']);
    });

    it('another issuer than the one asked for says nothing', async () => {
      google.inject('issuer', { reply: { status: 200, json: { issuerId: '1' } } });
      assert.equal((await verify()).outcome, 'unreachable');
    });
  });

  describe('what says nothing about a credential', () => {
    const faults: Record<string, Fault> = {
      '429 with Retry-After': { reply: { ...googleError('tooManyRequests'), headers: { 'retry-after': '30' } } },
      '500': { reply: { status: 500, text: 'secret' } },
      '503': { reply: googleError('backendError') },
      'a captive portal': { reply: { status: 200, text: '<title>Welcome to the secret hotel</title>' } },
      'a redirect to a captive portal': {
        reply: { status: 302, text: '', headers: { location: 'https://localhost:1/' } },
      },
      'a 401 of a proxy': { reply: { status: 401, text: '<title>Proxy</title>' } },
      'a 403 of a proxy': { reply: { status: 403, text: '<title>Blocked</title>' } },
      'a 404 of a proxy': { reply: { status: 404, text: '<title>Not found</title>' } },
      'broken JSON': { reply: { status: 200, text: '{"secret":', headers: { 'content-type': 'application/json' } } },
      'JSON of another kind': { reply: { status: 200, json: ['secret'] } },
      'JSON null': { reply: { status: 200, json: null } },
      'a reset': 'reset',
      'a reset in mid-answer': 'truncate',
      'an answer without end': 'flood',
    };
    const endpoints: GoogleEndpoint[] = ['token', 'issuer'];
    for (const endpoint of endpoints) {
      for (const [what, fault] of Object.entries(faults)) {
        it(`${what} from the ${endpoint} endpoint, which is asked once`, async () => {
          google.inject(endpoint, fault);
          assert.equal((await verify()).outcome, 'unreachable');
          const times = endpoint === 'issuer' && what.startsWith('a 401') ? 2 : 1;
          assert.equal(google.requests.filter((called) => called === endpoint).length, times);
        });
      }

      it(`no answer in time from the ${endpoint} endpoint`, async () => {
        google.inject(endpoint, 'hang');
        const verdict = await verify({ timeoutMilliseconds: 500 });
        assert.equal(verdict.outcome, 'unreachable');
        assert.match(verdict.message, /did not answer in time/);
      });
    }

    it('a refused connection', async () => {
      assert.match(
        (await verify({ tokenUrl: 'https://127.0.0.1:1/token' })).message,
        /127\.0\.0\.1:1: it refuses connections/,
      );
    });

    it('a name that does not exist', async () => {
      const verdict = await verify({ tokenUrl: 'https://token.invalid/token' });
      assert.equal(verdict.outcome, 'unreachable');
      assert.match(verdict.message, /token\.invalid: its name cannot be resolved/);
    });

    it('a server that is not trusted, which the message says', async () => {
      const stranger = await startFakeGoogle({ authority: createServerAuthority() });
      const verdict = await verify({ tokenUrl: stranger.tokenUrl });
      await stranger.close();
      assert.equal(verdict.outcome, 'unreachable');
      assert.match(verdict.message, /TLS certificate is not trusted .*NODE_EXTRA_CA_CERTS/);
      assert.deepEqual(stranger.requests, []);
    });

    it('a server of another name, which the message says', async () => {
      const elsewhere = await startFakeGoogle({ hosts: ['elsewhere.example'] });
      const verdict = await verify({ tokenUrl: elsewhere.tokenUrl });
      await elsewhere.close();
      assert.equal(verdict.outcome, 'unreachable');
      assert.match(verdict.message, /TLS certificate is not trusted \(ERR_TLS_CERT_ALTNAME_INVALID\)/);
    });

    it('a server that speaks no TLS', async () => {
      const plain = createServer().listen(0, '127.0.0.1');
      await once(plain, 'listening');
      const verdict = await verify({ tokenUrl: `https://127.0.0.1:${(plain.address() as AddressInfo).port}/token` });
      plain.close();
      assert.equal(verdict.outcome, 'unreachable');
    });
  });

  describe('an aborted verification', () => {
    it('throws the reason, before the first call', async () => {
      const reason = new Error('stopping');
      await assert.rejects(verifyGoogle(credential, deps({ signal: AbortSignal.abort(reason) })), reason);
      assert.deepEqual(google.requests, []);
    });

    for (const endpoint of ['token', 'issuer', 'certificates'] as const) {
      it(`throws the reason, while the ${endpoint} endpoint hangs`, async () => {
        google.inject(endpoint, 'hang');
        const stop = new AbortController();
        const verification = verifyGoogle(credential, deps({ signal: stop.signal }));
        const reason = new Error('stopping');
        const rejection = assert.rejects(verification, reason);
        await eventually(() => google.requests.at(-1) === endpoint, { describe: `a request to ${endpoint}` });
        stop.abort(reason);
        await rejection;
      });
    }
  });

  it('has no verdict on a credential of another provider', async () => {
    await assert.rejects(
      verifyGoogle({ ...credential, files: googleCredential(account, '').files }, deps()),
      TypeError,
    );
  });

  it('trusts what NODE_EXTRA_CA_CERTS names', async () => {
    const module = new URL('../../../src/adapters/google/verify-google.ts', import.meta.url);
    const { tokenUrl, walletUrl, certsUrl } = google;
    const pem = testAuthority().certificate.pem;
    const endpoints = { tokenUrl, walletUrl, certsUrl };
    const verdict = await verifyInChild({ module, name: 'verifyGoogle' }, credential, endpoints, pem);
    assert.deepEqual(verdict.outcome === 'verified' && verdict.key, { createdAt: '2026-01-02T03:04:05Z' });
  });

  it("does not load Google's library for a process that never calls it", async () => {
    const loaded = await modulesLoadedBy(new URL('../../../src/adapters/google/verify-google.ts', import.meta.url));
    assert.deepEqual(
      loaded.filter((path) => /google-auth-library|googleapis/.test(path)),
      [],
    );
  });
});
