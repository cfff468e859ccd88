import assert from 'node:assert/strict';
import { appleFlaws, type AppleFlaw } from '../../../../src/example-credentials/apple-flaws.ts';
import { appleForms, type AppleForm } from '../../../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../../../src/example-credentials/apple-source.ts';
import { daysAfter } from '../../../../src/example-credentials/days.ts';
import { issueWwdr } from '../../../../src/example-credentials/wwdr-certificate.ts';
import {
  accepted,
  appleData,
  appleSpec,
  authority,
  check,
  issue,
  material,
  now,
  passTypeIdentifier,
  passphrase,
  signer,
  signerKey,
  teamIdentifier,
} from './check-examples.ts';

/** What the message of each flaw has to say besides what was expected: the diagnosis. */
const diagnoses: Record<AppleFlaw, RegExp> = {
  'wrong-key':
    /does not belong to (the certificate in signer\.pem|any certificate in it): the key of "Pass Type ID: pass/,
  'wrong-wwdr': /signer was issued by G4, the Secret holds G2\. Put G4 there/,
  'old-wwdr': /signer was issued by G4, the Secret holds G1\. Put G4 there/,
  'wwdr-of-other-key': /signer was issued by G4, the Secret holds another G4 with another key/,
  'wwdr-not-ca': /WWDR certificate G4 .* may not issue certificates/,
  'unknown-root': /WWDR certificate G4 .* does not chain to an Apple root.*APPLE_ROOTS_FILE/,
  'self-signed': /issued by itself \(self-signed\), the Secret holds G4/,
  expired: /signer certificate "Pass Type ID: .* expired at 2026-05-31T12:00:00Z\. Renew it/,
  'expired-wwdr': /WWDR certificate G1 .* expired at 2025-06-01T12:00:00Z\./,
  'not-yet-valid': /signer certificate "Pass Type ID: .* is not valid before 2026-06-02T12:00:00Z/,
  'wrong-team': /is of team ZZZZZ99999; spec\.apple\.teamIdentifier is ABCDE12345/,
  'wrong-pass-type': /is for pass type pass\.com\.example\.other; .* is pass\.com\.example\.loyalty/,
  'no-pass-extension': /expected a Pass Type ID certificate: it lacks the extension 1\.2\.840\.113635\.100\.6\.1\.16/,
  'no-pass-purpose':
    /expected a Pass Type ID certificate: it lacks the extended key usage 1\.2\.840\.113635\.100\.4\.14/,
  'push-certificate': /the Apple Push Services certificate "Apple Push Services: com\.example\.app"/,
  'developer-id-certificate': /the Developer ID Application certificate/,
  'development-certificate': /the Apple Development certificate/,
  'weak-key': /RSA key of 1024 bits; at least 2048/,
  'huge-key': /RSA key of 16384 bits; at most 8192/,
  'ecdsa-key': /key of type ECDSA P-256; Apple's pass certificates have RSA keys/,
  'missing-key': /has no data key signer\.key; it holds/,
  'empty-certificate': /has nothing under signer\.pem; it holds/,
  'too-large': /signer\.pem of Secret wallet-source has 131072 bytes; at most 65536/,
  ambiguous: /signer\.p12 of Secret wallet-source and signer\.pem both hold a signer/,
  'too-expensive': /10,000,000 iterations of key derivation; at most 600,000/,
  'too-many-certificates': /holds 11 certificates; at most 10/,
  'malformed-certificate': /cut off/,
  'malformed-key': /cut off/,
  'malformed-pkcs12': /cut off|not DER/,
  'signing-request': /a certificate signing request \(CSR\).*developer\.apple\.com/,
  'token-key': /token key files \(\.p8\) of APNs/,
  swapped: /holds an? (encrypted )?private key; .* private key under signer\.key/,
  'twice-encoded': /base64-encoded twice/,
  'written-out-line-ends': /line breaks are written out as \\n/,
  'missing-passphrase': /the Secret has no passphrase under passphrase/,
  'wrong-passphrase': /the passphrase under passphrase does not open it/,
};

function flawed(flaw: AppleFlaw, form: AppleForm) {
  return createAppleSource({ authority, passTypeIdentifier, teamIdentifier, now, key: signerKey, flaw, form });
}

describe('reasons of an Apple source', () => {
  for (const [name, { reason, forms = appleForms }] of Object.entries(appleFlaws)) {
    const flaw = name as AppleFlaw;
    for (const form of forms) {
      it(`${reason}: ${name} as ${form}`, () => {
        const verdict = check(flawed(flaw, form).data);
        const [found, message] = verdict.accepted
          ? [verdict.warnings[0]?.reason, verdict.warnings[0]?.message ?? '']
          : [verdict.reason, verdict.message];
        assert.equal(found, reason, message);
        assert.match(message, diagnoses[flaw]);
      });
    }
  }
});

