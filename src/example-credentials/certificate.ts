import { randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';
import { bitString, explicit, integer, nullValue, oid, sequence, time, type Der } from './der.ts';
import { encodeName, type DistinguishedName } from './distinguished-name.ts';
import type { KeyPair } from './key-pair.ts';
import { toPem } from './pem.ts';

export interface Certificate {
  der: Buffer;
  /** One PEM block, LF. */
  pem: string;
  subject: DistinguishedName;
  notBefore: Date;
  notAfter: Date;
}

/** What Keychain Access calls an identity: a certificate and the key that belongs to it. */
export interface Identity {
  certificate: Certificate;
  key: KeyPair;
}

export interface CertificateContent {
  subject: DistinguishedName;
  /** The subject's public key; its private half is not needed. */
  publicKey: KeyObject;
  /** Whose name the certificate bears as issuer; it need not fit `signingKey`. */
  issuer: DistinguishedName;
  signingKey: KeyObject;
  /** Whole seconds: X.509 knows no fractions. */
  notBefore: Date;
  notAfter: Date;
  /** Default: 64 random bits, as Apple's. */
  serialNumber?: bigint | undefined;
  extensions: readonly Der[];
}

export function randomSerialNumber(): bigint {
  return BigInt(`0x${randomBytes(8).toString('hex')}`) | 1n;
}

/** AlgorithmIdentifier of a SHA-256 signature by this key. */
export function signatureAlgorithm(key: KeyObject): Der {
  return key.asymmetricKeyType === 'ec'
    ? sequence(oid('1.2.840.10045.4.3.2'))
    : sequence(oid('1.2.840.113549.1.1.11'), nullValue());
}

/** Encodes and signs (SHA-256) one X.509 v3 certificate. Nothing is checked: contradictory content is what tests are made of. */
export function issueCertificate(content: CertificateContent): Certificate {
  const algorithm = signatureAlgorithm(content.signingKey);
  const toBeSigned = sequence(
    explicit(0, integer(2)),
    integer(content.serialNumber ?? randomSerialNumber()),
    algorithm,
    encodeName(content.issuer),
    sequence(time(content.notBefore), time(content.notAfter)),
    encodeName(content.subject),
    content.publicKey.export({ type: 'spki', format: 'der' }),
    ...(content.extensions.length > 0 ? [explicit(3, sequence(...content.extensions))] : []),
  );
  const signature = sign('sha256', toBeSigned, content.signingKey);
  const der = sequence(toBeSigned, algorithm, bitString(signature));
  const { subject, notBefore, notAfter } = content;
  return { der, pem: toPem('CERTIFICATE', der), subject, notBefore, notAfter };
}

/** The certificate as Node reads it. */
export function parsed(certificate: Certificate): X509Certificate {
  return new X509Certificate(certificate.der);
}
