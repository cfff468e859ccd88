import assert from 'node:assert/strict';
import type { X509Certificate } from 'node:crypto';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { parsed, type Identity } from '../../src/example-credentials/certificate.ts';
import { fabricateRsaKey } from '../../src/example-credentials/fabricated-rsa-key.ts';
import { generateEcKey, generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { issuePassCertificate, type PassCertificateRequest } from '../../src/example-credentials/pass-certificate.ts';
import { extensionIds, extensionValue, readByForge } from './forge-certificate.ts';

const now = new Date('2026-06-01T12:00:00Z');
const key = generateRsaKey();
const authority = createAuthority({ now });
const g4 = authority.wwdr('G4');
const passTypeIdentifier = 'pass.com.example.loyalty';

function issue(changes: Partial<PassCertificateRequest> = {}, issuer: Identity | 'self' = g4): Identity {
  const validity = { notBefore: now, notAfter: new Date('2027-06-30T12:00:00Z') };
  const request = { passTypeIdentifier, teamIdentifier: 'ABCDE12345', ...validity, key, ...changes };
  return issuePassCertificate(issuer, request);
}

function read(changes: Partial<PassCertificateRequest> = {}): X509Certificate {
  return parsed(issue(changes).certificate);
}

describe('an example pass certificate', () => {
  it("bears the subject of a Pass Type ID certificate in Apple's order", () => {
    const subject = [
      `UID=${passTypeIdentifier}`,
      `CN=Pass Type ID: ${passTypeIdentifier}`,
      'OU=ABCDE12345',
      'O=Example Organization',
      'C=US',
    ];
    assert.deepEqual(read().subject.split('\n'), subject);
  });

  it('is issued by the WWDR and by no other of the same name', () => {
    const certificate = read();
    const other = createAuthority({ now }).wwdr('G4');
    assert.ok(certificate.checkIssued(parsed(g4.certificate)));
    assert.ok(certificate.verify(g4.key.publicKey));
    assert.equal(parsed(other.certificate).subject, parsed(g4.certificate).subject);
    assert.equal(certificate.checkIssued(parsed(other.certificate)), false);
    assert.equal(certificate.verify(other.key.publicKey), false);
  });

  it('belongs to its key and is no authority', () => {
    assert.ok(read().checkPrivateKey(key.privateKey));
    assert.equal(read().ca, false);
  });

  it('has the extensions of a real one, in its order', () => {
    assert.deepEqual(extensionIds(readByForge(issue().certificate)), [
      '2.5.29.19',
      '2.5.29.35',
      '1.3.6.1.5.5.7.1.1',
      '2.5.29.32',
      '2.5.29.37',
      '2.5.29.31',
      '2.5.29.14',
      '2.5.29.15',
      '1.2.840.113635.100.6.3.2',
      '1.2.840.113635.100.6.1.16',
    ]);
  });

  it('names the pass type as a UTF8String in its extension', () => {
    const value = extensionValue(readByForge(issue().certificate), '1.2.840.113635.100.6.1.16');
    assert.equal(value, `\x0c${String.fromCharCode(passTypeIdentifier.length)}${passTypeIdentifier}`);
  });

  it('may authenticate clients, sign passes and nothing else', () => {
    assert.deepEqual(read().keyUsage, ['1.3.6.1.5.5.7.3.2', '1.2.840.113635.100.4.14']);
    const usage = readByForge(issue().certificate).getExtension('keyUsage');
    assert.partialDeepStrictEqual(usage, { critical: true, digitalSignature: true, keyCertSign: false });
  });

  it('says where its issuer and its OCSP responder are', () => {
    const ocspUri = 'http://127.0.0.1:8888/ocsp';
    const access = `CA Issuers - URI:http://certs.apple.com/wwdrg4.der\nOCSP - URI:${ocspUri}`;
    assert.equal(read({ ocspUri }).infoAccess?.trim(), access);
  });

  it('has the dates and the serial number that were asked for', () => {
    const certificate = read({ notAfter: new Date('2051-01-02T03:04:05Z'), serialNumber: 0xfe_dcn });
    assert.equal(certificate.validFromDate.toISOString(), '2026-06-01T12:00:00.000Z');
    assert.equal(certificate.validToDate.toISOString(), '2051-01-02T03:04:05.000Z');
    assert.equal(certificate.serialNumber, 'FEDC');
  });

  it('has a serial number of its own each time', () => {
    assert.notEqual(read().serialNumber, read().serialNumber);
  });

  it('lacks what it is told to lack, and nothing else', () => {
    const without = readByForge(issue({ passTypeExtension: null }).certificate);
    const usual = extensionIds(readByForge(issue().certificate));
    assert.deepEqual(extensionIds(without), usual.slice(0, -1));
    assert.deepEqual(read({ passPurpose: false }).keyUsage, ['1.3.6.1.5.5.7.3.2']);
  });

  it('can name another pass type in the extension than in the subject', () => {
    const certificate = readByForge(issue({ passTypeExtension: 'pass.other' }).certificate);
    assert.equal(extensionValue(certificate, '1.2.840.113635.100.6.1.16'), '\x0c\x0apass.other');
  });

  it('signs itself when told to', () => {
    const certificate = parsed(issue({}, 'self').certificate);
    assert.equal(certificate.issuer, certificate.subject);
    assert.ok(certificate.verify(key.publicKey));
  });

  const keys = {
    'ECDSA P-256': { pair: generateEcKey(), details: { namedCurve: 'prime256v1' } },
    'RSA 1024': { pair: generateRsaKey(1024), details: { modulusLength: 1024, publicExponent: 65_537n } },
    'RSA 16384': { pair: fabricateRsaKey(16_384), details: { modulusLength: 16_384, publicExponent: 65_537n } },
  };
  for (const [name, { pair, details }] of Object.entries(keys)) {
    it(`takes a key of ${name}`, () => {
      const certificate = read({ key: pair });
      assert.deepEqual(certificate.publicKey.asymmetricKeyDetails, details);
      assert.ok(certificate.checkPrivateKey(pair.privateKey));
      assert.ok(certificate.verify(g4.key.publicKey));
    });
  }

  it('can be issued by an ECDSA intermediate', () => {
    const g6 = authority.wwdr('G6');
    assert.ok(parsed(issue({}, g6).certificate).verify(g6.key.publicKey));
  });
});
