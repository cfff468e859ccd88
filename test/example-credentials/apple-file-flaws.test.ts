import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { appleFileFlaws } from '../../src/example-credentials/apple-file-flaws.ts';
import { appleForms, encodeAppleMaterial, type AppleForm } from '../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../src/example-credentials/apple-source.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { toBytes, toSecretData, type SourceData } from '../../src/example-credentials/source-data.ts';

const now = new Date('2026-06-01T12:00:00Z');
const passphrase = 'correct horse';
const request = {
  authority: createAuthority({ now }),
  now,
  passTypeIdentifier: 'pass.com.example.loyalty',
  teamIdentifier: 'ABCDE12345',
  key: generateRsaKey(),
};
const { material } = createAppleSource(request);
type FileFlaw = keyof typeof appleFileFlaws;

function good(form: AppleForm): SourceData {
  return encodeAppleMaterial(material, form, passphrase);
}

/** The data keys whose content is another one, or there only with the flaw, or only without it. */
function changedKeys(before: SourceData, after: SourceData): string[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  const same = (key: string): boolean =>
    key in before && key in after && toBytes(before[key]).equals(toBytes(after[key]));
  return [...keys].filter((key) => !same(key)).toSorted();
}

/** What a flaw changes. */
const changes: Record<FileFlaw, string[]> = {
  'missing-key': ['signer.key'],
  'empty-certificate': ['signer.pem'],
  'too-large': ['signer.pem'],
  ambiguous: ['passphrase', 'signer.p12'],
  'too-expensive': ['signer.p12'],
  'too-many-certificates': ['wwdr.pem'],
  'malformed-certificate': ['signer.pem'],
  'malformed-key': ['signer.key'],
  'malformed-pkcs12': ['signer.p12'],
  'signing-request': ['signer.pem'],
  'token-key': ['signer.key'],
  swapped: ['signer.key', 'signer.pem'],
  'twice-encoded': ['signer.pem'],
  'written-out-line-ends': ['signer.pem'],
  'missing-passphrase': ['passphrase'],
  'wrong-passphrase': ['passphrase'],
};

describe("flaws of Apple's files", () => {
  for (const [flaw, expected] of Object.entries(changes) as [FileFlaw, string[]][]) {
    for (const form of appleFileFlaws[flaw].forms) {
      it(`change only what is flawed: ${flaw} in ${form}`, () => {
        const before = good(form);
        assert.deepEqual(changedKeys(before, appleFileFlaws[flaw].files(before, material)), expected);
      });
    }
  }

  it('fit a Secret, and the annotation in which kubectl apply keeps a copy of it', () => {
    const { data } = createAppleSource({ ...request, flaw: 'too-large' });
    assert.ok(JSON.stringify(toSecretData(data)).length < 250_000);
  });

  it('are undone by decoding once more: twice-encoded', () => {
    const { data } = createAppleSource({ ...request, flaw: 'twice-encoded' });
    const once = Buffer.from(toBytes(data['signer.pem']).toString(), 'base64');
    assert.match(new X509Certificate(once).subject, /Pass Type ID/);
  });

  it('take the first form in which they can happen', () => {
    const { data } = createAppleSource({ ...request, flaw: 'malformed-pkcs12' });
    assert.deepEqual(Object.keys(data), ['signer.p12', 'passphrase']);
  });
});

describe("forms of Apple's files", () => {
  const keys: Record<AppleForm, string[]> = {
    pem: ['wwdr.pem', 'signer.pem', 'signer.key'],
    'pem-encrypted': ['wwdr.pem', 'signer.pem', 'signer.key', 'passphrase'],
    der: ['wwdr.pem', 'signer.pem', 'signer.key'],
    pkcs12: ['signer.p12', 'passphrase'],
    'pkcs12-legacy': ['signer.p12', 'passphrase', 'wwdr.pem'],
  };
  for (const form of appleForms) {
    it(`use the data keys that a WalletCredential expects: ${form}`, () => {
      assert.deepEqual(Object.keys(good(form)), keys[form]);
    });
  }

  it('hold the same certificate and key as DER and as PEM', () => {
    const data = good('der');
    const key = createPrivateKey({ key: toBytes(data['signer.key']), format: 'der', type: 'pkcs8' });
    assert.ok(new X509Certificate(toBytes(data['signer.pem'])).checkPrivateKey(key));
    assert.deepEqual(toBytes(data['wwdr.pem']), material.wwdr.der);
  });

  it('put a passphrase on the key where they have one', () => {
    const key = toBytes(good('pem-encrypted')['signer.key']).toString();
    assert.ok(createPrivateKey({ key, passphrase }).equals(material.signerKey));
  });

  it('choose another passphrase each time', () => {
    const [one, two] = [1, 2].map(() => createAppleSource({ ...request, form: 'pkcs12' }).data['passphrase']);
    assert.notEqual(one, two);
  });
});
