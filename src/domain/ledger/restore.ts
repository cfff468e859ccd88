import { expiryInstant } from './expiry.ts';
import type { CardState, Cause, PostedEntry } from './posting.ts';
import { refuse } from './refusal.ts';
import type { Decision, Refusal } from './refusal.ts';
import { posting, refuseBeyondLimit, refuseIfClosed, refusePastExpiry } from './rules.ts';

/** `expiresAt`: when the restored points expire; absent, after the program's full period from now; null, never. */
export interface Restoration extends Cause {
  expiresAt?: Date | null;
}

/** Brings all points of one expire entry back as a new lot, on a frozen card too. No activity, and activity does not move that lot. */
export function decideRestore(card: CardState, entry: PostedEntry, restoration: Restoration, now: Date): Decision {
  const { actor, reason, reference, expiresAt } = restoration;
  const points = -entry.points;
  const refusal =
    refuseIfClosed(card) ??
    refuseUnlessRestorable(entry) ??
    refusePastExpiry(expiresAt, now) ??
    refuseBeyondLimit(card, points);
  if (refusal !== undefined) return refusal;
  const expiry = expiresAt === undefined ? expiryInstant(now, card.program.expiry, card.program.timezone) : expiresAt;
  const newLots = [{ points, earnedAt: now, expiresAt: expiry, restoredFrom: entry.id }];
  return posting(card, { kind: 'restore', points, actor, reason, reference, reverses: entry.id }, { newLots }, now);
}

function refuseUnlessRestorable({ kind, reversedBy }: PostedEntry): Refusal | undefined {
  if (kind !== 'expire')
    return refuse('nothing-to-restore', `The entry is of kind ${kind}; only expired points can be restored.`);
  return reversedBy === null
    ? undefined
    : refuse('already-restored', `The points were restored by entry ${reversedBy}.`);
}
