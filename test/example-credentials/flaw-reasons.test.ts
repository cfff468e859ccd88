import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { credentialTools } from '../../src/adapters/apple/encrypted-key.ts';
import { checkSource } from '../../src/domain/credentials/checks/check-source.ts';
import type { Provider, WalletCredentialSpec } from '../../src/domain/credentials/wallet-credential.ts';
import { appleFlaws, type AppleFlaw } from '../../src/example-credentials/apple-flaws.ts';
import { appleDataKeys, appleForms } from '../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../src/example-credentials/apple-source.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { googleFlaws, type GoogleFlaw } from '../../src/example-credentials/google-flaws.ts';
import { createGoogleSource, googleDataKey } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { toBytes, type SourceData } from '../../src/example-credentials/source-data.ts';

const now = new Date('2026-06-01T12:00:00Z');
const authority = createAuthority({ now });
const appleRoots = [new X509Certificate(authority.root.certificate.der)];
const ids = { passTypeIdentifier: 'pass.com.example.loyalty', teamIdentifier: 'ABCDE12345' };
const key = generateRsaKey();
const account = { privateKey: key.privateKey };

const specs: Record<Provider, Pick<WalletCredentialSpec, Provider>> = {
  apple: { apple: { ...ids, keys: appleDataKeys } },
  google: { google: { issuerId: '3388000000012345678', key: googleDataKey } },
};

/** What the checks say: a reason, a warning's reason, or that they accept. */
function outcomeOf(provider: Provider, data: SourceData): string {
  const spec = {
    ...specs[provider],
    secretRef: { name: 'source' },
    expiry: { warningDays: 30, criticalDays: 7 },
    verification: { online: false, intervalMinutes: 60 },
    revisionHistoryLimit: 3,
  };
  const bytes = Object.fromEntries(Object.entries(data).map(([name, value]) => [name, toBytes(value)]));
  const verdict = checkSource({ name: 'source', spec, data: bytes, now, appleRoots }, credentialTools);
  if (!verdict.accepted) return verdict.reason;
  return verdict.warnings[0]?.reason ?? 'accepted';
}

/** Whoever tries a flaw is told which reason to expect: here the checks themselves are asked. */
describe('the checks on example credentials', () => {
  for (const form of appleForms) {
    it(`accept a good Apple credential: ${form}`, () => {
      assert.equal(outcomeOf('apple', createAppleSource({ ...ids, authority, now, key, form }).data), 'accepted');
    });
  }

  for (const [flaw, { reason, forms = ['pem'] as const }] of Object.entries(appleFlaws)) {
    for (const form of forms) {
      it(`say ${reason} of Apple's ${flaw} in ${form}`, () => {
        const request = { ...ids, authority, now, key, form, flaw: flaw as AppleFlaw };
        assert.equal(outcomeOf('apple', createAppleSource(request).data), reason);
      });
    }
  }

  it('accept a good Google credential', () => {
    assert.equal(outcomeOf('google', createGoogleSource(account).data), 'accepted');
  });

  for (const [flaw, { reason }] of Object.entries(googleFlaws)) {
    it(`say ${reason} of Google's ${flaw}`, () => {
      assert.equal(outcomeOf('google', createGoogleSource({ ...account, flaw: flaw as GoogleFlaw }).data), reason);
    });
  }
});
