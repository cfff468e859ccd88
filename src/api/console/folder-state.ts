import type { CredentialFolder, Rejection } from '../../adapters/credential-folder/credential-folder.ts';
import type { CredentialFolders } from '../../adapters/credential-folder/open-folders.ts';
import { daysLeft } from '../../domain/credentials/summary/days-left.ts';
import type { Provider } from '../../domain/credentials/wallet-credential.ts';

/** The credential that the answering replica uses for a wallet. */
export interface FolderState {
  provider: Provider;
  /** Host name of the process. */
  replica: string;
  directory: string;
  fingerprint: string;
  /** null: not known. */
  revision: number | null;
  /** null: nothing of it expires. */
  expiresAt: Date | null;
  /** Whole days, downwards. */
  daysLeft: number | null;
  rotateBy: Date | null;
  rejected: Rejection | undefined;
  warnings: readonly string[];
}

/** Of the wallets that are configured. */
export function folderStates(folders: CredentialFolders, replica: string, now: Date): FolderState[] {
  return Object.values(folders).map((folder: CredentialFolder) => {
    const { fingerprint, metadata, expiresAt, warnings } = folder.current();
    return {
      provider: folder.provider,
      replica,
      directory: folder.directory,
      fingerprint,
      revision: metadata?.revision ?? null,
      expiresAt: expiresAt === undefined ? null : new Date(expiresAt),
      daysLeft: daysLeft(expiresAt, now),
      rotateBy: metadata?.rotateBy === undefined ? null : new Date(metadata.rotateBy),
      rejected: folder.rejected(),
      warnings,
    };
  });
}
