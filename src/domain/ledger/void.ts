import { expiryAfterReturn } from './activity.ts';
import { expiryInstant } from './expiry.ts';
import { isExpired, lotChanges } from './lots.ts';
import type { CardState, Cause, Lot, NewEntry, PostedEntry } from './posting.ts';
import { refuse } from './refusal.ts';
import type { Decision, Refusal } from './refusal.ts';
import { posting, refuseBeyondLimit, refuseUnlessActive } from './rules.ts';

/**
 * Undoes an earn, a redeem or an adjustment. What it added is taken back, if nothing of it is spent or expired; what it drew returns to the
 * lots it came from. What would return to an expired lot comes back as one new lot that lasts the program's full period. No activity.
 * `lots`: those which the entry made or moved, whatever remains in them; others may be among them.
 */
export function decideVoid(
  card: CardState,
  entry: PostedEntry,
  lots: readonly Lot[],
  cause: Cause,
  now: Date,
): Decision {
  const refusal = refuseUnlessActive(card) ?? refuseUnlessVoidable(entry);
  if (refusal !== undefined) return refusal;
  const { actor, reason, reference } = cause;
  const undoing = { kind: 'void' as const, points: -entry.points, actor, reason, reference, reverses: entry.id };
  return entry.points > 0 ? takeBack(card, entry, undoing, lots, now) : giveBack(card, entry, undoing, lots, now);
}

function refuseUnlessVoidable({ kind, reversedBy }: PostedEntry): Refusal | undefined {
  if (kind !== 'earn' && kind !== 'redeem' && kind !== 'adjust') {
    return refuse('not-voidable', `The entry is of kind ${kind}; only earn, redeem and adjust can be voided.`);
  }
  return reversedBy === null ? undefined : refuse('already-voided', `The entry was voided by entry ${reversedBy}.`);
}

function takeBack(card: CardState, entry: PostedEntry, undoing: NewEntry, lots: readonly Lot[], now: Date): Decision {
  const made = lots.filter(({ entryId }) => entryId === entry.id);
  const left = made.reduce((sum, lot) => sum + (isExpired(lot, now) ? 0 : lot.remaining), 0);
  if (left !== entry.points) {
    const detail = `The entry added ${entry.points} points, of which ${left} are neither spent nor expired: it can no longer be voided.`;
    return refuse('points-spent', detail, { entry_points: entry.points, remaining_points: left });
  }
  const moves = new Map(made.map(({ id, remaining }) => [id, -remaining]));
  return posting(card, undoing, { lotChanges: lotChanges(made, moves) }, now);
}

function giveBack(card: CardState, entry: PostedEntry, undoing: NewEntry, lots: readonly Lot[], now: Date): Decision {
  const refusal = refuseBeyondLimit(card, undoing.points);
  if (refusal !== undefined) return refusal;
  const drawn = entry.moves.map(({ lotId, points }) => ({ lot: find(lots, lotId, entry), points: -points }));
  const open = drawn.filter(({ lot }) => !isExpired(lot, now));
  const returned = open.reduce((sum, { points }) => sum + points, 0);
  const changes = lotChanges(
    open.map(({ lot }) => lot),
    new Map(open.map(({ lot, points }) => [lot.id, points])),
    expiryAfterReturn(card),
  );
  const newLots = restoredLots(card, undoing.points - returned, entry.id, now);
  return posting(card, undoing, { lotChanges: changes, newLots }, now);
}

function find(lots: readonly Lot[], lotId: string, entry: PostedEntry): Lot {
  const lot = lots.find(({ id }) => id === lotId);
  if (lot === undefined)
    throw new Error(`Entry ${entry.id} moved lot ${lotId}, which was not among the lots that were read with it`);
  return lot;
}

function restoredLots({ program }: CardState, points: number, restoredFrom: string, now: Date) {
  if (points === 0) return [];
  return [{ points, earnedAt: now, expiresAt: expiryInstant(now, program.expiry, program.timezone), restoredFrom }];
}
