import { parsed, type Certificate } from './certificate.ts';

/** Several certificates in one text, as a chain file has them. */
export function pemChain(...certificates: Certificate[]): string {
  return certificates.map((certificate) => certificate.pem).join('');
}

/** With line ends of Windows. */
export function withCrlf(pem: string): string {
  return pem.replaceAll('\n', '\r\n');
}

/** With a UTF-8 byte order mark in front, as Windows editors save it. */
export function withByteOrderMark(pem: string): string {
  return `\ufeff${pem}`;
}

/** With the text that `openssl pkcs12` prints around each block. */
export function withBagAttributes(certificate: Certificate, localKeyId = '01 A0 0F'): string {
  const { subject, issuer } = parsed(certificate);
  const oneLine = (name: string): string => `/${name.split('\n').join('/')}`;
  const [, commonName = ''] = certificate.subject.find(([type]) => type === 'CN') ?? [];
  return [
    'Bag Attributes',
    `    friendlyName: ${commonName}`,
    `    localKeyID: ${localKeyId} `,
    `subject=${oneLine(subject)}`,
    '',
    `issuer=${oneLine(issuer)}`,
    '',
    certificate.pem,
  ].join('\n');
}

/** With the line ends written out as backslash and n, as happens to values that go through JSON or an environment file. */
export function withWrittenOutLineEnds(pem: string): string {
  return pem.replaceAll('\n', '\\n');
}
