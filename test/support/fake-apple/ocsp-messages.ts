import { createHash, sign } from 'node:crypto';
import forge from 'node-forge';
import { signatureAlgorithm, type Identity } from '../../../src/example-credentials/certificate.ts';
import {
  bitString,
  element,
  explicit,
  implicit,
  integer,
  nullValue,
  octetString,
  oid,
  sequence,
} from '../../../src/example-credentials/der.ts';
import { encodeName } from '../../../src/example-credentials/distinguished-name.ts';
import { keyIdentifier } from '../../../src/example-credentials/key-pair.ts';
import type { Responder } from './ocsp-responder.ts';

/** OCSP messages (RFC 6960) read and written by other code than the product's, so that a mistake is not made twice. */

export type FakeStatus = 'good' | 'unknown' | { revokedAt: Date; reason?: number };

export interface OcspContent {
  serialNumber: bigint;
  status: FakeStatus;
  thisUpdate: Date;
  /** Absent: newer information is always there. */
  nextUpdate?: Date | undefined;
}

function generalizedTime(instant: Date): Buffer {
  return element(0x18, Buffer.from(instant.toISOString().replace(/\.\d+|[-:T]/g, ''), 'latin1'));
}

function nameHash(issuer: Identity): Buffer {
  return createHash('sha1').update(encodeName(issuer.certificate.subject)).digest();
}

function certId(issuer: Identity, serialNumber: bigint): Buffer {
  return sequence(
    sequence(oid('1.3.14.3.2.26'), nullValue()),
    octetString(nameHash(issuer)),
    octetString(keyIdentifier(issuer.key.publicKey)),
    integer(serialNumber),
  );
}

function encodeStatus(status: FakeStatus): Buffer {
  if (status === 'good') return implicit(0, Buffer.alloc(0));
  if (status === 'unknown') return implicit(2, Buffer.alloc(0));
  const reason = status.reason === undefined ? [] : [explicit(0, element(0x0a, Buffer.of(status.reason)))];
  return explicit(1, generalizedTime(status.revokedAt), ...reason);
}

/** An OCSPResponse of status successful with one signed answer. */
export function encodeOcspResponse(
  issuer: Identity,
  responder: Responder,
  content: OcspContent,
  hash = 'sha256',
): Buffer {
  const { serialNumber, status, thisUpdate, nextUpdate } = content;
  const next = nextUpdate === undefined ? [] : [explicit(0, generalizedTime(nextUpdate))];
  const single = sequence(certId(issuer, serialNumber), encodeStatus(status), generalizedTime(thisUpdate), ...next);
  const { certificate, key } = responder.identity;
  const data = sequence(explicit(1, encodeName(certificate.subject)), generalizedTime(thisUpdate), sequence(single));
  const algorithm =
    hash === 'sha1' ? sequence(oid('1.2.840.113549.1.1.5'), nullValue()) : signatureAlgorithm(key.privateKey);
  const signature = bitString(sign(hash, data, key.privateKey));
  const certificates = responder.certificates.length === 0 ? [] : [explicit(0, sequence(...responder.certificates))];
  const basic = sequence(data, algorithm, signature, ...certificates);
  const bytes = sequence(oid('1.3.6.1.5.5.7.48.1.1'), octetString(basic));
  return sequence(element(0x0a, Buffer.of(0)), explicit(0, bytes));
}

/** An OCSPResponse that is an error: 1 malformedRequest, 2 internalError, 3 tryLater, 5 sigRequired, 6 unauthorized. */
export function encodeOcspError(status: number): Buffer {
  return sequence(element(0x0a, Buffer.of(status)));
}

function children(node: forge.asn1.Asn1 | undefined): forge.asn1.Asn1[] {
  return Array.isArray(node?.value) ? node.value : [];
}

function bytes(node: forge.asn1.Asn1 | undefined): Buffer {
  return Buffer.from(typeof node?.value === 'string' ? node.value : '', 'latin1');
}

/**
 * The serial number that a request for one certificate asks about.
 * @throws the number of the OCSP error with which a strict responder answers: 1 malformed, 6 not a certificate of this issuer.
 */
export function decodeOcspRequest(request: Buffer, issuer: Identity): bigint {
  const root = forge.asn1.fromDer(forge.util.createBuffer(request.toString('latin1')));
  const [toBeSigned] = children(root);
  const [requestList] = children(toBeSigned);
  const [first, ...more] = children(requestList);
  const [algorithm, issuerNameHash, issuerKeyHash, serialNumber] = children(children(first)[0]);
  const hash = forge.asn1.derToOid(bytes(children(algorithm)[0]).toString('latin1'));
  if (more.length > 0 || hash !== '1.3.14.3.2.26') throw new OcspError(1);
  const known =
    bytes(issuerNameHash).equals(nameHash(issuer)) && bytes(issuerKeyHash).equals(keyIdentifier(issuer.key.publicKey));
  if (!known) throw new OcspError(6);
  return BigInt(`0x${bytes(serialNumber).toString('hex')}`);
}

export class OcspError extends Error {
  readonly status: number;

  constructor(status: number) {
    super(`OCSP error ${status}`);
    this.status = status;
  }
}
