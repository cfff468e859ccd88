import { type DueOfMerchant, readDueByMerchant } from '../adapters/postgres/ledger/due.ts';
import type { Knex } from 'knex';
import type { MerchantOutcome, PreciseSums } from '../adapters/postgres/runs/outcomes.ts';
import { type ExpirePoints, suspiciousVolume } from './expire-points.ts';

/** What a run would come to. */
export interface Rehearsal {
  outcomes: MerchantOutcome[];
  sums: PreciseSums;
}

/** Shows what a run would do, by one statement that writes nothing. */
export async function rehearseExpirePoints(
  database: Knex,
  options: ExpirePoints,
  merchants: readonly string[] | undefined,
): Promise<Rehearsal> {
  const due = await readDueByMerchant(database, merchants, options.asOf);
  const outcomes = due.map((merchant) => outcomeOf(options, merchant));
  return { outcomes, sums: summed(outcomes) };
}

function outcomeOf(options: ExpirePoints, merchant: DueOfMerchant): MerchantOutcome {
  const { id, name, dueCards: cards, dueLots: lots, duePoints: points } = merchant;
  const failure = suspiciousVolume(options, id, merchant);
  if (failure !== undefined) return { id, name, state: 'failed', ...failure, cards: 0, lots: 0, points: 0n };
  return { id, name, state: 'done', reason: null, message: null, cards, lots, points };
}

function summed(outcomes: readonly MerchantOutcome[]): PreciseSums {
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  return {
    merchants: outcomes.length,
    pending: 0,
    skipped: 0,
    done: outcomes.length - failed,
    failed,
    cards: outcomes.reduce((sum, { cards }) => sum + cards, 0),
    lots: outcomes.reduce((sum, { lots }) => sum + lots, 0),
    points: outcomes.reduce((sum, { points }) => sum + points, 0n),
  };
}

/** The merchants that are worth showing: those that are held back, and those with most due; so many of each. */
export function worthShowing(outcomes: readonly MerchantOutcome[], limit: number): MerchantOutcome[] {
  const failed = outcomes.filter(({ state }) => state === 'failed');
  const largest = outcomes
    .filter(({ state, cards }) => state === 'done' && cards > 0)
    .toSorted((left, right) => Number(right.points - left.points));
  return [...failed.slice(0, limit), ...largest.slice(0, limit)];
}
