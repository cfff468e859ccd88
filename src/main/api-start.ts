import { type CredentialFolders, openCredentialFolders } from '../adapters/credential-folder/open-folders.ts';
import { readAppleRoots } from '../adapters/apple/apple-roots.ts';
import { type Config, explainConfig, readConfig } from '../config.ts';
import type { AppleWalletSettings } from '../api/apple/apple-wallet.ts';
import { ConfigurationError } from '../errors.ts';
import { createLog, type Log, logEvents } from '../log.ts';

export interface ApiStart {
  config: Config<'api'>;
  log: Log;
  /** Of the wallets that are configured; they are watched for changes until they are closed. */
  folders: CredentialFolders;
  /** Absent: Apple Wallet is not configured, or passes of it cannot be made. */
  apple?: AppleWalletSettings;
  /** Why passes of Apple Wallet cannot be made although its credential is there: sentences that name the settings. */
  appleLacks: readonly string[];
}

/** Until the settings are known to be good, nothing is logged: all problems are one message at the end. */
const silent: Log = createLog({ level: 'silent', format: 'json' });

/**
 * Everything that the API needs before it opens anything: settings, the files that they name, and the wallets' credentials.
 * @throws ConfigurationError naming every problem of all of them at once (exit 78).
 */
export function readApiStart(environment: NodeJS.ProcessEnv): ApiStart {
  const problems: string[] = [];
  const config = collect(problems, () => readConfig('api', environment));
  // What the settings say, though others of them may be wrong.
  const settings = new Map(explainConfig('api', environment).map(({ name, value }) => [name, value]));
  const appleRootsPem = collect(problems, () => readAppleRoots(settings.get('APPLE_ROOTS_FILE')));
  const log =
    config && problems.length === 0
      ? createLog({ level: config.LOG_LEVEL, format: config.LOG_FORMAT, buffered: true })
      : silent;
  const opened = openCredentialFolders({
    directories: { google: settings.get('GOOGLE_CREDENTIAL_DIR'), apple: settings.get('APPLE_CREDENTIAL_DIR') },
    log,
    ...(appleRootsPem !== undefined && { appleRootsPem }),
  });
  problems.push(...opened.problems);
  if (config && opened.folders && problems.length === 0) {
    const apple = appleSettings(config, opened.folders.apple);
    const appleLacks = missingForApple(settings);
    // Not the end of it: tills must not stand still because of an upgrade since which the credential alone is not enough.
    if (appleLacks.length > 0) log.warn({ event: logEvents.apiApplePassesOff, reasons: appleLacks });
    return { config, log, folders: opened.folders, appleLacks, ...(apple && { apple }) };
  }
  for (const folder of Object.values(opened.folders ?? {})) folder.close();
  throw new ConfigurationError(problems);
}

/** What passes of Apple Wallet need beside its credential. A value that is wrong is a problem already. */
function missingForApple(settings: ReadonlyMap<string, string | undefined>): string[] {
  if (settings.get('APPLE_CREDENTIAL_DIR') === undefined) return [];
  return Object.entries(neededForApple)
    .filter(([name]) => settings.get(name) === undefined)
    .map(([name, why]) => `${name} is not set, but APPLE_CREDENTIAL_DIR is: ${why}`);
}

const neededForApple = {
  PUBLIC_URL: 'passes of Apple Wallet say under which URL iPhones register and fetch them. Set it to that of this API.',
  PASS_TOKEN_KEY_FILE:
    'the tokens of Apple passes are made from it. Name a file of at least 32 random bytes (head -c 32 /dev/urandom) that never changes.',
};

function appleSettings(
  { PUBLIC_URL: publicUrl, PASS_TOKEN_KEY_FILE: tokenKey }: Config<'api'>,
  folder: CredentialFolders['apple'],
): AppleWalletSettings | undefined {
  return folder && publicUrl !== undefined && tokenKey ? { folder, publicUrl, tokenKey } : undefined;
}

/** What it returns; or undefined, and its problems are kept. */
function collect<T>(problems: string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    problems.push(...error.problems);
    return undefined;
  }
}
