import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import { googleFlaws, type GoogleFlaw } from '../../src/example-credentials/google-flaws.ts';
import { createGoogleSource, googleDataKey } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import {
  createServiceAccount,
  toJsonFile,
  type ServiceAccount,
} from '../../src/example-credentials/service-account.ts';
import {
  apiKey,
  authorizedUser,
  externalAccount,
  oauthClient,
} from '../../src/example-credentials/mistaken-google-credentials.ts';

const { privateKey } = generateRsaKey();
const account = createServiceAccount({ privateKey });

describe('an example service account', () => {
  it('has the fields that Google writes, in its order', () => {
    const names =
      'type project_id private_key_id private_key client_email client_id auth_uri token_uri ' +
      'auth_provider_x509_cert_url client_x509_cert_url universe_domain';
    assert.equal(Object.keys(account).join(' '), names);
  });

  it('says what Google says', () => {
    assert.partialDeepStrictEqual(account, {
      type: 'service_account',
      client_email: 'wallet@orion-example.iam.gserviceaccount.com',
      token_uri: 'https://oauth2.googleapis.com/token',
      client_x509_cert_url:
        'https://www.googleapis.com/robot/v1/metadata/x509/wallet%40orion-example.iam.gserviceaccount.com',
      universe_domain: 'googleapis.com',
    });
    assert.match(account.private_key_id, /^[0-9a-f]{40}$/);
  });

  it('holds the key as PKCS#8', () => {
    assert.match(account.private_key, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.ok(createPrivateKey(account.private_key).equals(privateKey));
  });

  it('has a new key each time unless told which', () => {
    const [one, two] = [createServiceAccount(), createServiceAccount()];
    assert.notEqual(one.private_key, two.private_key);
    assert.notEqual(one.private_key_id, two.private_key_id);
    assert.equal(createServiceAccount({ privateKeyId: 'ab' }).private_key_id, 'ab');
  });

  it('is what the source Secret holds', () => {
    const source = createGoogleSource({ privateKey });
    assert.deepEqual(Object.keys(source.data), [googleDataKey]);
    assert.equal(source.data[googleDataKey], toJsonFile(source.account));
  });
});

/** The fields that a flaw changes in a file that is still a service account. */
const changedFields: Partial<Record<GoogleFlaw, (keyof ServiceAccount)[]>> = {
  'missing-field': ['client_email'],
  'malformed-key': ['private_key'],
  'ecdsa-key': ['private_key'],
  'weak-key': ['private_key'],
  'huge-key': ['private_key'],
  'other-universe': ['universe_domain'],
  'other-token-uri': ['token_uri'],
};

describe("flaws of Google's file", () => {
  for (const [flaw, expected] of Object.entries(changedFields) as [GoogleFlaw, (keyof ServiceAccount)[]][]) {
    it(`change only what is flawed: ${flaw}`, () => {
      const flawed = JSON.parse(googleFlaws[flaw].file(account) ?? '') as Partial<ServiceAccount>;
      const names = Object.keys(account) as (keyof ServiceAccount)[];
      assert.deepEqual(
        names.filter((name) => flawed[name] !== account[name]),
        expected,
      );
    });
  }

  const keys = { 'ecdsa-key': ['ec', undefined], 'weak-key': ['rsa', 1024], 'huge-key': ['rsa', 16_384] } as const;
  for (const [flaw, [type, bits]] of Object.entries(keys)) {
    it(`have the key that they say: ${flaw}`, () => {
      const flawed = JSON.parse(googleFlaws[flaw as GoogleFlaw].file(account) ?? '') as ServiceAccount;
      const key = createPrivateKey(flawed.private_key);
      assert.equal(key.asymmetricKeyType, type);
      assert.equal(key.asymmetricKeyDetails?.modulusLength, bits);
    });
  }

  for (const flaw of ['malformed-json', 'twice-encoded', 'api-key'] as const) {
    it(`are no JSON: ${flaw}`, () => {
      assert.throws(() => JSON.parse(googleFlaws[flaw].file(account) ?? ''), SyntaxError);
    });
  }

  it('leave the file out: missing-key', () => {
    assert.deepEqual(createGoogleSource({ privateKey, flaw: 'missing-key' }).data, {});
  });
});

describe('what people put in place of a service account', () => {
  const kinds: [string, string, string, unknown][] = [
    ['an OAuth client of a desktop application', oauthClient(), 'installed', undefined],
    ['an OAuth client of a web application', oauthClient('web'), 'web', undefined],
    ["a person's credentials", authorizedUser(), 'refresh_token', 'authorized_user'],
    ['a workload identity federation', externalAccount(), 'credential_source', 'external_account'],
  ];
  for (const [name, file, field, type] of kinds) {
    it(`is ${name}`, () => {
      const parsed = JSON.parse(file) as Record<string, unknown>;
      assert.ok(field in parsed);
      assert.equal(parsed['type'], type);
      assert.ok(!('private_key' in parsed));
    });
  }

  it('is an API key of 39 characters', () => assert.match(apiKey(), /^AIza[-\w]{35}$/));
});
