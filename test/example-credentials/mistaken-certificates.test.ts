import assert from 'node:assert/strict';
import { createPrivateKey } from 'node:crypto';
import forge from 'node-forge';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { parsed } from '../../src/example-credentials/certificate.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import {
  createApnsTokenKey,
  createSigningRequest,
  issueMistakenCertificate,
  type MistakenCertificateKind,
} from '../../src/example-credentials/mistaken-certificates.ts';
import { extensionIds, readByForge } from './forge-certificate.ts';

const now = new Date('2026-06-01T12:00:00Z');
const key = generateRsaKey();
const g4 = createAuthority({ now }).wwdr('G4');
const request = { teamIdentifier: 'ABCDE12345', notBefore: now, notAfter: new Date('2027-06-01T12:00:00Z'), key };
const clientAuthentication = '1.3.6.1.5.5.7.3.2';
const codeSigning = '1.3.6.1.5.5.7.3.3';

describe('what people upload instead of a pass certificate', () => {
  const kinds: [MistakenCertificateKind, string, string, string][] = [
    ['Apple Push Services', 'Apple Push Services: com.example.app', clientAuthentication, '1.2.840.113635.100.6.3.6'],
    [
      'Developer ID Application',
      'Developer ID Application: Example Organization (ABCDE12345)',
      codeSigning,
      '1.2.840.113635.100.6.1.13',
    ],
    ['Apple Development', 'Apple Development: Alex Example (ABCDE12345)', codeSigning, '1.2.840.113635.100.6.1.12'],
    ['iPhone Developer', 'iPhone Developer: Alex Example (ABCDE12345)', codeSigning, '1.2.840.113635.100.6.1.2'],
  ];
  for (const [kind, commonName, purpose, marker] of kinds) {
    it(`makes an ${kind} certificate`, () => {
      const { certificate } = issueMistakenCertificate(g4, kind, request);
      assert.ok(parsed(certificate).subject.split('\n').includes(`CN=${commonName}`));
      assert.deepEqual(parsed(certificate).keyUsage, [purpose]);
      assert.ok(parsed(certificate).verify(g4.key.publicKey));
      const extensions = extensionIds(readByForge(certificate));
      assert.ok(extensions.includes(marker));
      assert.ok(!extensions.includes('1.2.840.113635.100.6.1.16'));
    });
  }

  it('makes a certificate signing request that verifies', () => {
    const pem = createSigningRequest(key);
    assert.match(pem, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    const signingRequest = forge.pki.certificationRequestFromPem(pem, true);
    assert.ok(signingRequest.verify());
    assert.equal(signingRequest.subject.getField('CN').value, 'Example Organization');
  });

  it('makes an APNs token key: EC P-256 in PKCS#8', () => {
    const pem = createApnsTokenKey();
    assert.match(pem, /^-----BEGIN PRIVATE KEY-----\n/);
    assert.deepEqual(createPrivateKey(pem).asymmetricKeyDetails, { namedCurve: 'prime256v1' });
  });
});
