import type { X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { checkAppleSource } from '../../domain/credentials/checks/apple-source.ts';
import { checkGoogleSource } from '../../domain/credentials/checks/google-source.ts';
import { identifierPatterns } from '../../domain/credentials/identifiers.ts';
import type { SourceSecret } from '../../domain/credentials/reading/source-file.ts';
import type { CredentialTools } from '../../domain/credentials/reading/tools.ts';
import type { Credential, Verdict } from '../../domain/credentials/verdict.ts';
import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import { metadataFile, requiredFiles } from './folder-files.ts';
import { type CredentialMetadata, readMetadata } from './metadata.ts';

/** The credential that a process uses, as it was read from its folder at one moment. */
export interface LiveCredential extends Credential {
  /** Of metadata.json, where it is there and about these very files. */
  metadata?: CredentialMetadata;
  /** What a person should know of it although it is used: sentences, without key material. */
  warnings: string[];
}

export interface FolderContents {
  provider: Provider;
  directory: string;
  files: Readonly<Record<string, Buffer>>;
  /** Roots under which a WWDR certificate is known; only a warning depends on them. */
  appleRoots: readonly X509Certificate[];
  now: Date;
}

/** In a folder nothing has a passphrase, so nothing is ever opened with one. */
const noTools: CredentialTools = {
  readPkcs12: () => ({ outcome: 'unsupported encryption' }),
  decryptPrivateKey: () => ({ outcome: 'unsupported encryption' }),
};

const identifierFiles = {
  'issuer-id': identifierPatterns.issuerId,
  'pass-type-identifier': identifierPatterns.passTypeIdentifier,
  'team-identifier': identifierPatterns.teamIdentifier,
} as const;

/**
 * Judges what a folder holds by the same checks that the controller makes before a credential goes live: one that does
 * not fit together is a list of problems, each with its path. Dates are not judged: a credential that has expired is
 * used and shown as what it is until it is replaced.
 */
export function readLiveCredential(contents: FolderContents): { credential: LiveCredential } | { problems: string[] } {
  const { directory, files } = contents;
  const metadata = files[metadataFile] && readMetadata(directory, files[metadataFile]);
  const identifiers = identifierProblems(contents);
  const problems = [...identifiers, ...(metadata && 'problem' in metadata ? [metadata.problem] : [])];
  const verdict = judge(contents);
  // A mistaken identifier has been named already.
  const named = !verdict.accepted && identifiers.length > 0 && /^(PassType|Team)Mismatch$/.test(verdict.reason);
  if (!verdict.accepted && !named) problems.push(`${directory}: ${verdict.message}`);
  if (problems.length > 0 || !verdict.accepted) return { problems };
  return {
    credential: withMetadata(contents, verdict, metadata && 'metadata' in metadata ? metadata.metadata : undefined),
  };
}

function textOf({ files }: FolderContents, name: string): string {
  const text = files[name]?.toString('utf8') ?? '';
  return text.replace(/^\ufeff/, '').trim();
}

/** Never quotes: a key may have been put into the wrong file. */
function identifierProblems(contents: FolderContents): string[] {
  const expected = requiredFiles[contents.provider];
  return Object.entries(identifierFiles)
    .filter(([name, pattern]) => name in expected && !pattern.test(textOf(contents, name)))
    .map(([name]) => `${join(contents.directory, name)} holds something else than ${expected[name]}.`);
}

function judge(contents: FolderContents): Verdict {
  const { provider, directory: name, files: data, now, appleRoots: roots } = contents;
  const secret: SourceSecret = { name, folder: true, data };
  if (provider === 'google') {
    const spec = { issuerId: textOf(contents, 'issuer-id'), key: 'google-wallet-sa.json' };
    return checkGoogleSource({ secret, spec, tools: noTools });
  }
  const spec = {
    passTypeIdentifier: textOf(contents, 'pass-type-identifier'),
    teamIdentifier: textOf(contents, 'team-identifier'),
    // A folder has no file of the last two names, whatever lies in it.
    keys: { signerCertificate: 'signer.pem', signerKey: 'signer.key', wwdr: 'wwdr.pem', passphrase: '', pkcs12: '' },
  };
  return checkAppleSource({ secret, spec, tools: noTools, now, roots, anyDate: true });
}

function withMetadata(
  { directory }: FolderContents,
  { credential, warnings }: Extract<Verdict, { accepted: true }>,
  metadata: CredentialMetadata | undefined,
): LiveCredential {
  const said = warnings.map(({ message }) => `${directory}: ${message}`);
  if (!metadata) return { ...credential, warnings: said };
  if (metadata.fingerprint === credential.fingerprint) return { ...credential, metadata, warnings: said };
  const path = join(directory, metadataFile);
  const stale = `${path} is about another credential than the files beside it, so their revision and rotation date are not known: remove it, or copy all files of the live Secret.`;
  return { ...credential, warnings: [...said, stale] };
}
