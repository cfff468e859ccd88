import { appleDataKeys, type AppleForm, type AppleMaterial } from './apple-material.ts';
import { withWrittenOutLineEnds } from './certificate-encodings.ts';
import { tooLarge, type Flaw } from './flaw.ts';
import { keyPairOf } from './key-pair.ts';
import { createApnsTokenKey, createSigningRequest } from './mistaken-certificates.ts';
import { createPkcs12 } from './pkcs12.ts';
import { toBytes, without, type SourceData } from './source-data.ts';

const keys = appleDataKeys;
const pem = ['pem'] as const;
const textual = ['pem', 'pem-encrypted'] as const;
const separate = ['pem', 'pem-encrypted', 'der'] as const;
const withPassphrase = ['pem-encrypted', 'pkcs12', 'pkcs12-legacy'] as const;

function pkcs12Of({ signer, signerKey, wwdr }: AppleMaterial, claimedIterations: number): Buffer {
  const certificates = [signer, wwdr];
  return createPkcs12({ certificates, privateKey: signerKey, passphrase: '', claimedIterations, iterations: 1 });
}

/** The first half of a file, as an interrupted copy leaves it. */
function half(value: string | Buffer | undefined): Buffer {
  const bytes = toBytes(value);
  return bytes.subarray(0, Math.floor(bytes.length / 2));
}

function changed(key: string, change: (value: string | Buffer | undefined) => string | Buffer) {
  return (data: SourceData): SourceData => ({ ...data, [key]: change(data[key]) });
}

/** Flaws of the files and not of what is in them. */
export const appleFileFlaws = {
  'missing-key': {
    description: 'no private key in the Secret',
    reason: 'DataKeyMissing',
    forms: separate,
    files: (data) => without(data, keys.signerKey),
  },
  'empty-certificate': {
    description: 'an empty certificate file',
    reason: 'DataKeyMissing',
    forms: separate,
    files: changed(keys.signerCertificate, () => ''),
  },
  'too-large': {
    description: 'a certificate file of 128 KiB',
    reason: 'TooLarge',
    forms: separate,
    files: changed(keys.signerCertificate, () => tooLarge),
  },
  ambiguous: {
    description: 'PEM files and a PKCS#12 file in one Secret',
    reason: 'AmbiguousSource',
    forms: pem,
    files: (data, material) => ({ ...data, [keys.pkcs12]: pkcs12Of(material, 1), [keys.passphrase]: '' }),
  },
  'too-expensive': {
    description: 'a PKCS#12 file that claims 10,000,000 iterations',
    reason: 'TooExpensive',
    forms: ['pkcs12'],
    files: (data, material) => ({ ...data, [keys.pkcs12]: pkcs12Of(material, 10_000_000) }),
  },
  'too-many-certificates': {
    description: 'a WWDR file of eleven certificates',
    reason: 'TooExpensive',
    forms: textual,
    files: (data, { wwdr }) => ({ ...data, [keys.wwdr]: wwdr.pem.repeat(11) }),
  },
  'malformed-certificate': {
    description: 'half of a certificate',
    reason: 'MalformedCertificate',
    forms: separate,
    files: changed(keys.signerCertificate, half),
  },
  'malformed-key': {
    description: 'half of a private key',
    reason: 'MalformedPrivateKey',
    forms: separate,
    files: changed(keys.signerKey, half),
  },
  'malformed-pkcs12': {
    description: 'half of a PKCS#12 file',
    reason: 'MalformedPkcs12',
    forms: ['pkcs12', 'pkcs12-legacy'],
    files: changed(keys.pkcs12, half),
  },
  'signing-request': {
    description: 'the signing request instead of the certificate',
    reason: 'MalformedCertificate',
    forms: pem,
    files: (data, { signerKey }) => ({ ...data, [keys.signerCertificate]: createSigningRequest(keyPairOf(signerKey)) }),
  },
  'token-key': {
    description: 'an APNs token key (.p8) instead of the private key',
    reason: 'UnsupportedKeyType',
    forms: pem,
    files: changed(keys.signerKey, createApnsTokenKey),
  },
  swapped: {
    description: "certificate and private key in each other's place",
    reason: 'MalformedCertificate',
    forms: separate,
    files: (data) => ({
      ...data,
      [keys.signerCertificate]: toBytes(data[keys.signerKey]),
      [keys.signerKey]: toBytes(data[keys.signerCertificate]),
    }),
  },
  'twice-encoded': {
    description: 'a certificate that was base64-encoded twice',
    reason: 'MalformedCertificate',
    forms: separate,
    files: changed(keys.signerCertificate, (value) => toBytes(value).toString('base64')),
  },
  'written-out-line-ends': {
    description: 'a certificate with \\n written out',
    reason: 'MalformedCertificate',
    forms: textual,
    files: changed(keys.signerCertificate, (value) => withWrittenOutLineEnds(toBytes(value).toString())),
  },
  'missing-passphrase': {
    description: 'an encrypted key or file without its passphrase',
    reason: 'WrongPassphrase',
    forms: withPassphrase,
    files: (data) => without(data, keys.passphrase),
  },
  'wrong-passphrase': {
    description: 'an encrypted key or file with another passphrase',
    reason: 'WrongPassphrase',
    forms: withPassphrase,
    files: changed(keys.passphrase, () => 'not-the-passphrase'),
  },
} satisfies Record<
  string,
  Flaw & { forms: readonly AppleForm[]; files: (data: SourceData, material: AppleMaterial) => SourceData }
>;
