import type { Credential } from '../../../src/domain/credentials/verdict.ts';
import { Redacted } from '../../../src/domain/redacted.ts';
import type { Identity } from '../../../src/example-credentials/certificate.ts';

/** The credential that reading a good source gives, for tests of what comes after. */
export function appleCredential(signer: Identity, wwdr: Identity, passTypeIdentifier: string): Credential {
  return {
    provider: 'apple',
    files: new Redacted({
      'signer.pem': signer.certificate.pem,
      'signer.key': signer.key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      'wwdr.pem': wwdr.certificate.pem,
      'pass-type-identifier': passTypeIdentifier,
      'team-identifier': 'ABCDE12345',
    }),
    fingerprint: '0'.repeat(64),
    certificates: [],
    expiresAt: signer.certificate.notAfter.toISOString(),
  };
}
