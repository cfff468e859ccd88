import { X509Certificate } from 'node:crypto';
import { attempt, readElement, type Element } from './der.ts';
import { bitsOf, childrenOf, explicitly, identifierOf, is, octetsOf, tags } from './der-values.ts';
import { formatName, readName, type DistinguishedName } from './distinguished-name.ts';
import { cleaned } from './quote.ts';
import { readPublicKey, type PublicKey } from './public-key.ts';
import { kubernetesTime } from '../instants.ts';
import type { CertificateRole, CertificateSummary } from '../wallet-credential.ts';

/** An X.509 certificate as far as the checks look at it. */
export interface Certificate {
  der: Uint8Array;
  x509: X509Certificate;
  subject: DistinguishedName;
  issuer: DistinguishedName;
  publicKey: PublicKey;
  notBefore: Date;
  notAfter: Date;
  /** Object identifiers of all extensions. */
  extensions: ReadonlySet<string>;
  /** Object identifiers of the extended key usage. */
  purposes: readonly string[];
  /** Lower-case hexadecimal. */
  authorityKeyIdentifier?: string;
  subjectKeyIdentifier?: string;
  /** By basicConstraints, and keyUsage where there is one. */
  mayIssue: boolean;
}

const extensionTypes = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;

/** Reads one DER certificate. Undefined: it cannot be read. */
export function readCertificate(der: Uint8Array): Certificate | undefined {
  const parts = attempt(() => readParts(der));
  const x509 = parts && openX509(der);
  if (!parts || !x509) return undefined;
  const { validFromDate: notBefore, validToDate: notAfter } = x509;
  if (Number.isNaN(notBefore.getTime()) || Number.isNaN(notAfter.getTime())) return undefined;
  return { ...parts, x509, notBefore, notAfter };
}

function openX509(der: Uint8Array): X509Certificate | undefined {
  try {
    return new X509Certificate(der);
  } catch {
    return undefined;
  }
}

type Parts = Omit<Certificate, 'x509' | 'notBefore' | 'notAfter'>;

function readParts(bytes: Uint8Array): Parts {
  const certificate = readElement(bytes);
  const fields = childrenOf(childrenOf(certificate)[0]);
  // Version 1 certificates have no version field.
  const [, , issuer, , subject, publicKey, ...rest] = is(fields[0], 0, 'context') ? fields.slice(1) : fields;
  const extensions = readExtensions(rest.find((field) => is(field, 3, 'context')));
  return {
    der: certificate.encoding,
    subject: readName(subject),
    issuer: readName(issuer),
    publicKey: readPublicKey(publicKey),
    extensions: new Set(extensions.keys()),
    ...meaningOf(extensions),
  };
}

function readExtensions(wrapped: Element | undefined): ReadonlyMap<string, Uint8Array> {
  if (!wrapped) return new Map();
  return new Map(
    childrenOf(explicitly(wrapped, 3)).map((extension) => {
      const parts = childrenOf(extension);
      return [identifierOf(parts[0]), octetsOf(parts.at(-1))];
    }),
  );
}

type Meaning = Pick<Parts, 'purposes' | 'authorityKeyIdentifier' | 'subjectKeyIdentifier' | 'mayIssue'>;

function meaningOf(extensions: ReadonlyMap<string, Uint8Array>): Meaning {
  const read = (name: keyof typeof extensionTypes): Element | undefined => {
    const value = extensions.get(extensionTypes[name]);
    return value && readElement(value);
  };
  const subjectKey = read('subjectKeyIdentifier');
  const authorityKey = read('authorityKeyIdentifier')?.children?.find((child) => is(child, 0, 'context'));
  return {
    purposes: (read('extendedKeyUsage')?.children ?? []).map(identifierOf),
    mayIssue: isAuthority(read('basicConstraints')) && maySignCertificates(read('keyUsage')),
    ...(subjectKey ? { subjectKeyIdentifier: hexadecimal(octetsOf(subjectKey)) } : {}),
    ...(authorityKey ? { authorityKeyIdentifier: hexadecimal(authorityKey.contents) } : {}),
  };
}

function isAuthority(constraints: Element | undefined): boolean {
  const first = constraints?.children?.[0];
  return is(first, tags.boolean) && first.contents[0] !== 0;
}

/** keyCertSign is bit 5; a certificate without keyUsage may do anything. */
function maySignCertificates(usage: Element | undefined): boolean {
  return usage === undefined || ((bitsOf(usage)[0] ?? 0) & 0x04) !== 0;
}

function hexadecimal(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** What the status says of a certificate. */
export function summarize(role: CertificateRole, certificate: Certificate): CertificateSummary {
  const { subject, issuer, notBefore, notAfter, x509 } = certificate;
  return {
    role,
    subject: formatName(subject),
    issuer: formatName(issuer),
    // 20 octets at most (RFC 5280), but whoever made the certificate may have written more.
    serialNumber: cleaned(x509.serialNumber),
    notBefore: kubernetesTime(notBefore),
    notAfter: kubernetesTime(notAfter),
    fingerprint: x509.fingerprint256.replaceAll(':', '').toLowerCase(),
  };
}
