import assert from 'node:assert/strict';
import { createPublicKey } from 'node:crypto';
import type { AppleFlaw } from '../../src/example-credentials/apple-flaws.ts';
import type { appleFileFlaws } from '../../src/example-credentials/apple-file-flaws.ts';
import type { AppleMaterial } from '../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../src/example-credentials/apple-source.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { parsed, type Certificate } from '../../src/example-credentials/certificate.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { toBytes } from '../../src/example-credentials/source-data.ts';

const now = new Date('2026-06-01T12:00:00Z');
const authority = createAuthority({ now });
const request = {
  authority,
  now,
  passTypeIdentifier: 'pass.com.example.loyalty',
  teamIdentifier: 'ABCDE12345',
  key: generateRsaKey(),
};

function subjectOf(certificate: Certificate, attribute: string): string | undefined {
  return certificate.subject.find(([type]) => type === attribute)?.[1];
}

function isValid(certificate: Certificate): boolean {
  return certificate.notBefore <= now && now < certificate.notAfter;
}

/** All that the checks look at. */
function factsOf({ signer, signerKey, wwdr }: AppleMaterial): Record<string, unknown> {
  const signing = parsed(signer);
  const issuing = parsed(wwdr);
  return {
    kind: subjectOf(signer, 'CN')?.split(':')[0],
    passType: subjectOf(signer, 'UID'),
    team: subjectOf(signer, 'OU'),
    purpose: signing.keyUsage.join(' '),
    passExtension: signer.der.includes(Buffer.from('2a864886f76364060110', 'hex')),
    keyType: signing.publicKey.asymmetricKeyType,
    bits: signing.publicKey.asymmetricKeyDetails?.modulusLength,
    keyFits: signing.checkPrivateKey(signerKey),
    issued: signing.verify(issuing.publicKey),
    wwdrName: issuing.subject.split('\n').find((line) => /^(OU=G|CN=.* - G)/.test(line)),
    wwdrIsAuthority: issuing.ca,
    wwdrUnderRoot: issuing.verify(authority.root.key.publicKey),
    valid: isValid(signer),
    wwdrValid: isValid(wwdr),
  };
}

const good = factsOf(createAppleSource(request).material);

/** The facts in which a flawed source differs from a good one, with the values that it has instead. */
const differences: Record<Exclude<AppleFlaw, keyof typeof appleFileFlaws>, Record<string, unknown>> = {
  'wrong-key': { keyFits: false },
  'wrong-wwdr': { issued: false, wwdrName: 'CN=Apple Worldwide Developer Relations CA - G2' },
  'old-wwdr': { issued: false, wwdrName: undefined, wwdrValid: false },
  'wwdr-of-other-key': { issued: false, wwdrUnderRoot: false },
  'wwdr-not-ca': { wwdrIsAuthority: false },
  'unknown-root': { wwdrUnderRoot: false },
  'self-signed': { issued: false },
  expired: { valid: false },
  'expired-wwdr': { wwdrName: undefined, wwdrValid: false },
  'not-yet-valid': { valid: false },
  'wrong-team': { team: 'ZZZZZ99999' },
  'wrong-pass-type': { passType: 'pass.com.example.other' },
  'no-pass-extension': { passExtension: false },
  'no-pass-purpose': { purpose: '1.3.6.1.5.5.7.3.2' },
  'push-certificate': {
    kind: 'Apple Push Services',
    passType: 'com.example.app',
    purpose: '1.3.6.1.5.5.7.3.2',
    passExtension: false,
  },
  'developer-id-certificate': {
    kind: 'Developer ID Application',
    passType: 'ABCDE12345',
    purpose: '1.3.6.1.5.5.7.3.3',
    passExtension: false,
  },
  'development-certificate': {
    kind: 'Apple Development',
    passType: 'ABCDE12345',
    purpose: '1.3.6.1.5.5.7.3.3',
    passExtension: false,
  },
  'weak-key': { bits: 1024 },
  'huge-key': { bits: 16_384 },
  'ecdsa-key': { keyType: 'ec', bits: undefined },
};

describe('an example source Secret for Apple', () => {
  it('is good without a flaw', () => {
    assert.deepEqual(good, {
      kind: 'Pass Type ID',
      passType: 'pass.com.example.loyalty',
      team: 'ABCDE12345',
      purpose: '1.3.6.1.5.5.7.3.2 1.2.840.113635.100.4.14',
      passExtension: true,
      keyType: 'rsa',
      bits: 2048,
      keyFits: true,
      issued: true,
      wwdrName: 'OU=G4',
      wwdrIsAuthority: true,
      wwdrUnderRoot: true,
      valid: true,
      wwdrValid: true,
    });
  });

  for (const [flaw, difference] of Object.entries(differences) as [keyof typeof differences, object][]) {
    it(`is flawed only in one way: ${flaw}`, () => {
      assert.deepEqual(factsOf(createAppleSource({ ...request, flaw }).material), { ...good, ...difference });
    });
  }

  it('lasts as long as it is told', () => {
    const { signer } = createAppleSource({ ...request, validDays: 5 }).material;
    assert.equal(signer.notAfter.toISOString(), '2026-06-06T12:00:00.000Z');
  });

  it('holds its certificate and no other key', () => {
    const { data, material } = createAppleSource(request);
    assert.equal(toBytes(data['signer.pem']).toString(), material.signer.pem);
    assert.ok(createPublicKey(toBytes(data['signer.key'])).equals(request.key.publicKey));
  });
});
