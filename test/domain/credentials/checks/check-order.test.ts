import assert from 'node:assert/strict';
import { sourceReasons, type SourceReason } from '../../../../src/domain/credentials/reasons.ts';
import { daysAfter } from '../../../../src/example-credentials/days.ts';
import { fabricateRsaKey } from '../../../../src/example-credentials/fabricated-rsa-key.ts';
import { tooLarge } from '../../../../src/example-credentials/flaw.ts';
import { generateEcKey, generateRsaKey } from '../../../../src/example-credentials/key-pair.ts';
import { issueMistakenCertificate } from '../../../../src/example-credentials/mistaken-certificates.ts';
import { createPkcs12 } from '../../../../src/example-credentials/pkcs12.ts';
import { privateKeyPem } from '../../../../src/example-credentials/private-key-encodings.ts';
import type { SourceData } from '../../../../src/example-credentials/source-data.ts';
import { issueWwdr } from '../../../../src/example-credentials/wwdr-certificate.ts';
import {
  account,
  appleData,
  authority,
  googleData,
  googleSpec,
  issue,
  material,
  now,
  otherKey,
  passphrase,
  refused,
  signerKey,
  teamIdentifier,
} from './check-examples.ts';

const good = appleData();
const { signer, wwdr } = material();
const garbage = 'garbage';
const weakKey = generateRsaKey(1024);
const ecKey = generateEcKey();
const expensive = createPkcs12({
  certificates: [signer, wwdr],
  privateKey: signerKey.privateKey,
  passphrase,
  iterations: 1,
  claimedIterations: 10_000_000,
});
const encryptedKey = privateKeyPem(signerKey.privateKey, 'encrypted-pkcs8', passphrase);
const push = issueMistakenCertificate(authority.wwdr('G4'), 'Apple Push Services', {
  teamIdentifier,
  key: signerKey,
  notBefore: daysAfter(now, -1),
  notAfter: daysAfter(now, 100),
}).certificate;
const tomorrow = { notBefore: daysAfter(now, 1), notAfter: daysAfter(now, 300) };

function noAuthority(generation: 'G2' | 'G4', from: number, until: number): { wwdr: typeof wwdr } {
  const { key } = authority.wwdr(generation);
  const validity = { notBefore: daysAfter(now, from), notAfter: daysAfter(now, until) };
  return { wwdr: issueWwdr(authority.root, { generation, key, certificateAuthority: false, ...validity }).certificate };
}

