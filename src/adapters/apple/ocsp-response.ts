import type { X509Certificate } from 'node:crypto';
import {
  id_pkix_ocsp_basic,
  OCSPResponse,
  OCSPResponseStatus,
  ResponseData,
  type CertID,
  type SingleResponse,
} from '@peculiar/asn1-ocsp';
import { AsnConvert, AsnProp, AsnPropTypes } from '@peculiar/asn1-schema';
import { AlgorithmIdentifier, CRLReasons } from '@peculiar/asn1-x509';
import { signatureProblem } from './ocsp-signature.ts';

/** What an OCSP answer says; `unusable` answers say nothing, and why. */
export type OcspAnswer =
  | { status: 'good' }
  | { status: 'revoked'; at: Date; reason: string }
  | { status: 'unknown' }
  | { status: 'unusable'; problem: string };

export interface OcspQuestion {
  certId: CertID;
  issuer: X509Certificate;
  now: Date;
}

/** Seconds that the responder's clock and ours may differ. */
const clockToleranceSeconds = 300;
/** Seconds for which an answer without nextUpdate is taken for news. */
const defaultValiditySeconds = 86_400;

/**
 * BasicOCSPResponse of RFC 6960 section 4.2.1 with its signed part and its certificates as they came: the library's own
 * class parses them, and what is written out again need not be what was signed.
 */
class SignedResponse {
  declare tbsResponseData: ArrayBuffer;
  declare signatureAlgorithm: AlgorithmIdentifier;
  declare signature: ArrayBuffer;
  declare certs?: ArrayBuffer[];
}
AsnProp({ type: AsnPropTypes.Any })(SignedResponse.prototype, 'tbsResponseData');
AsnProp({ type: AlgorithmIdentifier })(SignedResponse.prototype, 'signatureAlgorithm');
AsnProp({ type: AsnPropTypes.BitString })(SignedResponse.prototype, 'signature');
AsnProp({ type: AsnPropTypes.Any, repeated: 'sequence', context: 0, optional: true })(
  SignedResponse.prototype,
  'certs',
);

function sameBytes(one: ArrayBuffer, other: ArrayBuffer): boolean {
  return Buffer.from(one).equals(Buffer.from(other));
}

function sameCertificate(one: CertID, other: CertID): boolean {
  return (
    one.hashAlgorithm.algorithm === other.hashAlgorithm.algorithm &&
    sameBytes(one.issuerNameHash.buffer, other.issuerNameHash.buffer) &&
    sameBytes(one.issuerKeyHash.buffer, other.issuerKeyHash.buffer) &&
    sameBytes(one.serialNumber, other.serialNumber)
  );
}

function timeProblem({ thisUpdate, nextUpdate }: SingleResponse, now: Date): string | undefined {
  const tolerance = clockToleranceSeconds * 1000;
  const until = nextUpdate?.getTime() ?? thisUpdate.getTime() + defaultValiditySeconds * 1000;
  if (thisUpdate.getTime() > now.getTime() + tolerance) return 'it is of the future; is the clock right?';
  if (until < now.getTime() - tolerance) return 'it is out of date; is the clock right?';
  return undefined;
}

function statusOf({ certStatus }: SingleResponse): OcspAnswer {
  const { revoked } = certStatus;
  if (!revoked) return { status: 'good' in certStatus ? 'good' : 'unknown' };
  const reason = CRLReasons[revoked.revocationReason?.reason ?? CRLReasons.unspecified] ?? 'unspecified';
  return { status: 'revoked', at: revoked.revocationTime, reason };
}

function readSigned(der: ArrayBuffer, { certId, issuer, now }: OcspQuestion): OcspAnswer {
  const { tbsResponseData, signatureAlgorithm, signature, certs = [] } = AsnConvert.parse(der, SignedResponse);
  const signed = {
    data: new Uint8Array(tbsResponseData),
    algorithm: signatureAlgorithm.algorithm,
    signature: new Uint8Array(signature),
    certificates: certs.map((certificate) => new Uint8Array(certificate)),
  };
  const problem = signatureProblem(signed, issuer, now);
  if (problem !== undefined) return { status: 'unusable', problem };
  const { responses } = AsnConvert.parse(tbsResponseData, ResponseData);
  const response = responses.find((single) => sameCertificate(single.certID, certId));
  if (!response) return { status: 'unusable', problem: 'it is about another certificate' };
  const outdated = timeProblem(response, now);
  return outdated === undefined ? statusOf(response) : { status: 'unusable', problem: outdated };
}

/**
 * Reads an OCSPResponse (RFC 6960 section 4.2, DER) and believes it only when the issuer, or a responder that the issuer
 * appointed, signed it for this certificate, and it holds now.
 */
export function readOcspResponse(der: Uint8Array, question: OcspQuestion): OcspAnswer {
  try {
    const { responseStatus, responseBytes } = AsnConvert.parse(der, OCSPResponse);
    if (responseStatus !== OCSPResponseStatus.successful) {
      return {
        status: 'unusable',
        problem: `it is the error ${OCSPResponseStatus[responseStatus] ?? 'of an unknown number'}`,
      };
    }
    if (responseBytes?.responseType !== id_pkix_ocsp_basic)
      return { status: 'unusable', problem: 'it is of an unknown type' };
    return readSigned(responseBytes.response.buffer, question);
  } catch {
    // The parser's own message quotes what it read.
    return { status: 'unusable', problem: 'it is not an OCSP response' };
  }
}
