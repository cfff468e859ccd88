import type { WalletOutcome } from './retry.ts';

/** How sending something to a wallet has ended, when all that is to be tried at once was tried. */
export interface WalletResult {
  outcome: WalletOutcome;
  /** For people: what the wallet answered. Without secrets and personal data. */
  message: string;
  /** Whether a customer has the pass in a wallet; absent: the answer does not say. */
  hasUsers?: boolean;
}
