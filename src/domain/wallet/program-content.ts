import type { Appearance } from './pass-content.ts';

/** What all passes of a program have in common. */
export interface ProgramContent {
  merchantId: string;
  programId: string;
  /** programs.wallet_version: the same content has the same version. */
  version: number;
  merchantName: string;
  programName: string;
  pointsName: string;
  /** Suffix of the class in Google Wallet that an operator has chosen; null: one is made of the program's id. */
  walletClass: string | null;
  appearance: Appearance;
}
