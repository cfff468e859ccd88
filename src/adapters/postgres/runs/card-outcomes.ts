import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { MerchantFailure } from './claim.ts';

// Whoever is on no list beforehand is put on it with what was done first. A merchant with a failure stays failed.
const count: Statement = {
  name: 'run_merchants_count_cards',
  text: `
    INSERT INTO run_merchants AS merchants (run_id, merchant_id, state, reason, message, cards, started_at, finished_at)
    SELECT $1, merchant_id, CASE WHEN reason IS NULL THEN 'done' ELSE 'failed' END, reason, message, cards, now, now
    FROM unnest($2::uuid[], $3::bigint[], $4::text[], $5::text[]) AS counted (merchant_id, cards, reason, message),
      (SELECT date_trunc('milliseconds', clock_timestamp()) AS now) AS clock
    ORDER BY merchant_id
    ON CONFLICT (merchant_id, run_id) DO UPDATE SET cards = merchants.cards + excluded.cards, finished_at = excluded.finished_at,
      state = CASE WHEN merchants.state = 'failed' THEN 'failed' ELSE excluded.state END,
      reason = coalesce(merchants.reason, excluded.reason), message = coalesce(merchants.message, excluded.message)`,
};

const failures: Statement = {
  name: 'run_failures_of_passes',
  text: `
    INSERT INTO run_failures (merchant_id, run_id, card_id, platform, reason, message)
    SELECT merchant_id, $1, card_id, platform, reason, message
    FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[]) AS failure (merchant_id, card_id, platform, reason, message)`,
};

/** What was done of a merchant since it was last written. */
export interface MerchantCards {
  merchantId: string;
  /** Brought up to date. */
  cards: number;
  /** The first failure; null: none. */
  failure: MerchantFailure | null;
}

export interface PassFailure extends MerchantFailure {
  merchantId: string;
  /** null: it is not of one card. */
  cardId: string | null;
  platform: 'google' | 'apple';
}

/**
 * Adds what was done and what failed to a run whose merchants nobody claims. Not in the transaction of the passes: a failure holds the
 * row of its card, as the ledger does before it comes to the passes.
 */
export async function recordCards(
  database: Knex,
  runId: string,
  merchants: readonly MerchantCards[],
  failed: readonly PassFailure[],
): Promise<void> {
  if (merchants.length === 0) return;
  await database.transaction(async (transaction) => {
    await execute(transaction, count, [
      runId,
      merchants.map(({ merchantId }) => merchantId),
      merchants.map(({ cards }) => cards),
      merchants.map(({ failure }) => failure?.reason ?? null),
      merchants.map(({ failure }) => failure?.message ?? null),
    ]);
    if (failed.length === 0) return;
    const names = ['merchantId', 'cardId', 'platform', 'reason', 'message'] as const;
    await execute(transaction, failures, [runId, ...names.map((name) => failed.map((each) => each[name]))]);
  });
}

const reasons: Statement = {
  name: 'run_failures_reasons',
  text: `SELECT platform, reason, count(*) AS cards FROM run_failures WHERE run_id = $1 AND platform IS NOT NULL
    GROUP BY platform, reason ORDER BY platform, count(*) DESC, reason`,
};

const cards: Statement = {
  name: 'run_failures_cards',
  text: `SELECT card_id AS id FROM run_failures WHERE run_id = $1 AND card_id IS NOT NULL GROUP BY card_id ORDER BY min(id::text) LIMIT $2`,
};

export interface FailedCards {
  reasons: { platform: 'google' | 'apple'; reason: string; cards: number }[];
  /** The first that failed. */
  ids: string[];
}

/** Which cards failed in a run, and why. */
export async function readFailedCards(database: Knex, runId: string, limit: number): Promise<FailedCards> {
  const byReason = await execute<FailedCards['reasons'][number]>(database, reasons, [runId]);
  const ids = await execute<{ id: string }>(database, cards, [runId, limit]);
  return { reasons: byReason, ids: ids.map(({ id }) => id) };
}
