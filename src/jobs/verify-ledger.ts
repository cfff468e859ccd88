import type { Knex } from 'knex';
import { databaseFailure } from '../adapters/postgres/failure.ts';
import { recordVerification, type Verification, verifyMerchant } from '../adapters/postgres/ledger/verify.ts';
import { messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';

export interface VerifiedMerchant {
  id: string;
  name: string;
}

/** What came of a merchant: what its ledger is like, or why that is not known. */
export type MerchantOutcome =
  | { merchant: VerifiedMerchant; verification: Verification; milliseconds: number }
  | { merchant: VerifiedMerchant; failure: string };

export interface LedgerVerification {
  outcomes: MerchantOutcome[];
  /** Merchants that were not come to: it was told to stop, or the database went away. */
  left: number;
  cards: number;
  imbalancedCards: number;
  failedMerchants: number;
  /** Why it ended early: the database's error when that went away. */
  interruption: 'stopped' | { error: unknown } | undefined;
}

export interface VerifyLedgerDeps {
  /** With the schema. */
  database: Knex;
  log: Log;
  /** Aborted: no further merchant is begun. */
  stopping: AbortSignal;
}

/**
 * Verifies one merchant after the other and records each in `ledger_verifications`. What fails for one is named and leaves the
 * others alone; only when the database is away there is no point in going on.
 */
export async function verifyLedger(
  { database, log, stopping }: VerifyLedgerDeps,
  merchants: readonly VerifiedMerchant[],
): Promise<LedgerVerification> {
  const outcomes: MerchantOutcome[] = [];
  let interruption: LedgerVerification['interruption'];
  log.info({ event: logEvents.verifyLedgerStarted, merchants: merchants.length });
  for (const merchant of merchants) {
    if (stopping.aborted) interruption = 'stopped';
    if (interruption) break;
    try {
      outcomes.push(await verifyOne({ database, log }, merchant));
    } catch (error) {
      if (databaseFailure(error) === 'unavailable') interruption = { error };
      outcomes.push({ merchant, failure: messageOf(error) });
      log.error({ event: logEvents.verifyLedgerMerchantFailed, merchant_id: merchant.id, error: messageOf(error) });
    }
  }
  return summed(outcomes, merchants.length - outcomes.length, interruption);
}

async function verifyOne(
  { database, log }: Pick<VerifyLedgerDeps, 'database' | 'log'>,
  merchant: VerifiedMerchant,
): Promise<MerchantOutcome> {
  const begun = performance.now();
  const verification = await verifyMerchant(database, merchant.id);
  const { cards, imbalancedCards, examples } = verification;
  // Told before it is recorded: it must be heard of even if that fails.
  if (imbalancedCards > 0) {
    const found = { merchant_id: merchant.id, imbalanced_cards: imbalancedCards, examples };
    log.error({ event: logEvents.verifyLedgerImbalance, ...found });
  }
  await recordVerification(database, merchant.id, verification);
  const milliseconds = performance.now() - begun;
  log.info({
    event: logEvents.verifyLedgerMerchantDone,
    merchant_id: merchant.id,
    cards,
    imbalanced_cards: imbalancedCards,
    duration_ms: Math.round(milliseconds),
  });
  return { merchant, verification, milliseconds };
}

function summed(
  outcomes: MerchantOutcome[],
  left: number,
  interruption: LedgerVerification['interruption'],
): LedgerVerification {
  const found = outcomes.flatMap((outcome) => ('verification' in outcome ? [outcome.verification] : []));
  return {
    outcomes,
    left,
    interruption,
    cards: found.reduce((sum, { cards }) => sum + cards, 0),
    imbalancedCards: found.reduce((sum, { imbalancedCards }) => sum + imbalancedCards, 0),
    failedMerchants: outcomes.length - found.length,
  };
}
