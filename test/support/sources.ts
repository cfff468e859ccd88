import type { WalletCredentialSpec } from '../../src/domain/credentials/wallet-credential.ts';
import type { AppleFlaw } from '../../src/example-credentials/apple-flaws.ts';
import type { AppleForm } from '../../src/example-credentials/apple-material.ts';
import { createAppleSource } from '../../src/example-credentials/apple-source.ts';
import { type CertificateAuthority, createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { generateRsaKey, type KeyPair } from '../../src/example-credentials/key-pair.ts';
import type { SourceData } from '../../src/example-credentials/source-data.ts';

/** One authority and one RSA key for a whole test process: making a key is slow, a certificate is not. */
export interface Sources {
  authority: CertificateAuthority;
  /** PEM, for APPLE_ROOTS_FILE. */
  rootPem: string;
  /** A new certificate each time, so a new credential. */
  apple(options?: { flaw?: AppleFlaw; form?: AppleForm; validDays?: number; key?: KeyPair; now?: Date }): SourceData;
}

export const passTypeIdentifier = 'pass.com.example.loyalty';
export const teamIdentifier = 'ABCDE12345';
export const issuerId = '3388000000012345678';

export function createSources(now = new Date()): Sources {
  const authority = createAuthority({ now });
  const key = generateRsaKey();
  return {
    authority,
    rootPem: authority.root.certificate.pem,
    apple: (options = {}) =>
      createAppleSource({ authority, now, key, passTypeIdentifier, teamIdentifier, ...options }).data,
  };
}

/** What a person writes: the defaults are the CRD's. */
export function appleSpec(
  secretName: string,
  extra: Partial<Record<keyof WalletCredentialSpec, unknown>> = {},
): object {
  return { secretRef: { name: secretName }, apple: { passTypeIdentifier, teamIdentifier }, ...extra };
}

export function googleSpec(
  secretName: string,
  extra: Partial<Record<keyof WalletCredentialSpec, unknown>> = {},
): object {
  return { secretRef: { name: secretName }, google: { issuerId }, ...extra };
}
