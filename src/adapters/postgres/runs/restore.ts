import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { MerchantFailure } from './claim.ts';

// What a run has expired and nobody has restored yet. Its entries are found by an index that begins with the merchant.
const restorable = (run: string): string => `entries.run_id = ${run} AND entries.kind = 'expire'
      AND NOT EXISTS (SELECT FROM entries AS reversal WHERE reversal.merchant_id = entries.merchant_id AND reversal.reverses = entries.id)`;

const byMerchant: Statement = {
  name: 'runs_restorable',
  text: `
    SELECT merchants.id AS "merchantId", merchants.name AS "merchantName", sums.cards, sums.entries, sums.points::text, sums.closed
    FROM run_merchants JOIN merchants ON merchants.id = merchant_id, LATERAL (
      SELECT count(DISTINCT card_id) FILTER (WHERE status <> 'closed') AS cards, count(*) FILTER (WHERE status <> 'closed') AS entries,
        coalesce(sum(-entries.points) FILTER (WHERE status <> 'closed'), 0) AS points, count(*) FILTER (WHERE status = 'closed') AS closed
      FROM entries JOIN cards ON cards.merchant_id = entries.merchant_id AND cards.id = card_id
      WHERE entries.merchant_id = run_merchants.merchant_id AND ${restorable('$1')}
    ) AS sums
    WHERE run_merchants.run_id = $1 AND run_merchants.cards > 0 AND ($2::uuid IS NULL OR merchants.id = $2)
      AND sums.entries + sums.closed > 0
    ORDER BY sums.points DESC, merchants.id`,
};

/** What a restore of a run would bring back to a merchant. */
export interface Restorable {
  merchantId: string;
  merchantName: string;
  cards: number;
  entries: number;
  /** A sum over cards may be beyond what a number holds. */
  points: bigint;
  /** Entries that stay as they are, because their cards are closed. */
  closed: number;
}

/** What a restore would bring back now, merchant by merchant (undefined: all of the run), most points first. */
export async function readRestorable(
  database: Knex,
  runId: string,
  merchantId: string | undefined,
): Promise<Restorable[]> {
  type Row = Omit<Restorable, 'points'> & { points: string };
  const rows = await execute<Row>(database, byMerchant, [runId, merchantId]);
  return rows.map((row) => ({ ...row, points: BigInt(row.points) }));
}

const enlist: Statement = {
  name: 'run_merchants_enlist_restore',
  text: `INSERT INTO run_merchants (run_id, merchant_id) SELECT $1, merchant_id FROM run_merchants
    WHERE run_id = $2 AND cards > 0 AND ($3::uuid IS NULL OR merchant_id = $3)`,
};

/** Puts the merchants of whom a run has expired points, or one of them, on the list of another run that restores them. */
export async function enlistRestore(
  database: Knex,
  runId: string,
  restoredRunId: string,
  merchantId: string | undefined,
): Promise<void> {
  await execute(database, enlist, [runId, restoredRunId, merchantId]);
}

const next: Statement = {
  name: 'runs_restorable_entries',
  text: `SELECT id FROM entries WHERE merchant_id = $1 AND id > $3 AND ${restorable('$2')} ORDER BY id LIMIT $4`,
};

export interface NextEntries {
  merchantId: string;
  /** The run that has expired them. */
  runId: string;
  /** Behind this entry; undefined: from the first. */
  after: string | undefined;
  limit: number;
}

const nil = '00000000-0000-0000-0000-000000000000';

/** The ids of a merchant's next entries that can be restored. */
export async function nextRestorable(database: Knex, wanted: NextEntries): Promise<string[]> {
  const { merchantId, runId, after = nil, limit } = wanted;
  return (await execute<{ id: string }>(database, next, [merchantId, runId, after, limit])).map(({ id }) => id);
}

const refuse: Statement = {
  name: 'run_failures_of_cards',
  text: `INSERT INTO run_failures (merchant_id, run_id, card_id, reason, message)
    SELECT $2, $1, failure.* FROM unnest($3::uuid[], $4::text[], $5::text[]) AS failure (card_id, reason, message)`,
};

export interface CardFailure extends MerchantFailure {
  cardId: string;
}

/** Writes which cards of a merchant were passed over, and why. */
export async function recordCardFailures(
  database: Knex,
  runId: string,
  merchantId: string,
  failures: readonly CardFailure[],
): Promise<void> {
  if (failures.length === 0) return;
  const columns = (['cardId', 'reason', 'message'] as const).map((name) => failures.map((failure) => failure[name]));
  await execute(database, refuse, [runId, merchantId, ...columns]);
}

const unfinished: Statement = {
  name: 'runs_unfinished_restores',
  text: `SELECT id FROM runs WHERE state = 'running' AND task = 'restore' ORDER BY id`,
};

/** The ids of the restores that are not finished, the oldest first. */
export async function unfinishedRestores(database: Knex): Promise<string[]> {
  return (await execute<{ id: string }>(database, unfinished, [])).map(({ id }) => id);
}