/** Two flaws at once: the reason that comes first in the binding order, and the one that must stay silent. */
const apple: [first: SourceReason, second: SourceReason, data: SourceData][] = [
  ['DataKeyMissing', 'TooLarge', { ...good, 'signer.pem': tooLarge, 'signer.key': '' }],
  ['TooLarge', 'AmbiguousSource', { ...good, 'signer.p12': expensive, 'wwdr.pem': tooLarge }],
  ['TooLarge', 'WrongPassphrase', { ...good, 'signer.key': encryptedKey, passphrase: 'x'.repeat(2_000) }],
  ['AmbiguousSource', 'TooExpensive', { ...good, 'signer.p12': expensive }],
  ['AmbiguousSource', 'MalformedPkcs12', { ...good, 'signer.p12': garbage }],
  ['TooExpensive', 'MalformedCertificate', { 'signer.p12': expensive, 'wwdr.pem': garbage }],
  [
    'TooExpensive',
    'MalformedCertificate',
    { ...good, 'signer.pem': garbage, 'signer.key': privateKeyPem(fabricateRsaKey(16_384).privateKey) },
  ],
  ['TooExpensive', 'MalformedCertificate', { ...good, 'wwdr.pem': wwdr.pem.repeat(11), 'signer.pem': garbage }],
  ['TooExpensive', 'MalformedPrivateKey', { ...good, 'wwdr.pem': wwdr.pem.repeat(11), 'signer.key': garbage }],
  ['MalformedCertificate', 'MalformedPkcs12', { 'signer.p12': garbage, 'wwdr.pem': garbage }],
  ['MalformedCertificate', 'MalformedPrivateKey', { ...good, 'signer.key': garbage, 'wwdr.pem': garbage }],
  ['MalformedCertificate', 'WrongPassphrase', { ...good, 'signer.key': encryptedKey, 'wwdr.pem': garbage }],
  [
    'MalformedCertificate',
    'WrongPassphrase',
    { 'signer.p12': appleData('pkcs12')['signer.p12'] ?? '', 'wwdr.pem': garbage },
  ],
  [
    'MalformedPrivateKey',
    'UnsupportedKeyType',
    { ...good, 'signer.pem': issue({ key: ecKey }).certificate.pem, 'signer.key': garbage },
  ],
  [
    'WrongPassphrase',
    'UnsupportedKeyType',
    { ...good, 'signer.pem': issue({ key: ecKey }).certificate.pem, 'signer.key': encryptedKey },
  ],
  [
    'UnsupportedKeyType',
    'WeakKey',
    { ...good, 'signer.pem': issue({ key: ecKey }).certificate.pem, 'signer.key': privateKeyPem(weakKey.privateKey) },
  ],
  ['UnsupportedKeyType', 'KeyMismatch', { ...good, 'signer.key': privateKeyPem(ecKey.privateKey) }],
  ['WeakKey', 'KeyMismatch', { ...good, 'signer.pem': issue({ key: weakKey }).certificate.pem }],
  ['WeakKey', 'KeyMismatch', { ...good, 'signer.key': privateKeyPem(weakKey.privateKey) }],
  [
    'KeyMismatch',
    'NotAPassCertificate',
    { ...good, 'signer.pem': push.pem, 'signer.key': privateKeyPem(otherKey.privateKey) },
  ],
  [
    'KeyMismatch',
    'Expired',
    {
      ...good,
      'signer.pem': issue({ key: otherKey, notBefore: daysAfter(now, -400), notAfter: daysAfter(now, -1) }).certificate
        .pem,
    },
  ],
  ['NotAPassCertificate', 'PassTypeMismatch', { ...good, 'signer.pem': push.pem }],
  [
    'NotAPassCertificate',
    'TeamMismatch',
    { ...good, 'signer.pem': issue({ passPurpose: false, teamIdentifier: 'ZZZZZ99999' }).certificate.pem },
  ],
  [
    'PassTypeMismatch',
    'TeamMismatch',
    {
      ...good,
      'signer.pem': issue({ passTypeIdentifier: 'pass.com.example.other', teamIdentifier: 'ZZZZZ99999' }).certificate
        .pem,
    },
  ],
  [
    'TeamMismatch',
    'WwdrMismatch',
    {
      ...good,
      'signer.pem': issue({ teamIdentifier: 'ZZZZZ99999' }).certificate.pem,
      'wwdr.pem': authority.wwdr('G2').certificate.pem,
    },
  ],
  ['WwdrMismatch', 'WwdrNotCa', appleData('pem', noAuthority('G2', -1, 1))],
  ['WwdrMismatch', 'Expired', { ...good, 'wwdr.pem': authority.wwdr('G1').certificate.pem }],
  ['WwdrNotCa', 'NotYetValid', appleData('pem', noAuthority('G4', 1, 2))],
  ['WwdrNotCa', 'Expired', appleData('pem', noAuthority('G4', -2, -1))],
  [
    'NotYetValid',
    'Expired',
    appleData('pem', {
      signer: issue(tomorrow, authority.wwdr('G1')).certificate,
      wwdr: authority.wwdr('G1').certificate,
    }),
  ],
];

const huge = { private_key: privateKeyPem(fabricateRsaKey(16_384).privateKey) };
const weak = { private_key: privateKeyPem(weakKey.privateKey) };
const google: [first: SourceReason, second: SourceReason, data: SourceData][] = [
  ['TooLarge', 'MalformedJson', { 'google-wallet-sa.json': tooLarge }],
  ['TooExpensive', 'MalformedJson', { 'google-wallet-sa.json': '['.repeat(50_000) }],
  ['TooExpensive', 'NotServiceAccount', googleData({ ...huge, type: 'authorized_user' })],
  ['NotServiceAccount', 'FieldMissing', googleData({ type: 'authorized_user', client_email: undefined })],
  ['NotServiceAccount', 'MalformedPrivateKey', googleData({ type: 'authorized_user', private_key: garbage })],
  ['FieldMissing', 'MalformedPrivateKey', googleData({ project_id: undefined, private_key: garbage })],
  ['MalformedPrivateKey', 'UnknownUniverse', googleData({ private_key: garbage, universe_domain: 'example.com' })],
  [
    'UnsupportedKeyType',
    'UnknownUniverse',
    googleData({ private_key: privateKeyPem(ecKey.privateKey), universe_domain: 'example.com' }),
  ],
  ['WeakKey', 'UnknownUniverse', googleData({ ...weak, universe_domain: 'example.com' })],
  ['WeakKey', 'UnknownTokenUri', googleData({ ...weak, token_uri: 'https://example.com/token' })],
  [
    'UnknownUniverse',
    'UnknownTokenUri',
    googleData({ universe_domain: 'example.com', token_uri: 'https://example.com/token' }),
  ],
];

describe('of two flaws the one that counts first is the reason', () => {
  for (const [first, second, data] of apple) {
    it(`Apple: ${first} before ${second}`, () => {
      refused(data, first);
    });
  }
  for (const [first, second, data] of google) {
    it(`Google: ${first} before ${second}`, () => {
      refused(data, first, /./, googleSpec);
    });
  }

  it('agrees with the order in which the reasons are documented', () => {
    const order = Object.keys(sourceReasons);
    for (const [first, second] of [...apple, ...google]) {
      assert.ok(order.indexOf(first) < order.indexOf(second), `${first} before ${second}`);
    }
    assert.equal(account.type, 'service_account');
  });
});
