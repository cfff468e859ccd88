import type { Credential, OnlineVerdict } from '../../domain/credentials/verdict.ts';
import { Redacted } from '../../domain/redacted.ts';
import { askApns, type ApnsVerdict } from './apns.ts';
import type { RevocationStatus } from './ocsp.ts';

export interface VerifyAppleDeps {
  /** APNS_URL, such as https://api.push.apple.com: an origin, a path is ignored. */
  apnsUrl: string;
  /** OCSP_URL: in place of the responder that the certificate names. */
  ocspUrl?: string;
  now: () => Date;
  /** For the whole verification; 15 s when absent. OCSP, which comes first, gets a third of it. */
  timeoutMilliseconds?: number;
  signal?: AbortSignal;
}

const defaultTimeoutMilliseconds = 15_000;

interface AppleFiles {
  certificate: string;
  issuer: string;
  key: Redacted<string>;
  topic: string;
}

function filesOf(credential: Credential): AppleFiles {
  const files = credential.files.reveal();
  const file = (name: string): string => {
    const content = files[name];
    if (content === undefined) throw new TypeError(`not an Apple credential: it has no ${name}`);
    return content;
  };
  return {
    certificate: file('signer.pem'),
    issuer: file('wwdr.pem'),
    key: new Redacted(file('signer.key')),
    topic: file('pass-type-identifier').trim(),
  };
}

function within(milliseconds: number, signal: AbortSignal | undefined): AbortSignal {
  const timeout = AbortSignal.timeout(milliseconds);
  return signal ? AbortSignal.any([signal, timeout]) : timeout;
}

/** A half sentence on revocation that follows what APNs said. */
function revocationNote(revocation: Exclude<RevocationStatus, { status: 'revoked' }>): string {
  switch (revocation.status) {
    case 'good':
      return 'it is not revoked';
    case 'unknown':
      return 'the OCSP responder does not know it';
    case 'unreachable':
      return `whether it is revoked is not known (${revocation.message})`;
  }
}

function combine(topic: string, apns: ApnsVerdict, note: string): OnlineVerdict {
  switch (apns.outcome) {
    case 'accepted':
      return { outcome: 'verified', message: `APNs takes the certificate for ${topic}; ${note}.` };
    case 'refused':
      return {
        outcome: 'refused',
        reason: 'CertificateRefused',
        message: `${apns.message}; ${note}. Is it the Pass Type ID certificate of ${topic}, and still listed in the Apple developer account? Otherwise create a new one there.`,
      };
    case 'unreachable':
      return { outcome: 'unreachable', message: `APNs was not reached: ${apns.message}. The certificate: ${note}.` };
  }
}

/**
 * Asks Apple whether it takes a credential: by OCSP whether the certificate is revoked, then APNs whether a push with it
 * is let in.
 *
 * APNs decides. When OCSP is not reached, or does not know the certificate, and APNs takes it, it is verified, and the
 * message says what is not known: APNs itself refuses revoked certificates, and OCSP travels by plain HTTP, which
 * networks block more often.
 * @throws the reason of `deps.signal` when that is aborted: then nothing is known. Everything else is a verdict.
 */
export async function verifyApple(credential: Credential, deps: VerifyAppleDeps): Promise<OnlineVerdict> {
  const { timeoutMilliseconds = defaultTimeoutMilliseconds, signal, now, ocspUrl, apnsUrl } = deps;
  signal?.throwIfAborted();
  const { topic, ...identity } = filesOf(credential);
  const whole = within(timeoutMilliseconds, signal);
  // The ASN.1 library is loaded by those who verify online.
  const { checkRevocation } = await import('./ocsp.ts');
  const revocation = await checkRevocation(identity, {
    ocspUrl,
    now,
    signal: within(Math.ceil(timeoutMilliseconds / 3), whole),
  });
  signal?.throwIfAborted();
  if (revocation.status === 'revoked') {
    const at = revocation.at.toISOString().slice(0, 10);
    const message = `Apple revoked the certificate on ${at} (${revocation.reason}). Create a new one in the Apple developer account.`;
    return { outcome: 'refused', reason: 'CertificateRevoked', message };
  }
  const apns = await askApns({ ...identity, topic }, { apnsUrl, signal: whole });
  signal?.throwIfAborted();
  return combine(topic, apns, revocationNote(revocation));
}
