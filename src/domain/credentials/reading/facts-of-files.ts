import { readCertificate, summarize } from './certificate.ts';
import { kubernetesTime } from '../instants.ts';
import { limits } from './limits.ts';
import { readPem } from './pem.ts';
import type { Credential } from '../verdict.ts';
import type { CertificateRole, CertificateSummary } from '../wallet-credential.ts';

type Files = Readonly<Record<string, string>>;
type FileFacts = Pick<Credential, 'certificates' | 'key' | 'expiresAt'>;

/**
 * What the files of a live Secret say of themselves, without judging them: for a credential that is live and that no
 * check would pass any more (it has expired, or the spec is another now). Reads public parts only, of bounded size.
 */
export function factsOfFiles(files: Files): FileFacts {
  const certificates = [certificateIn(files, 'signer'), certificateIn(files, 'wwdr')].filter(
    (certificate) => certificate !== undefined,
  );
  const ends = certificates.map((certificate) => Date.parse(certificate.notAfter));
  const key = keyIn(files['google-wallet-sa.json']);
  return {
    certificates,
    ...(key && { key }),
    ...(ends.length > 0 && { expiresAt: kubernetesTime(new Date(Math.min(...ends))) }),
  };
}

function certificateIn(files: Files, role: CertificateRole): CertificateSummary | undefined {
  const pem = bounded(files[`${role}.pem`]);
  const read = pem === undefined ? undefined : readPem(pem);
  const [block] = read && 'blocks' in read ? read.blocks : [];
  const certificate = block && readCertificate(block.contents);
  return certificate && summarize(role, certificate);
}

function keyIn(text: string | undefined): FileFacts['key'] {
  try {
    const { private_key_id: id, client_email: clientEmail } = JSON.parse(bounded(text) ?? '{}') as Record<
      string,
      unknown
    >;
    if (typeof id !== 'string') return undefined;
    return { id, ...(typeof clientEmail === 'string' && { clientEmail }) };
  } catch {
    return undefined;
  }
}

function bounded(text: string | undefined): string | undefined {
  return text !== undefined && text.length <= limits.valueBytes ? text : undefined;
}
