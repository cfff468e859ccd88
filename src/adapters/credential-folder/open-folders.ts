import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import type { Log } from '../../log.ts';
import {
  asConfigurationProblems,
  type CredentialFolder,
  readCredentialFolder,
  watchCredentialFolder,
} from './credential-folder.ts';

/** The folders of the wallets that are configured. */
export type CredentialFolders = Partial<Record<Provider, CredentialFolder>>;

export interface OpenFoldersOptions {
  /** By provider; undefined: that wallet is not configured. */
  directories: Readonly<Record<Provider, string | undefined>>;
  log: Log;
  /** Root certificates in PEM, as readAppleRoots returns them. Default: Apple's. */
  appleRootsPem?: string;
  /** How often it is looked whether a folder has changed. Default 5,000; 0: only when it is refreshed. */
  pollMilliseconds?: number;
}

/**
 * Opens every configured credential folder. All are read before any is watched or logged: with a problem in one none is
 * open, and all problems of all folders are answered, each beginning with the setting that names the folder.
 */
export function openCredentialFolders(
  options: OpenFoldersOptions,
): { folders: CredentialFolders; problems: [] } | { folders: undefined; problems: [string, ...string[]] } {
  const { directories, ...rest } = options;
  const readings = (['google', 'apple'] as const).flatMap((provider) => {
    const directory = directories[provider];
    if (directory === undefined) return [];
    const folder = { provider, directory, ...rest };
    return [{ folder, reading: readCredentialFolder(folder) }];
  });
  const [first, ...others] = readings.flatMap(({ folder, reading }) =>
    'problems' in reading ? asConfigurationProblems(folder.provider, reading.problems) : [],
  );
  if (first !== undefined) return { folders: undefined, problems: [first, ...others] };
  const folders: CredentialFolders = {};
  for (const { folder, reading } of readings) {
    if ('credential' in reading) folders[folder.provider] = watchCredentialFolder(folder, reading);
  }
  return { folders, problems: [] };
}
