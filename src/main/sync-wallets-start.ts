import { readAppleRoots } from '../adapters/apple/apple-roots.ts';
import { folderSettings } from '../adapters/credential-folder/folder-files.ts';
import { type CredentialFolders, openCredentialFolders } from '../adapters/credential-folder/open-folders.ts';
import type { Config } from '../config.ts';
import { ConfigurationError } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';

const platforms = ['google', 'apple'] as const;

/**
 * Opens the credential folders of the wallets that are wanted. One that is not configured is left alone, and said so.
 * @throws ConfigurationError (78) when none is configured, or one cannot be used.
 */
export function openWalletFolders(config: Config<'sync-wallets'>, log: Log): CredentialFolders {
  const directories = { google: config.GOOGLE_CREDENTIAL_DIR, apple: config.APPLE_CREDENTIAL_DIR };
  const wanted = platforms.filter((platform) => config.PLATFORM === undefined || config.PLATFORM === platform);
  const configured = wanted.filter((platform) => directories[platform] !== undefined);
  if (configured.length === 0) throw new ConfigurationError([missing(wanted)]);
  const opened = openCredentialFolders({
    directories: {
      google: configured.includes('google') ? directories.google : undefined,
      apple: configured.includes('apple') ? directories.apple : undefined,
    },
    log,
    appleRootsPem: readAppleRoots(config.APPLE_ROOTS_FILE),
  });
  if (opened.folders === undefined) throw new ConfigurationError(opened.problems);
  for (const platform of wanted.filter((each) => !configured.includes(each))) {
    log.info({ event: logEvents.syncWalletsSkipped, platform, setting: folderSettings[platform] });
  }
  return opened.folders;
}

function missing(wanted: readonly (keyof typeof folderSettings)[]): string {
  const names = wanted.map((platform) => folderSettings[platform]).join(' or ');
  return `No wallet is configured: set ${names} to the folder in which the live Secret of the WalletCredential is mounted (deploy/manifests/cronjobs.yaml shows it).`;
}
