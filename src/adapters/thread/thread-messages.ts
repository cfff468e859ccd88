import type { SourceInput } from '../../domain/credentials/check-source.ts';
import type { Credential, Verdict } from '../../domain/credentials/verdict.ts';

/** What the thread needs once. */
export interface ThreadData {
  appleRootsPem: string;
}

/** To the thread. The bytes are the thread's own copy, which it wipes. */
export interface CheckRequest {
  id: number;
  input: Omit<SourceInput, 'appleRoots'>;
}

/** A verdict with its key material in plain: Redacted does not survive the way between threads. */
export type PlainVerdict =
  | Exclude<Verdict, { accepted: true }>
  | (Omit<Extract<Verdict, { accepted: true }>, 'credential'> & {
      credential: Omit<Credential, 'files'> & { files: Record<string, string> };
    });

/** From the thread. */
export type ThreadAnswer =
  | { kind: 'started'; id: number }
  | { kind: 'verdict'; id: number; verdict: PlainVerdict }
  /** A defect of ours. Only where it happened: an error's message may quote what was read. */
  | { kind: 'failed'; id: number; error: string };
