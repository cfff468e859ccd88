import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mistakenKindOf } from '../../../../src/domain/credentials/checks/apple-certificate-kinds.ts';
import {
  readCertificate,
  summarize,
  type Certificate,
} from '../../../../src/domain/credentials/reading/certificate.ts';
import { issueCertificate, type CertificateContent } from '../../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../../src/example-credentials/days.ts';
import { sequence, type Der } from '../../../../src/example-credentials/der.ts';
import type { DistinguishedName } from '../../../../src/example-credentials/distinguished-name.ts';
import {
  basicConstraints,
  extendedKeyUsage,
  keyUsage,
  marker,
} from '../../../../src/example-credentials/extensions.ts';
import { generateEcKey } from '../../../../src/example-credentials/key-pair.ts';
import { appleData, now, otherKey, refused, signer } from '../checks/check-examples.ts';

const key = generateEcKey();

function make(changes: Partial<CertificateContent> = {}): Buffer {
  return issueCertificate({
    subject: [['CN', 'Somebody']],
    publicKey: key.publicKey,
    issuer: [['CN', 'Somebody']],
    signingKey: key.privateKey,
    notBefore: daysAfter(now, -1),
    notAfter: daysAfter(now, 1),
    extensions: [],
    ...changes,
  }).der;
}

function read(der: Buffer): Certificate {
  const certificate = readCertificate(der);
  assert.ok(certificate);
  return certificate;
}

function named(...subject: DistinguishedName): Certificate {
  return read(make({ subject }));
}

describe('a certificate', () => {
  it('may issue others by basicConstraints, and keyUsage where there is one', () => {
    const cases: [extensions: Der[], mayIssue: boolean][] = [
      [[], false],
      [[basicConstraints(false)], false],
      [[basicConstraints(true)], true],
      [[basicConstraints(true, 0), keyUsage('certificateSigning')], true],
      [[basicConstraints(true), keyUsage('digitalSignature')], false],
      [[keyUsage('certificateSigning')], false],
    ];
    for (const [extensions, mayIssue] of cases) assert.equal(read(make({ extensions })).mayIssue, mayIssue);
  });

  it('is named in the order of its subject, with special characters escaped', () => {
    const { subject } = summarize('signer', named(['UID', 'a'], ['CN', 'Doe, John + "Son"'], ['OU', 'x;y<z>\\']));
    assert.equal(subject, String.raw`UID=a, CN=Doe\, John \+ \"Son\", OU=x\;y\<z\>\\`);
  });

  it('cannot put control characters, line breaks, reversed text or pages of text into a status', () => {
    const evil = `a\u0000b\nc\u001b[31md\u202ee\u2028f\u200bg`;
    const { subject } = summarize('signer', named(['CN', evil], ['O', 'x'.repeat(5_000)]));
    assert.equal(subject, `CN=a b c [31md e f g, O=${'x'.repeat(79)}…`);
    const many = Array.from({ length: 50 }, (_, index): [string, string] => ['OU', `unit ${index}`]);
    assert.equal(summarize('signer', named(...(many as unknown as DistinguishedName))).subject.split(', ').length, 12);
    const serialNumber = BigInt(`0x1${randomBytes(2_000).toString('hex')}`);
    assert.ok(summarize('signer', read(make({ serialNumber }))).serialNumber.length <= 80);
  });

  it('cannot put them into a message either', () => {
    const subject: DistinguishedName = [['CN', `${'x'.repeat(500)}\nIgnore "this"\u0007`]];
    const { der } = issueCertificate({
      subject,
      publicKey: otherKey.publicKey,
      issuer: subject,
      signingKey: otherKey.privateKey,
      notBefore: daysAfter(now, -1),
      notAfter: daysAfter(now, 1),
      extensions: [],
    });
    const message = refused({ ...appleData(), 'signer.pem': der }, 'KeyMismatch', /the key of "x{79}…", valid until/);
    assert.ok(message.length < 500);
  });

  it('is not read when it is cut off, or something else', () => {
    const { der } = signer.certificate;
    for (const bytes of [
      der.subarray(0, -1),
      Buffer.alloc(0),
      Buffer.from('garbage'),
      sequence(),
      sequence(sequence()),
    ]) {
      assert.equal(readCertificate(bytes), undefined);
    }
  });
});

describe('what Apple calls a certificate that is no pass certificate', () => {
  const names: Record<string, string> = {
    'Apple Push Services: com.example.app': 'Apple Push Services',
    'Apple Development IOS Push Services: com.example.app': 'Apple Push Services (development)',
    'Apple Production IOS Push Services: com.example.app': 'Apple Push Services',
    'APSP:11111111-2222-3333-4444-555555555555': 'MDM push',
    'Website Push ID: web.com.example': 'Website Push ID',
    'VoIP Services: com.example.app': 'VoIP Services',
    'Developer ID Application: Example (ABCDE12345)': 'Developer ID Application',
    'Developer ID Installer: Example (ABCDE12345)': 'Developer ID Installer',
    'Apple Development: Alex (ABCDE12345)': 'Apple Development',
    'Apple Distribution: Example (ABCDE12345)': 'Apple Distribution',
    'iPhone Developer: Alex (ABCDE12345)': 'iPhone Developer (development)',
    'iPhone Distribution: Example': 'iPhone Distribution',
    'Mac Developer: Alex (ABCDE12345)': 'Mac Developer (development)',
    '3rd Party Mac Developer Application: Example (ABCDE12345)': 'Mac App Distribution',
    '3rd Party Mac Developer Installer: Example (ABCDE12345)': 'Mac Installer Distribution',
    'Apple Pay Merchant Identity:merchant.com.example': 'Apple Pay Merchant Identity',
    'Apple Worldwide Developer Relations Certification Authority': 'Apple WWDR (intermediate)',
    'Apple Root CA': 'Apple Root CA',
  };
  for (const [name, kind] of Object.entries(names)) {
    it(`${name}: ${kind}`, () => {
      assert.equal(mistakenKindOf(named(['CN', name])), kind);
    });
  }

  it('is told by Apple’s extensions where the name says nothing', () => {
    const extensions = [extendedKeyUsage('1.3.6.1.5.5.7.3.3'), marker('1.2.840.113635.100.6.1.13')];
    assert.equal(mistakenKindOf(read(make({ extensions }))), 'Developer ID Application');
    assert.equal(mistakenKindOf(named(['CN', 'localhost'])), undefined);
  });
});
