import { expiryInstant } from './expiry.ts';
import { isExpired } from './lots.ts';
import type { CardState, Lot } from './posting.ts';

/*
 * Inactivity: all of a card's lots expire N days after its last earn or redeem. The program that holds at that moment decides; its change
 * alone moves nothing. When programs change, lots of other terms meet this rule, and three things keep what customers were promised:
 * - an activity never brings an expiry nearer: a lot of a longer period keeps it until N days from an activity reach beyond it;
 * - a lot that never expires goes on so;
 * - from inactivity to another mode, lots keep the instant that the last activity gave them.
 * An explicit expiry of an adjustment is therefore the least that its lot gets.
 */

/**
 * The expiry of a card's lots after an earn or a redeem, as `lotChanges` asks for it. Restored lots keep theirs; so do expired ones, which
 * nothing revives, and empty ones, which catch up when a void gives points back to them.
 */
export function expiryAfterActivity(card: CardState, now: Date): (lot: Lot, remaining: number) => Date | null {
  const instant = inactivityInstant(card, now);
  return (lot, remaining) => (remaining > 0 && !isExpired(lot, now) ? follow(lot, instant) : lot.expiresAt);
}

/** The expiry of a lot that gets points back, for which the card's last activity counts as if the lot had never been empty. */
export function expiryAfterReturn(card: CardState): (lot: Lot) => Date | null {
  const instant = card.lastActivityAt && inactivityInstant(card, card.lastActivityAt);
  return (lot) => follow(lot, instant);
}

function inactivityInstant({ program }: CardState, activity: Date): Date | null {
  return program.expiry.mode === 'inactivity' ? expiryInstant(activity, program.expiry, program.timezone) : null;
}

function follow(lot: Lot, instant: Date | null): Date | null {
  if (instant === null || lot.restoredFrom !== null || lot.expiresAt === null) return lot.expiresAt;
  return lot.expiresAt < instant ? instant : lot.expiresAt;
}
