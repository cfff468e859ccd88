import { expiryAfterActivity } from './activity.ts';
import { availablePoints, draw, lotChanges } from './lots.ts';
import type { CardState, Cause, Lot } from './posting.ts';
import type { Decision } from './refusal.ts';
import { assertPoints, posting, refuseInsufficient, refuseUnlessActive } from './rules.ts';

/**
 * Points redeemed: drawn from the lots that expire first, whole or not at all. An activity. `points` is a positive safe integer.
 * `lots`: the card's lots with anything remaining.
 */
export function decideRedeem(
  card: CardState,
  lots: readonly Lot[],
  { points, actor, reason, reference }: Cause & { points: number },
  now: Date,
): Decision {
  assertPoints(points);
  const refusal = refuseUnlessActive(card);
  if (refusal !== undefined) return refusal;
  const moves = draw(lots, points, now);
  if (moves === undefined) return refuseInsufficient(availablePoints(lots, now), points);
  const entry = { kind: 'redeem' as const, points: -points, actor, reason, reference, reverses: null };
  const changes = { lotChanges: lotChanges(lots, moves, expiryAfterActivity(card, now)), lastActivityAt: now };
  return posting(card, entry, changes, now);
}
