import { readCertificate, type Certificate } from './certificate.ts';
import { nounsOf, readContents, reasonOf, type Item } from './contents.ts';
import { found, refuse, type Reading } from './finding.ts';
import { limits } from './limits.ts';
import { excessOf } from './public-key.ts';
import { place, type SourceFile, type SourceSecret } from './source-file.ts';

/** What a data key is for, in the words of its messages. */
export interface CertificateFileRole {
  /** As in "expected the Pass Type ID certificate". */
  expected: string;
  /** What to do when something else is there, by what is there. */
  advice: Partial<Record<Item['form'], string>>;
}

/** Reads every certificate of a file, PEM or DER. */
export function readCertificateFile(
  secret: SourceSecret,
  file: SourceFile,
  role: CertificateFileRole,
): Reading<Certificate[]> {
  const where = place(secret, file.key);
  const contents = readContents(file.bytes);
  if ('mistake' in contents) {
    const { mistake, advice = 'Put the certificate there as it was downloaded, in PEM or DER.' } = contents;
    return refuse(
      reasonOf(contents, 'MalformedCertificate'),
      `${where} holds ${mistake}; expected ${role.expected}. ${advice}`,
    );
  }
  const certificates = contents.items.filter(isCertificate);
  if (certificates.length > 0)
    return readCertificates(
      where,
      certificates.map(({ der }) => der),
    );
  const advice = contents.items.map(({ form }) => role.advice[form]).find((text) => text !== undefined);
  const what = `${where} holds ${nounsOf(contents.items)}; expected ${role.expected}.`;
  return refuse('MalformedCertificate', `${what} ${advice ?? 'Put the certificate there, in PEM or DER.'}`);
}

/** A damaged block that calls itself a certificate is meant to be one. */
function isCertificate({ form, label }: Item): boolean {
  return form === 'certificate' || (form === 'unknown' && (label === 'CERTIFICATE' || label === 'X509 CERTIFICATE'));
}

/** @param where As in "signer.pem of Secret apple-wallet-source". */
export function readCertificates(where: string, ders: readonly Uint8Array[]): Reading<Certificate[]> {
  if (ders.length > limits.certificates) {
    const message = `${where} holds ${ders.length} certificates; at most ${limits.certificates} are read. Keep only the one that is needed and its chain.`;
    return refuse('TooExpensive', message);
  }
  const certificates: Certificate[] = [];
  for (const [index, der] of ders.entries()) {
    const certificate = readCertificate(der);
    const which = ders.length === 1 ? 'The certificate' : `Certificate ${index + 1} of ${ders.length}`;
    if (!certificate) {
      const message = `${which} in ${where} cannot be read: its ${der.length} bytes are not a whole X.509 certificate. Download it again.`;
      return refuse('MalformedCertificate', message);
    }
    const excess = excessOf(certificate.publicKey);
    if (excess !== undefined)
      return refuse('TooExpensive', `${which} in ${where} has ${excess}. Use one of 2048 bits.`);
    certificates.push(certificate);
  }
  return found(certificates);
}
