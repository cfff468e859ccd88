import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import type { SourceReason } from '../../../../src/domain/credentials/reasons.ts';
import { withCrlf } from '../../../../src/example-credentials/certificate-encodings.ts';
import { fabricateRsaKey } from '../../../../src/example-credentials/fabricated-rsa-key.ts';
import { googleFlaws, type GoogleFlaw } from '../../../../src/example-credentials/google-flaws.ts';
import { createGoogleSource, googleDataKey } from '../../../../src/example-credentials/google-source.ts';
import { createPkcs12 } from '../../../../src/example-credentials/pkcs12.ts';
import { privateKeyPem } from '../../../../src/example-credentials/private-key-encodings.ts';
import type { SourceData } from '../../../../src/example-credentials/source-data.ts';
import {
  accepted,
  account,
  appleData,
  googleData,
  googleSpec,
  passphrase,
  refused,
  signer,
  signerKey,
} from './check-examples.ts';

const text = String(googleData()[googleDataKey]);
const key = privateKeyPem(signerKey.privateKey);
const file = (content: string | Buffer): SourceData => ({ [googleDataKey]: content });
const { private_key_id, client_email, ...withoutTwo } = account;

/** What the message of each flaw has to say besides what was expected. */
const diagnoses: Record<GoogleFlaw, RegExp> = {
  'missing-key': /has no data key google-wallet-sa\.json; it holds nothing else/,
  'too-large': /has 131072 bytes; at most 65536/,
  'malformed-json': /JSON that is cut off \(line \d+, column \d+\)/,
  'twice-encoded': /JSON that is base64-encoded twice/,
  'api-key': /holds a Google API key; expected the JSON key file/,
  'oauth-client': /holds an OAuth client/,
  'oauth-web-client': /holds an OAuth client/,
  'authorized-user': /holds a person's own credentials \(authorized_user\)/,
  'external-account': /workload identity federation configuration \(external_account\)/,
  'missing-field': /lacks client_email/,
  'malformed-key': /private_key of google-wallet-sa\.json .* cut off/,
  'ecdsa-key': /private_key of .* is of type ECDSA P-256/,
  'weak-key': /RSA key of 1024 bits; at least 2048/,
  'huge-key': /RSA key of 16384 bits; at most 8192/,
  'json-bomb': /nested \d+ levels deep; at most 32/,
  'other-universe': /universe_domain of .* is not googleapis\.com/,
  'other-token-uri': /token_uri of .* is not an address of Google/,
};

describe('reasons of a Google source', () => {
  for (const [name, { reason }] of Object.entries(googleFlaws)) {
    it(`${reason}: ${name}`, () => {
      const flaw = name as GoogleFlaw;
      const { data } = createGoogleSource({ privateKey: signerKey.privateKey, flaw });
      refused(data, reason as SourceReason, diagnoses[flaw], googleSpec);
    });
  }
});

