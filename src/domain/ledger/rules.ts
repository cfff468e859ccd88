import type { CardState, NewEntry, Posting } from './posting.ts';
import { refuse } from './refusal.ts';
import type { Refusal } from './refusal.ts';

/** The most points that a card or a lot can hold: the largest integer that JavaScript, JSON readers and the database agree on. */
export const maximumPoints = Number.MAX_SAFE_INTEGER;

/** @throws RangeError: callers hand in what their schema has let through. */
export function assertPoints(points: number): void {
  if (!Number.isSafeInteger(points) || points === 0) {
    throw new RangeError(`Points are whole numbers other than 0 and up to ±${maximumPoints}, not ${points}`);
  }
}

/** Earning, redeeming and voiding need an active card. */
export function refuseUnlessActive(card: CardState): Refusal | undefined {
  if (card.status === 'frozen') return refuse('card-frozen', 'The card is frozen: unfreeze it first.');
  return refuseIfClosed(card);
}

/** A closed card belongs to nobody any more: nothing but the expiry of its points changes it. */
export function refuseIfClosed(card: CardState): Refusal | undefined {
  return card.status === 'closed'
    ? refuse('card-closed', 'The card is closed, because its customer was erased.')
    : undefined;
}

export function refuseBeyondLimit(card: CardState, points: number): Refusal | undefined {
  if (points <= maximumPoints - card.balance) return undefined;
  return refuse(
    'balance-limit',
    `A card holds at most ${maximumPoints} points; this one has ${card.balance}, and ${points} more were to be added.`,
    { balance: card.balance, requested_points: points, limit: maximumPoints },
  );
}

export function refuseInsufficient(available: number, requested: number): Refusal {
  return refuse('insufficient-points', `The card has ${available} points available, but ${requested} are needed.`, {
    available_points: available,
    requested_points: requested,
  });
}

/** An expiry that somebody names must lie ahead; undefined and null name none. */
export function refusePastExpiry(expiresAt: Date | null | undefined, now: Date): Refusal | undefined {
  if (!expiresAt || expiresAt > now) return undefined;
  return refuse(
    'expiry-in-past',
    `The points would expire at ${expiresAt.toISOString()}, which is not after ${now.toISOString()}.`,
  );
}

/** The posting of an entry: the balance follows from it. Only activity names `lastActivityAt`. */
export function posting(
  card: CardState,
  entry: NewEntry,
  changes: Partial<Pick<Posting, 'lotChanges' | 'newLots' | 'lastActivityAt'>>,
  now: Date,
): Posting {
  return {
    entry,
    lotChanges: [],
    newLots: [],
    balance: card.balance + entry.points,
    lastActivityAt: card.lastActivityAt,
    occurredAt: now,
    ...changes,
  };
}
