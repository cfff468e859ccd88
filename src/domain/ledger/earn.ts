import { expiryAfterActivity } from './activity.ts';
import { expiryInstant } from './expiry.ts';
import { lotChanges } from './lots.ts';
import type { CardState, Cause, Lot } from './posting.ts';
import type { Decision } from './refusal.ts';
import { assertPoints, posting, refuseBeyondLimit, refuseUnlessActive } from './rules.ts';

/**
 * Points earned: one new lot on the program's terms. An activity. `points` is a positive safe integer.
 * `lots`: the card's lots with anything remaining.
 */
export function decideEarn(
  card: CardState,
  lots: readonly Lot[],
  { points, actor, reason, reference }: Cause & { points: number },
  now: Date,
): Decision {
  assertPoints(points);
  const refusal = refuseUnlessActive(card) ?? refuseBeyondLimit(card, points);
  if (refusal !== undefined) return refusal;
  const expiresAt = expiryInstant(now, card.program.expiry, card.program.timezone);
  const changes = {
    lotChanges: lotChanges(lots, new Map(), expiryAfterActivity(card, now)),
    newLots: [{ points, earnedAt: now, expiresAt, restoredFrom: null }],
    lastActivityAt: now,
  };
  return posting(card, { kind: 'earn', points, actor, reason, reference, reverses: null }, changes, now);
}
