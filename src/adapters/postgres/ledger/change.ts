import type { Knex } from 'knex';
import { decideAdjust, type Adjustment } from '../../../domain/ledger/adjust.ts';
import { decideEarn } from '../../../domain/ledger/earn.ts';
import type { Cause, Lot, Posting } from '../../../domain/ledger/posting.ts';
import { decideRedeem } from '../../../domain/ledger/redeem.ts';
import { type Decision, isRefusal, type Refusal } from '../../../domain/ledger/refusal.ts';
import { decideVoid } from '../../../domain/ledger/void.ts';
import { type Card, type LedgerEntry, type StoredCard, viewCard } from './card.ts';
import { readPostedEntries } from './entries.ts';
import { lockCard } from './lock.ts';
import { lotsAfter, readLotsOfEntry } from './lots.ts';
import { postEntry } from './post.ts';

/** Which card is to be changed. `now` is for tests: absent, the database's clock once the card is locked. */
export interface CardChange {
  merchantId: string;
  cardId: string;
  now?: Date | undefined;
}

/** The entry that was written and the card after it. */
export interface Changed {
  entry: LedgerEntry;
  card: Card;
}

/** Undefined: this merchant has no such card (or, to void, this card no such entry). */
export type ChangeAnswer = Changed | Refusal | undefined;

/*
 * Each change needs a transaction: it locks the card, reads in a new statement, lets the rules decide, and writes the decision.
 * Requests for one card queue at the lock, so that no constraint is ever the one to refuse.
 */

/** Points earned. `points` is a positive safe integer. */
export async function earn(database: Knex, change: CardChange & Cause & { points: number }): Promise<ChangeAnswer> {
  return changeCard(database, change, (card, lots, now) => decideEarn(card, lots, change, now));
}

/** Points redeemed, from the lots that expire first. `points` is a positive safe integer. */
export async function redeem(database: Knex, change: CardChange & Cause & { points: number }): Promise<ChangeAnswer> {
  return changeCard(database, change, (card, lots, now) => decideRedeem(card, lots, change, now));
}

/** A correction by staff; `points` is signed. */
export async function adjust(database: Knex, change: CardChange & Adjustment): Promise<ChangeAnswer> {
  return changeCard(database, change, (card, lots, now) => decideAdjust(card, lots, change, now));
}

/** Undoes an earn, a redeem or an adjustment of the card. */
export async function voidEntry(
  database: Knex,
  change: CardChange & Cause & { entryId: string },
): Promise<ChangeAnswer> {
  async function decide(card: StoredCard, lots: readonly Lot[], now: Date): Promise<Decision | undefined> {
    const [entry] = await readPostedEntries(database, card, [change.entryId]);
    return entry && decideVoid(card, entry, lots, change, now);
  }
  return changeCard(database, change, decide, () => readLotsOfEntry(database, change.merchantId, change.entryId));
}

type Decide = (
  card: StoredCard,
  lots: readonly Lot[],
  now: Date,
) => Decision | undefined | Promise<Decision | undefined>;

/** `readFurther`: lots beside the open ones, such as spent ones to which points may return. */
async function changeCard(
  database: Knex,
  change: CardChange,
  decide: Decide,
  readFurther: () => Promise<readonly Lot[]> = async () => [],
): Promise<ChangeAnswer> {
  const locked = await lockCard(database, change);
  if (locked === undefined) return undefined;
  const { card, lots: open, instant } = locked;
  const further = (await readFurther()).filter(({ id }) => !open.some((lot) => lot.id === id));
  const lots = [...open, ...further];
  const decision = await decide(card, lots, instant);
  if (decision === undefined || isRefusal(decision)) return decision;
  const entry = await postEntry(database, card, decision);
  return { entry, card: viewCard(cardAfter(card, decision), lotsAfter(lots, decision), instant) };
}

/** The card as the posting has left it. */
export function cardAfter(card: StoredCard, { balance, lastActivityAt }: Posting): StoredCard {
  return { ...card, balance, version: card.version + 1, lastActivityAt: lastActivityAt ?? card.lastActivityAt };
}
