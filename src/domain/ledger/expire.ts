import { isExpired, lotChanges } from './lots.ts';
import type { CardState, Cause, Lot, Posting } from './posting.ts';
import { posting } from './rules.ts';

/**
 * Zeroes what has expired by `asOf`, on a card of any status: one entry for all its lots. The rule for one card; the nightly job applies it
 * to thousands in a statement.
 * `lots`: the card's lots with anything remaining.
 * @returns undefined when nothing is due.
 */
export function decideExpire(card: CardState, lots: readonly Lot[], cause: Cause, asOf: Date): Posting | undefined {
  const due = lots.filter((lot) => lot.remaining > 0 && isExpired(lot, asOf));
  if (due.length === 0) return undefined;
  const points = due.reduce((sum, { remaining }) => sum - remaining, 0);
  const { actor, reason, reference } = cause;
  const moves = new Map(due.map(({ id, remaining }) => [id, -remaining]));
  const entry = { kind: 'expire' as const, points, actor, reason, reference, reverses: null };
  return posting(card, entry, { lotChanges: lotChanges(due, moves) }, asOf);
}
