import { z } from 'zod';
import type { Credential } from '../../domain/credentials/verdict.ts';
import { Redacted } from '../../domain/redacted.ts';

/** What of a service-account JSON takes part in asking Google. */
export interface ServiceAccount {
  clientEmail: string;
  privateKeyId: string;
  /** PEM, PKCS#8. */
  privateKey: Redacted<string>;
}

const serviceAccountSchema = z.object({
  client_email: z.string(),
  private_key_id: z.string(),
  private_key: z.string(),
});

function parse(text: string): z.infer<typeof serviceAccountSchema> {
  try {
    return serviceAccountSchema.parse(JSON.parse(text));
  } catch {
    // The parser's message quotes its input, which is a private key.
    throw new TypeError('not a Google credential: its google-wallet-sa.json is not a service account');
  }
}

/**
 * The service account and issuer id of a Google credential.
 * @throws TypeError when the credential is not one that passed the offline checks.
 */
export function serviceAccountOf(credential: Credential): { account: ServiceAccount; issuerId: string } {
  const files = credential.files.reveal();
  const fields = parse(files['google-wallet-sa.json'] ?? '');
  const issuerId = files['issuer-id']?.trim();
  if (!issuerId) throw new TypeError('not a Google credential: it has no issuer-id');
  const { client_email: clientEmail, private_key_id: privateKeyId, private_key: privateKey } = fields;
  return { account: { clientEmail, privateKeyId, privateKey: new Redacted(privateKey) }, issuerId };
}
