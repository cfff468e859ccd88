import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import { type RunSums, sumsOf } from './sums.ts';

/** What came of a merchant of a run. */
export interface MerchantOutcome {
  id: string;
  name: string;
  state: 'pending' | 'done' | 'failed' | 'skipped';
  reason: string | null;
  message: string | null;
  cards: number;
  lots: number;
  points: bigint;
}

type Row = Omit<MerchantOutcome, 'points'> & { points: string };

// The first through an index; nearly always nobody has failed.
const failed: Statement = {
  name: 'run_merchants_failed',
  text: `SELECT id, name, state, reason, message, cards, lots, points::text FROM run_merchants JOIN merchants ON id = merchant_id
    WHERE run_id = $1 AND state = 'failed' ORDER BY merchant_id LIMIT $2`,
};
const largest: Statement = {
  name: 'run_merchants_largest',
  text: `SELECT id, name, state, reason, message, cards, lots, points::text FROM run_merchants JOIN merchants ON id = merchant_id
    WHERE run_id = $1 AND state <> 'failed' AND cards > 0 ORDER BY run_merchants.points DESC, merchant_id LIMIT $2`,
};

/** Merchants of a run that are worth showing: those that failed, and those of which most was done; so many of each. */
export async function readOutcomes(database: Knex, runId: string, limit: number): Promise<MerchantOutcome[]> {
  const rows = [failed, largest].map((statement) => execute<Row>(database, statement, [runId, limit]));
  return (await Promise.all(rows)).flat().map((row) => ({ ...row, points: BigInt(row.points) }));
}

const sums: Statement = {
  name: 'run_merchants_sums',
  text: `SELECT merchants, pending, done, failed, skipped, cards::text, lots::text, points::text FROM (${sumsOf('$1')}) AS sums`,
};

/** Of a run as it is now. Points may be beyond what a number holds. */
export type PreciseSums = Omit<RunSums, 'points'> & { points: bigint };

export async function readSums(database: Knex, runId: string): Promise<PreciseSums> {
  type Text = Omit<RunSums, 'cards' | 'lots' | 'points'> & Record<'cards' | 'lots' | 'points', string>;
  const [row] = await execute<Text>(database, sums, [runId]);
  if (row === undefined) throw new Error('run_merchants_sums answered no row; one was expected');
  return { ...row, cards: Number(row.cards), lots: Number(row.lots), points: BigInt(row.points) };
}
