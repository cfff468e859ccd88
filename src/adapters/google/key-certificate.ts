import { createPrivateKey, X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { kubernetesTime } from '../../domain/credentials/instants.ts';
import type { GoogleAnswer, GoogleClient } from './google-client.ts';
import type { ServiceAccount } from './service-account.ts';

/** What Google publishes about a service-account key. RFC 3339, UTC, whole seconds. */
export type KeyCertificate =
  | { found: 'key'; createdAt: string; expiresAt?: string }
  /** Google publishes no such key: it was deleted or disabled, or the account was. */
  | { found: 'nothing' }
  /** The look-up failed; nothing is known. */
  | { found: 'unknown' };

const certificatesSchema = z.record(z.string(), z.string());

/** Keys that do not expire have a certificate until the last second of 9999 (RFC 5280 section 4.1.2.5: no well-defined end). */
const firstYearOfNever = 9999;

function read(pem: string, { privateKey }: ServiceAccount): KeyCertificate {
  try {
    const certificate = new X509Certificate(pem);
    if (!certificate.checkPrivateKey(createPrivateKey(privateKey.reveal()))) return { found: 'unknown' };
    const createdAt = kubernetesTime(certificate.validFromDate);
    if (certificate.validToDate.getUTCFullYear() >= firstYearOfNever) return { found: 'key', createdAt };
    return { found: 'key', createdAt, expiresAt: kubernetesTime(certificate.validToDate) };
  } catch {
    return { found: 'unknown' };
  }
}

function interpret({ status, body }: GoogleAnswer, account: ServiceAccount): KeyCertificate {
  if (status === 404) return { found: 'nothing' };
  const certificates = status === 200 ? certificatesSchema.safeParse(body).data : undefined;
  if (certificates === undefined) return { found: 'unknown' };
  const pem = certificates[account.privateKeyId];
  return pem === undefined ? { found: 'nothing' } : read(pem, account);
}

/**
 * Looks up the public certificate that Google keeps for a key: a Google key carries no date, its certificate does.
 * It ends when an organisation limits the life of keys (`constraints/iam.serviceAccountKeyExpiryHours`), else never.
 * Never throws: the look-up informs, it does not decide.
 */
export async function lookUpKeyCertificate(google: GoogleClient, account: ServiceAccount): Promise<KeyCertificate> {
  try {
    return interpret(await google.keyCertificates(), account);
  } catch {
    return { found: 'unknown' };
  }
}
