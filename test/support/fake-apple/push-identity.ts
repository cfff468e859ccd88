import { createHash } from 'node:crypto';
import type { PushIdentity } from '../../../src/adapters/apple/push/identity.ts';
import { Redacted } from '../../../src/domain/redacted.ts';
import type { Identity } from '../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { issuePassCertificate } from '../../../src/example-credentials/pass-certificate.ts';

/** A pass certificate with a key of its own, as a credential folder gives it to what pushes. */
export function createPushIdentity(wwdr: Identity, topic: string, now = new Date()): PushIdentity {
  const { certificate, key } = issuePassCertificate(wwdr, {
    passTypeIdentifier: topic,
    teamIdentifier: 'ABCDE12345',
    key: generateRsaKey(),
    notBefore: daysAfter(now, -30),
    notAfter: daysAfter(now, 364),
  });
  const pem = key.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  return {
    certificate: certificate.pem,
    issuer: wwdr.certificate.pem,
    key: new Redacted(pem),
    topic,
    fingerprint: createHash('sha256').update(certificate.der).digest('hex'),
  };
}
