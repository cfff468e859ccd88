import { expiryInstant } from './expiry.ts';
import { availablePoints, draw, lotChanges } from './lots.ts';
import type { CardState, Cause, Lot, NewEntry } from './posting.ts';
import type { Decision } from './refusal.ts';
import {
  assertPoints,
  posting,
  refuseBeyondLimit,
  refuseIfClosed,
  refuseInsufficient,
  refusePastExpiry,
} from './rules.ts';

/** `points` is signed. `expiresAt` is for positive ones: absent, the program's terms from now; null, never. */
export interface Adjustment extends Cause {
  points: number;
  expiresAt?: Date | null;
}

/**
 * A correction by staff, on a frozen card too: positive, it makes a lot; negative, it draws like a redemption. No activity.
 * `lots`: the card's lots with anything remaining.
 */
export function decideAdjust(card: CardState, lots: readonly Lot[], adjustment: Adjustment, now: Date): Decision {
  const { points, actor, reason, reference } = adjustment;
  assertPoints(points);
  const refusal = refuseIfClosed(card);
  if (refusal !== undefined) return refusal;
  const entry = { kind: 'adjust' as const, points, actor, reason, reference, reverses: null };
  return points > 0 ? add(card, entry, adjustment.expiresAt, now) : subtract(card, entry, lots, now);
}

function add(card: CardState, entry: NewEntry, expiry: Date | null | undefined, now: Date): Decision {
  const refusal = refusePastExpiry(expiry, now) ?? refuseBeyondLimit(card, entry.points);
  if (refusal !== undefined) return refusal;
  const expiresAt = expiry === undefined ? expiryInstant(now, card.program.expiry, card.program.timezone) : expiry;
  return posting(
    card,
    entry,
    { newLots: [{ points: entry.points, earnedAt: now, expiresAt, restoredFrom: null }] },
    now,
  );
}

function subtract(card: CardState, entry: NewEntry, lots: readonly Lot[], now: Date): Decision {
  const moves = draw(lots, -entry.points, now);
  if (moves === undefined) return refuseInsufficient(availablePoints(lots, now), -entry.points);
  return posting(card, entry, { lotChanges: lotChanges(lots, moves) }, now);
}
