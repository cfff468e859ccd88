import { grouped, limits } from '../../domain/credentials/reading/limits.ts';
import { cleaned } from '../../domain/credentials/reading/quote.ts';
import type { Credential, Verdict } from '../../domain/credentials/verdict.ts';
import { Redacted } from '../../domain/redacted.ts';

/** A verdict with its key material in plain: Redacted does not survive the way between threads. */
export type PlainVerdict =
  | Exclude<Verdict, { accepted: true }>
  | (Omit<Extract<Verdict, { accepted: true }>, 'credential'> & {
      credential: Omit<Credential, 'files'> & { files: Record<string, string> };
    });

export function plain(verdict: Verdict): PlainVerdict {
  if (!verdict.accepted) return verdict;
  const { credential, warnings } = verdict;
  return { accepted: true, credential: { ...credential, files: { ...credential.files.reveal() } }, warnings };
}

export function redacted(verdict: PlainVerdict): Verdict {
  if (!verdict.accepted) return verdict;
  const { credential, warnings } = verdict;
  return { accepted: true, credential: { ...credential, files: new Redacted(credential.files) }, warnings };
}

/** The verdict on a source whose reading had to be ended. */
export function tooExpensive(secretName: string, bounds: { milliseconds: number; megabytes: number }): Verdict {
  const bound = `${bounds.milliseconds / 1_000} s or ${bounds.megabytes} MB`;
  const advice = `Export the certificate and key again with usual settings, with fewer than ${grouped(limits.iterations)} iterations for example.`;
  const message = `Reading Secret ${cleaned(secretName)} took more than ${bound} and was ended; a credential takes a few milliseconds. ${advice}`;
  return { accepted: false, reason: 'TooExpensive', message };
}
