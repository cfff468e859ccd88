import { type DueVolume, readDueVolume } from '../adapters/postgres/ledger/due.ts';
import { expireCards } from '../adapters/postgres/ledger/expire.ts';
import type { RunFailure } from './run-failure.ts';
import type { Work } from './run-worker.ts';

export interface ExpirePoints {
  /** Undefined in a dry run. */
  runId: string | undefined;
  asOf: Date;
  /** Whether `asOf` was asked for: commands that messages give repeat it. */
  asOfGiven: boolean;
  batchSize: number;
  /** Of a merchant's points; 0: no guard. */
  maxExpireShare: number;
  /** Merchants that the guard lets pass. */
  forced: ReadonlySet<string>;
}

/** Below so many cards, a large share of the points is nothing to wonder at. */
const guardedCards = 100;

/** The guard: undefined, or why a merchant with so much due is held back. */
export function suspiciousVolume(
  { maxExpireShare, forced, asOf, asOfGiven }: ExpirePoints,
  merchantId: string,
  { cards, points, duePoints }: DueVolume,
): RunFailure | undefined {
  if (maxExpireShare === 0 || cards < guardedCards || forced.has(merchantId)) return undefined;
  const share = Number(duePoints) / Number(points);
  if (duePoints === 0n || share <= maxExpireShare) return undefined;
  const words = `${duePoints} of ${points} points (${percent(share)}) on the merchant's ${cards} cards would expire`;
  const command = `loyalty expire-points --merchant ${merchantId} --force-merchant ${merchantId}`;
  const message =
    `${words}, and MAX_EXPIRE_SHARE allows ${percent(maxExpireShare)}. None of them did. If it is right, this lets it pass: ` +
    `${command}${asOfGiven ? ` --as-of ${asOf.toISOString()}` : ''}`;
  return { reason: 'SuspiciousVolume', message };
}

function percent(share: number): string {
  return `${Math.floor(share * 1_000) / 10} %`;
}

const nothing = { cards: 0, lots: 0, points: 0n };

/** One batch: the guard before the first, then so many of the lots that are due for longest, with all that is due on their cards. */
export function expirePoints(options: ExpirePoints): Work {
  const { runId = null, asOf, batchSize } = options;
  const cause = { actor: 'job:expire-points', reason: null, reference: null };
  return async (transaction, { merchantId, cards: before }) => {
    if (before === 0 && options.maxExpireShare > 0) {
      const failure = suspiciousVolume(options, merchantId, await readDueVolume(transaction, merchantId, asOf));
      if (failure !== undefined) return { counts: nothing, failure };
    }
    const batch = { merchantId, asOf, runId, cards: { limit: batchSize }, ...cause };
    const { cards, lots, points, exhausted } = await expireCards(transaction, batch);
    return { counts: { cards, lots, points }, more: !exhausted };
  };
}
