import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import type { SourceReason } from '../../domain/credentials/reasons.ts';
import type { Warning } from '../../domain/credentials/verdict.ts';

/** Reasons that only files have; the others are the controller's. */
export const fileReasons = {
  Invalid: 'The API server would refuse the WalletCredential or its Secret.',
  AmbiguousSecret: 'Several Secrets of that name are in the files, and one cannot know which is applied.',
  SecretNotInFiles: 'Not checked: the Secret is not among the files; something else makes it.',
  Encrypted: 'Not checked: the Secret is encrypted.',
  NoWalletCredential: 'Not checked: a Secret that looks like a wallet credential, and no WalletCredential names it.',
} as const;
export type FileReason = keyof typeof fileReasons;

/** What `check -o json` prints: an array of these. Every field is always there. */
export interface CheckResult {
  file: string;
  /** Where the object begins in the file, from 1. */
  line: number;
  kind: 'WalletCredential' | 'Secret';
  /** null: where kubectl is when it is applied. */
  namespace: string | null;
  name: string;
  provider: Provider | null;
  /** null: it could not be checked. */
  accepted: boolean | null;
  reason: 'Accepted' | SourceReason | FileReason;
  /** As the controller writes it into status.source.message; empty when it is accepted. */
  message: string;
  /** The file with the source Secret that was checked. */
  secretFile: string | null;
  /** RFC 3339 UTC; null when nothing expires or it was not accepted. */
  expiresAt: string | null;
  /** What status.source.fingerprint will be. */
  fingerprint: string | null;
  warnings: Warning[];
}
