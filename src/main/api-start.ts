import { type CredentialFolders, openCredentialFolders } from '../adapters/credential-folder/open-folders.ts';
import { readAppleRoots } from '../adapters/apple/apple-roots.ts';
import { type Config, explainConfig, readConfig } from '../config.ts';
import { ConfigurationError } from '../errors.ts';
import { createLog, type Log } from '../log.ts';

export interface ApiStart {
  config: Config<'api'>;
  log: Log;
  /** Of the wallets that are configured; they are watched for changes until they are closed. */
  folders: CredentialFolders;
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
  if (config && opened.folders && problems.length === 0) return { config, log, folders: opened.folders };
  for (const folder of Object.values(opened.folders ?? {})) folder.close();
  throw new ConfigurationError(problems);
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
