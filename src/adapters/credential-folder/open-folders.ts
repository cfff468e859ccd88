import { type Provider } from '../../domain/credentials/wallet-credential.ts';
import type { Log } from '../../log.ts';
import { type CredentialFolder, openCredentialFolder } from './credential-folder.ts';

/** The folders of the wallets that are configured. */
export type CredentialFolders = Partial<Record<Provider, CredentialFolder>>;

export interface OpenFoldersOptions {
  /** By provider; undefined: that wallet is not configured. */
  directories: Readonly<Record<Provider, string | undefined>>;
  log: Log;
  appleRootsPem?: string;
  pollMilliseconds?: number;
}

/** Opens every configured credential folder. With any problem none stays open, and all problems of all folders are answered. */
export function openCredentialFolders(
  options: OpenFoldersOptions,
): { folders: CredentialFolders; problems: [] } | { folders: undefined; problems: [string, ...string[]] } {
  const { directories, ...rest } = options;
  const folders: CredentialFolders = {};
  const problems: string[] = [];
  for (const provider of ['google', 'apple'] as const) {
    const directory = directories[provider];
    const opening = directory === undefined ? undefined : openCredentialFolder({ provider, directory, ...rest });
    if (opening && 'folder' in opening) folders[provider] = opening.folder;
    else problems.push(...(opening?.problems ?? []));
  }
  const [first, ...others] = problems;
  if (first === undefined) return { folders, problems: [] };
  for (const folder of Object.values(folders)) folder.close();
  return { folders: undefined, problems: [first, ...others] };
}