const mistakes: Record<string, [data: SourceData, reason: SourceReason, words: RegExp]> = {
  'white space': [file(' \n'), 'DataKeyMissing', /has nothing under google-wallet-sa\.json/],
  'pasted twice': [
    file(text + text),
    'MalformedJson',
    /something behind its end, as when a file is pasted twice \(line 14, column 1\)/,
  ],
  'a comma too many': [
    file(text.replace(/"\n\}/, '",\n}')),
    'MalformedJson',
    /JSON with a mistake \(line 13, column 1\)/,
  ],
  'quotation marks of another kind': [
    file(text.replaceAll('"', '“')),
    'MalformedJson',
    /JSON with a mistake \(line 2, column 3\)/,
  ],
  'real line breaks in the key': [
    file(text.replaceAll(String.raw`\n`, '\n')),
    'MalformedJson',
    /line break inside a string \(line 5, column \d+\); .* each line break of private_key is written \\n/,
  ],
  'cut off': [file(text.slice(0, -20)), 'MalformedJson', /cut off/],
  'in quotation marks': [file(`'${text}'`), 'MalformedJson', /JSON inside quotation marks/],
  'base64 twice': [
    file(Buffer.from(text).toString('base64')),
    'MalformedJson',
    /JSON that is base64-encoded twice; .* Encode it once/,
  ],
  'an HTML page': [file('<html><head><title>Sign in</title>'), 'MalformedJson', /an HTML or XML page/],
  'UTF-16': [file(Buffer.from(`\ufeff${text}`, 'utf16le')), 'MalformedJson', /text in UTF-16/],
  'only the private key': [file(key), 'MalformedJson', /holds a private key; .* put the whole file there/],
  'a PKCS#12 key, as Google once handed out': [
    file(
      createPkcs12({
        certificates: [signer.certificate],
        privateKey: signerKey.privateKey,
        passphrase: 'notasecret',
        iterations: 2,
      }),
    ),
    'MalformedJson',
    /holds a PKCS#12 file; .* key of type JSON/,
  ],
  binary: [file(Buffer.of(1, 2, 3)), 'MalformedJson', /3 bytes that are not JSON/],
  'binary with many brackets': [
    file(Buffer.from(`\u0001${'['.repeat(99)}`)),
    'MalformedJson',
    /100 bytes that are not/,
  ],
  'a list': [file(`[${text}]`), 'NotServiceAccount', /a JSON list/],
  'inside a JSON string': [file(JSON.stringify(text)), 'NotServiceAccount', /JSON inside a JSON string/],
  null: [file('null'), 'NotServiceAccount', /no object/],
  'an API key in JSON': [
    file(JSON.stringify({ key: `AIza${'x'.repeat(35)}` })),
    'NotServiceAccount',
    /a Google API key/,
  ],
  'the Firebase configuration of an app': [
    file('{"project_info": {}, "client": []}'),
    'NotServiceAccount',
    /google-services\.json/,
  ],
  'a manifest': [file('{"apiVersion": "v1", "kind": "Secret"}'), 'NotServiceAccount', /a Kubernetes manifest/],
  'an impersonation': [
    file('{"type": "impersonated_service_account"}'),
    'NotServiceAccount',
    /impersonated_service_account/,
  ],
  'no type': [file('{}'), 'NotServiceAccount', /JSON without the field type/],
  'another type': [
    googleData({ type: 'something_else' }),
    'NotServiceAccount',
    /whose field type is not service_account/,
  ],
  'two fields gone': [file(JSON.stringify(withoutTwo)), 'FieldMissing', /lacks client_email and private_key_id;/],
  'an empty field': [googleData({ project_id: ' ' }), 'FieldMissing', /lacks project_id;/],
  'a field that is no text': [googleData({ token_uri: 7 }), 'FieldMissing', /lacks token_uri;/],
  'the key in the field of its id': [
    googleData({ private_key_id: key }),
    'FieldMissing',
    /something else in private_key_id/,
  ],
  'no e-mail address': [googleData({ client_email: 'wallet' }), 'FieldMissing', /something else in client_email/],
  'line breaks written out twice': [
    googleData({ private_key: key.replaceAll('\n', String.raw`\n`) }),
    'MalformedPrivateKey',
    /line breaks are written out as \\n; .* with one backslash/,
  ],
  'a certificate as key': [
    googleData({ private_key: signer.certificate.pem }),
    'MalformedPrivateKey',
    /private_key of google-wallet-sa\.json of Secret wallet-source holds a certificate/,
  ],
  'an encrypted key': [
    googleData({ private_key: privateKeyPem(signerKey.privateKey, 'encrypted-pkcs8', passphrase) }),
    'MalformedPrivateKey',
    /an encrypted private key; .* without a passphrase/,
  ],
  'two keys': [
    googleData({ private_key: key + privateKeyPem(generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey) }),
    'MalformedPrivateKey',
    /2 private keys/,
  ],
  'a placeholder as key': [
    googleData({ private_key: 'REDACTED' }),
    'MalformedPrivateKey',
    /8 bytes of text that is not PEM/,
  ],
  'a huge key in something else': [
    file(JSON.stringify({ private_key: privateKeyPem(fabricateRsaKey(16_384).privateKey) })),
    'TooExpensive',
    /16384 bits/,
  ],
  'another universe': [
    googleData({ universe_domain: 'example.goog' }),
    'UnknownUniverse',
    /Google Wallet is in no other universe/,
  ],
  'a universe that is no text': [googleData({ universe_domain: null }), 'UnknownUniverse', /universe_domain/],
  'a token URI on another host': [
    googleData({ token_uri: 'https://oauth2.googleapis.com.example.net/token' }),
    'UnknownTokenUri',
    /no other is called/,
  ],
  'a token URI without TLS': [
    googleData({ token_uri: 'http://oauth2.googleapis.com/token' }),
    'UnknownTokenUri',
    /no other is called/,
  ],
  'files of Apple': [appleData(), 'DataKeyMissing', /it holds wwdr\.pem, signer\.pem and signer\.key/],
};

describe('diagnoses of a Google source', () => {
  for (const [name, [data, reason, words]] of Object.entries(mistakes)) {
    it(`${name}: ${reason}`, () => {
      refused(data, reason, words, googleSpec);
    });
  }
});

describe('an accepted Google source', () => {
  const good = accepted(googleData(), googleSpec);

  it('is a service account that Google libraries read, and the issuer', () => {
    const files = good.files.reveal();
    assert.deepEqual(Object.keys(files), ['google-wallet-sa.json', 'issuer-id']);
    assert.deepEqual(JSON.parse(files['google-wallet-sa.json'] ?? ''), account);
    assert.equal(files['issuer-id'], '3388000000012345678');
  });

  it('names its key, and no certificate or expiry', () => {
    assert.deepEqual(good.key, { id: private_key_id, clientEmail: client_email });
    assert.deepEqual(good.certificates, []);
    assert.equal('expiresAt' in good, false);
  });

  it('is accepted again as what was made of it', () => {
    assert.equal(accepted(good.files.reveal(), googleSpec).fingerprint, good.fingerprint);
  });

  const sameThings: Record<string, string> = {
    'without white space': JSON.stringify(account),
    'with its fields in another order': JSON.stringify(Object.fromEntries(Object.entries(account).toReversed())),
    'with a byte order mark and CRLF': `\ufeff${withCrlf(text)}`,
    'with a field that nobody knows': JSON.stringify({ ...account, comment: 'added by hand', deep: [[[1]]] }),
    'with its key in PKCS#1': JSON.stringify({ ...account, private_key: privateKeyPem(signerKey.privateKey, 'pkcs1') }),
    'with CRLF in its key': JSON.stringify({ ...account, private_key: withCrlf(key) }),
  };
  for (const [name, content] of Object.entries(sameThings)) {
    it(`has the same fingerprint ${name}`, () => {
      assert.equal(accepted(file(content), googleSpec).fingerprint, good.fingerprint);
    });
  }

  it('has another fingerprint with another key id or issuer', () => {
    const spec = { ...googleSpec, google: { issuerId: '3388000000012345679', key: googleDataKey } };
    assert.notEqual(accepted(googleData(), spec).fingerprint, good.fingerprint);
    assert.notEqual(accepted(googleData({ private_key_id: 'f'.repeat(40) }), googleSpec).fingerprint, good.fingerprint);
  });

  it('may name an older token address of Google, and no universe', () => {
    for (const uri of ['https://accounts.google.com/o/oauth2/token', 'https://www.googleapis.com/oauth2/v4/token']) {
      accepted(googleData({ token_uri: uri, universe_domain: undefined }), googleSpec);
    }
  });
});