describe('an accepted Apple source', () => {
  for (const form of appleForms) {
    it(`is accepted as ${form}, and has the same fingerprint and files in every form`, () => {
      const credential = accepted(appleData(form));
      const pem = accepted(appleData('pem'));
      assert.equal(credential.fingerprint, pem.fingerprint);
      assert.deepEqual(credential.files.reveal(), pem.files.reveal());
    });
  }

  it('holds normalized files', () => {
    const { signer: certificate, wwdr } = material();
    assert.deepEqual(accepted(appleData('der')).files.reveal(), {
      'signer.pem': certificate.pem,
      'signer.key': signerKey.privateKey.export({ type: 'pkcs8', format: 'pem' }),
      'wwdr.pem': wwdr.pem,
      'pass-type-identifier': passTypeIdentifier,
      'team-identifier': teamIdentifier,
    });
  });

  it('is accepted again as what was made of it', () => {
    const { files, fingerprint } = accepted(appleData('pkcs12'));
    assert.equal(accepted(files.reveal()).fingerprint, fingerprint);
  });

  it('names certificates, issuers and dates', () => {
    const { certificates, expiresAt } = accepted(appleData());
    assert.deepEqual(
      certificates.map(({ role, subject, issuer, notBefore, notAfter }) => ({
        role,
        subject,
        issuer,
        notBefore,
        notAfter,
      })),
      [
        {
          role: 'signer',
          subject: `UID=${passTypeIdentifier}, CN=Pass Type ID: ${passTypeIdentifier}, OU=ABCDE12345, O=Example Organization, C=US`,
          issuer: 'CN=Apple Worldwide Developer Relations Certification Authority, OU=G4, O=Apple Inc., C=US',
          notBefore: '2026-05-22T12:00:00Z',
          notAfter: '2027-06-20T12:00:00Z',
        },
        {
          role: 'wwdr',
          subject: 'CN=Apple Worldwide Developer Relations Certification Authority, OU=G4, O=Apple Inc., C=US',
          issuer: 'C=US, O=Orion Example, OU=Throw-away certificates for trials, CN=Orion Example Root CA',
          notBefore: '2021-06-02T12:00:00Z',
          notAfter: '2031-05-31T12:00:00Z',
        },
      ],
    );
    assert.equal(expiresAt, '2027-06-20T12:00:00Z');
    for (const { fingerprint, serialNumber } of certificates) {
      assert.match(fingerprint, /^[0-9a-f]{64}$/);
      assert.match(serialNumber, /^[0-9A-F]+$/);
    }
  });

  it('expires with its WWDR where that is earlier', () => {
    const { key } = authority.wwdr('G4');
    const validity = { notBefore: daysAfter(now, -1), notAfter: daysAfter(now, 5) };
    const wwdr = issueWwdr(authority.root, { generation: 'G4', key, ...validity }).certificate;
    assert.equal(accepted(appleData('pem', { wwdr })).expiresAt, '2026-06-06T12:00:00Z');
  });

  it('has another fingerprint for another pass type or team', () => {
    const fingerprints = ['pass.com.example.loyalty', 'pass.com.example.other'].map((other) => {
      const spec = { ...appleSpec, apple: { ...appleSpec.apple!, passTypeIdentifier: other } };
      const { certificate } = issue({ passTypeIdentifier: other });
      return accepted(appleData('pem', { signer: certificate }), spec).fingerprint;
    });
    assert.notEqual(fingerprints[0], fingerprints[1]);
  });

  it('never prints its key', () => {
    const text = JSON.stringify(check(appleData('pem-encrypted')));
    assert.match(text, /"files":"\[redacted\]"/);
    assert.doesNotMatch(text, new RegExp(`PRIVATE|${passphrase}`));
  });
});

describe('validity of an Apple source', () => {
  const { notBefore, notAfter } = signer.certificate;
  const secondsAfter = (date: Date, seconds: number): Date => new Date(date.getTime() + seconds * 1_000);

  it('begins at notBefore and ends at notAfter', () => {
    const reasonAt = (at: Date): string => {
      const verdict = check(appleData(), appleSpec, at);
      return verdict.accepted ? 'accepted' : verdict.reason;
    };
    assert.equal(reasonAt(secondsAfter(notBefore, -1)), 'NotYetValid');
    assert.equal(reasonAt(notBefore), 'accepted');
    assert.equal(reasonAt(secondsAfter(notAfter, -1)), 'accepted');
    assert.equal(reasonAt(notAfter), 'Expired');
  });

  it('says when a source that is not valid yet may be tried again: when the last certificate is valid', () => {
    const { key } = authority.wwdr('G4');
    const validity = { notBefore: daysAfter(now, 3), notAfter: daysAfter(now, 500) };
    const wwdr = issueWwdr(authority.root, { generation: 'G4', key, ...validity }).certificate;
    const { certificate } = issue({ notBefore: daysAfter(now, 2) });
    const verdict = check(appleData('pem', { wwdr, signer: certificate }));
    assert.ok(!verdict.accepted);
    assert.equal(verdict.reason, 'NotYetValid');
    assert.match(verdict.message, /WWDR certificate G4 .* is not valid before 2026-06-04T12:00:00Z/);
    assert.equal(verdict.retryAt, '2026-06-04T12:00:00Z');
  });

  it('names both certificates when both have expired', () => {
    const wwdr = authority.wwdr('G1');
    const { certificate } = issue({ notBefore: daysAfter(now, -400), notAfter: daysAfter(now, -6) }, wwdr);
    const verdict = check(appleData('pem', { wwdr: wwdr.certificate, signer: certificate }));
    assert.ok(!verdict.accepted);
    assert.match(
      verdict.message,
      /signer certificate .* expired at 2026-05-26.* WWDR certificate G1 .* expired at 2025-06-01/,
    );
  });
});
