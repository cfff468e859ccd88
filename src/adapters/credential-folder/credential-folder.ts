import { parseAppleRoots, readAppleRoots } from '../apple/apple-roots.ts';
import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import { type Log, logEvents } from '../../log.ts';
import { filesOf, folderSettings } from './folder-files.ts';
import { type LiveCredential, readLiveCredential } from './live-credential.ts';
import { locate } from './location.ts';
import { readSnapshot } from './snapshot.ts';

export interface CredentialFolderOptions {
  provider: Provider;
  /** GOOGLE_CREDENTIAL_DIR or APPLE_CREDENTIAL_DIR: a mounted live Secret, or a plain folder with its keys as files. */
  directory: string;
  log: Log;
  /** Root certificates in PEM, as readAppleRoots returns them. Default: Apple's. */
  appleRootsPem?: string;
  /** How often it is looked whether the folder has changed. Default 5,000; 0: only when `refresh` is called. */
  pollMilliseconds?: number;
  now?: () => Date;
}

/** What the folder holds at present and is not used. */
export interface Rejection {
  /** Sentences with the paths, without key material. */
  problems: readonly string[];
  since: Date;
}

/** A credential folder that is being watched. */
export interface CredentialFolder {
  readonly provider: Provider;
  readonly directory: string;
  /** The last good credential: another object after a change, never changed itself, so what was taken from it stays together. */
  current(): LiveCredential;
  /** Why the present content is not used; undefined: it is. */
  rejected(): Rejection | undefined;
  /** Looks at once, as after a provider refused the credential, and answers what is current then. */
  refresh(): LiveCredential;
  /** Looks no more. */
  close(): void;
}

export type Opening = { folder: CredentialFolder } | { problems: string[] };

/** What a folder holds at one moment: a credential that passes the checks, or every problem. */
export type FolderReading = { mark: string; mounted: boolean } & (
  { credential: LiveCredential } | { problems: string[] }
);

/** A defect of ours in reading new files must not take the credential from a process that has a good one. */
function defectProblems(directory: string, error: unknown): { problems: string[] } {
  // Not its message, which may quote what was read.
  const name = error instanceof Error ? error.name : typeof error;
  return { problems: [`${directory} cannot be understood (${name}): please report this.`] };
}

/** Reads a credential folder once, and judges it. */
export function readCredentialFolder(options: Omit<CredentialFolderOptions, 'log'>): FolderReading {
  const { provider, directory, now = () => new Date() } = options;
  const snapshot = readSnapshot(provider, directory);
  if ('problems' in snapshot) return snapshot;
  const { mark, mounted } = snapshot;
  try {
    const appleRoots = parseAppleRoots(options.appleRootsPem ?? readAppleRoots());
    const contents = { provider, directory, files: snapshot.files.reveal(), appleRoots, now: now() };
    return { mark, mounted, ...readLiveCredential(contents) };
  } catch (error) {
    return { mark, mounted, ...defectProblems(directory, error) };
  }
}

/** The problems of a folder as a configuration has them: each begins with the setting that names the folder. */
export function asConfigurationProblems(provider: Provider, problems: readonly string[]): string[] {
  return problems.map((problem) => `${folderSettings[provider]}: ${problem}`);
}

/** Watches a folder from a first good reading of it: reads it again when it changes, without a restart. */
export function watchCredentialFolder(
  options: CredentialFolderOptions,
  first: Extract<FolderReading, { credential: LiveCredential }>,
): CredentialFolder {
  const { provider, directory, log, pollMilliseconds = 5_000, now = () => new Date() } = options;
  const read = (): FolderReading => readCredentialFolder(options);
  const watched = new WatchedFolder({ provider, directory, log, now, read }, first);
  watched.watch(pollMilliseconds);
  return watched;
}

/**
 * Opens a credential folder: reads it, and reads it again when it changes, without a restart. What does not pass the checks
 * is reported and the last good credential stays in use. At the start there is none, so problems are answered instead:
 * every problem with the folder, each beginning with the setting that names it.
 */
export function openCredentialFolder(options: CredentialFolderOptions): Opening {
  const first = readCredentialFolder(options);
  if ('problems' in first) return { problems: asConfigurationProblems(options.provider, first.problems) };
  return { folder: watchCredentialFolder(options, first) };
}

interface Watching {
  provider: Provider;
  directory: string;
  log: Log;
  now: () => Date;
  read: () => FolderReading;
}

class WatchedFolder implements CredentialFolder {
  readonly provider: Provider;
  readonly directory: string;
  readonly #watching: Watching;
  #current: LiveCredential;
  #rejection: Rejection | undefined;
  /** Of what was read last. */
  #mark: string;
  /** Of what a look found in a plain folder and did not read yet. */
  #unsettled: string | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(watching: Watching, { mark, credential }: { mark: string; credential: LiveCredential }) {
    this.provider = watching.provider;
    this.directory = watching.directory;
    this.#watching = watching;
    this.#mark = mark;
    this.#current = credential;
    this.#report(credential);
  }

  current(): LiveCredential {
    return this.#current;
  }

  rejected(): Rejection | undefined {
    return this.#rejection;
  }

  refresh(): LiveCredential {
    const reading = this.#watching.read();
    if (reading.mark !== this.#mark || this.#rejection || 'problems' in reading) this.#take(reading);
    return this.#current;
  }

  watch(milliseconds: number): void {
    if (milliseconds === 0) return;
    this.#timer = setInterval(() => this.#look(), milliseconds);
    this.#timer.unref();
  }

  close(): void {
    clearInterval(this.#timer);
  }

  /** One look costs some stats; files are read when they have changed, or were not good when last read. */
  #look(): void {
    const { mark, mounted } = locate(this.directory, filesOf(this.provider));
    if (mark === this.#mark && !this.#rejection) return;
    // Whoever copies files into a plain folder one by one is not done yet: it is read when two looks have found the same.
    const settled = mounted || mark === this.#unsettled;
    this.#unsettled = mark;
    if (settled) this.refresh();
  }

  #take(reading: FolderReading): void {
    this.#mark = reading.mark;
    if ('problems' in reading) return this.#reject(reading.problems);
    this.#rejection = undefined;
    this.#current = reading.credential;
    this.#report(reading.credential);
  }

  #reject(problems: readonly string[]): void {
    const { provider, log, now } = this.#watching;
    const same = this.#rejection?.problems.join('\n') === problems.join('\n');
    this.#rejection = { problems, since: this.#rejection?.since ?? now() };
    if (same) return;
    const { fingerprint } = this.#current;
    log.error(
      { event: logEvents.credentialFolderRejected, provider, directory: this.directory, problems, fingerprint },
      `the new content of the ${provider} credential folder is not used; the credential from before stays in use`,
    );
  }

  #report({ fingerprint, metadata, expiresAt, warnings }: LiveCredential): void {
    const { provider, log, now } = this.#watching;
    const expired = expiresAt !== undefined && Date.parse(expiresAt) <= now().getTime();
    const revision = metadata?.revision;
    const fields = { provider, directory: this.directory, fingerprint, revision, expiresAt };
    log[expired || warnings.length > 0 ? 'warn' : 'info'](
      { event: logEvents.credentialFolderLoaded, ...fields, ...(warnings.length > 0 && { warnings }) },
      `the ${provider} credential ${expired ? `is in use and has expired at ${expiresAt}` : 'is in use'}`,
    );
  }
}
