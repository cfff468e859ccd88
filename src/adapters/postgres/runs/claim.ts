import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

export interface Claim {
  merchantId: string;
  /** Done for this merchant in this run so far; more than 0: an earlier batch was committed. */
  cards: number;
  claimedAt: Date;
}

const claim: Statement = {
  name: 'run_merchants_claim',
  text: `SELECT merchant_id AS "merchantId", cards, date_trunc('milliseconds', clock_timestamp()) AS "claimedAt" FROM run_merchants
    WHERE run_id = $1 AND state = 'pending' AND merchant_id > $2 ORDER BY merchant_id LIMIT 1 FOR UPDATE SKIP LOCKED`,
};

const nil = '00000000-0000-0000-0000-000000000000';

/**
 * Claims the next pending merchant that nobody else works on, until the end of the transaction. A transaction that claims several
 * does so in the order of their ids (`after`: the one before), so that two of them never wait for each other.
 */
export async function claimMerchant(database: Knex, runId: string, after: string = nil): Promise<Claim | undefined> {
  return (await execute<Claim>(database, claim, [runId, after]))[0];
}

/** What was done for a merchant. */
export interface Counts {
  cards: number;
  lots: number;
  points: bigint;
}

export interface MerchantFailure {
  /** Stable, CamelCase. */
  reason: string;
  message: string;
}

export interface MerchantRecord {
  /** `pending`: there is more to do. */
  state: 'pending' | 'done' | 'failed';
  /** Of this batch; they are added up. */
  counts: Counts;
  failure: MerchantFailure | undefined;
}

const record: Statement = {
  name: 'run_merchants_record',
  text: `
    WITH failure AS (
      INSERT INTO run_failures (merchant_id, run_id, reason, message) SELECT $2, $1, $4, $5 WHERE $4::text IS NOT NULL
    )
    UPDATE run_merchants SET state = $3, reason = $4::text, message = $5::text, cards = cards + $6, lots = lots + $7,
      points = points + $8, started_at = coalesce(started_at, $9),
      finished_at = CASE WHEN $3 <> 'pending' THEN date_trunc('milliseconds', clock_timestamp()) END
    WHERE run_id = $1 AND merchant_id = $2`,
};

/** Writes what came of a claim, in its transaction. */
export async function recordMerchant(
  database: Knex,
  runId: string,
  { merchantId, claimedAt }: Claim,
  { state, counts, failure }: MerchantRecord,
): Promise<void> {
  const { cards, lots, points } = counts;
  const outcome = [state, failure?.reason ?? null, failure?.message ?? null];
  await execute(database, record, [runId, merchantId, ...outcome, cards, lots, points, claimedAt]);
}

const pending: Statement = {
  name: 'run_merchants_pending',
  text: `SELECT count(*) AS count FROM run_merchants WHERE run_id = $1 AND state = 'pending'`,
};

/** How many merchants are not finished, those included that others work on at the moment. */
export async function countPending(database: Knex, runId: string): Promise<number> {
  return (await execute<{ count: number }>(database, pending, [runId]))[0]?.count ?? 0;
}
