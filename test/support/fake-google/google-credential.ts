import type { Credential } from '../../../src/domain/credentials/verdict.ts';
import { Redacted } from '../../../src/domain/redacted.ts';
import { toJsonFile, type ServiceAccount } from '../../../src/example-credentials/service-account.ts';

/** The credential that reading a good source gives, for tests of what comes after. */
export function googleCredential(account: ServiceAccount, issuerId: string): Credential {
  return {
    provider: 'google',
    files: new Redacted({ 'google-wallet-sa.json': toJsonFile(account), 'issuer-id': issuerId }),
    fingerprint: '0'.repeat(64),
    certificates: [],
    key: { id: account.private_key_id, clientEmail: account.client_email },
  };
}
