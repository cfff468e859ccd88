import { verify, X509Certificate, type KeyObject } from 'node:crypto';

/** What a responder signed, as it came over the wire. */
export interface SignedData {
  data: Uint8Array;
  /** Object identifier of the signature algorithm. */
  algorithm: string;
  signature: Uint8Array;
  /** DER certificates that came along; one may be the responder's. */
  certificates: readonly Uint8Array[];
}

/** RSA (PKCS#1 v1.5) and ECDSA by object identifier. SHA-1 is left out: a signature with it proves nothing any more. */
const digests: Readonly<Record<string, string>> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
};

const ocspSigning = '1.3.6.1.5.5.7.3.9';

function signedBy(key: KeyObject, { data, algorithm, signature }: SignedData): boolean {
  const digest = digests[algorithm];
  if (digest === undefined) return false;
  try {
    return verify(digest, data, key, signature);
  } catch {
    // A key of another kind than the algorithm says.
    return false;
  }
}

function parse(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

/** RFC 6960 section 4.2.2.2: the issuer gave this certificate for signing OCSP answers, and it is valid now. */
function mayAnswerFor(issuer: X509Certificate, responder: X509Certificate, now: Date): boolean {
  return (
    responder.checkIssued(issuer) &&
    responder.verify(issuer.publicKey) &&
    // What Node calls keyUsage is the extended key usage.
    (responder.keyUsage ?? []).includes(ocspSigning) &&
    responder.validFromDate <= now &&
    now <= responder.validToDate
  );
}

/**
 * What is wrong with the signature of an OCSP answer; undefined when the issuer signed it, or a responder to whom the
 * issuer gave a certificate with the OCSPSigning purpose.
 */
export function signatureProblem(signed: SignedData, issuer: X509Certificate, now: Date): string | undefined {
  if (!(signed.algorithm in digests)) return 'it is signed with an algorithm that is not accepted';
  if (signedBy(issuer.publicKey, signed)) return undefined;
  const responders = signed.certificates.flatMap((der) => parse(der) ?? []);
  const signer = responders.find((responder) => signedBy(responder.publicKey, signed));
  if (signer === undefined) return 'its signature is not of the issuer, nor of a certificate that came with it';
  return mayAnswerFor(issuer, signer, now) ? undefined : 'its signer may not answer for the issuer';
}
