import type { SourceReason } from '../domain/credentials/reasons.ts';

/** One way in which a source goes wrong. */
export interface Flaw {
  /** What is wrong, in a few words, for a list of flaws. */
  description: string;
  /** What the checks should say of it. */
  reason: SourceReason | 'UnknownRoot';
}

/** Larger than any credential, and small enough for `kubectl apply`, which keeps a copy in an annotation of at most 256 KiB. */
export const tooLarge = 'x'.repeat(128 * 1024);
