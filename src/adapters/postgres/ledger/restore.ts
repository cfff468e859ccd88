import type { Knex } from 'knex';
import type { Cause, PostedEntry, Posting } from '../../../domain/ledger/posting.ts';
import { isRefusal, refuse, type Refusal } from '../../../domain/ledger/refusal.ts';
import { decideRestore, type Restoration } from '../../../domain/ledger/restore.ts';
import { refuseIfClosed } from '../../../domain/ledger/rules.ts';
import { type Card, type LedgerEntry, type StoredCard, viewCard } from './card.ts';
import { cardAfter, type CardChange } from './change.ts';
import { readExpireEntries, readPostedEntries, readReversals } from './entries.ts';
import { lockCard } from './lock.ts';
import { lotsAfter } from './lots.ts';
import { writeRestorations } from './restore-entries.ts';

export interface CardRestoration extends CardChange, Restoration {
  /** The expire entries whose points come back; absent: all of the card that are not restored yet. */
  entryIds?: readonly string[] | undefined;
  /** Decide and answer, but write nothing. */
  dryRun?: boolean | undefined;
}

export interface Restored {
  /** What came, or in a dry run would come, back: one new lot for each expire entry. */
  restored: { expireEntryId: string; points: number; expiresAt: Date | null }[];
  /** The restore entries, in the same order; none in a dry run. */
  entries: LedgerEntry[];
  points: number;
  /** The card after it; in a dry run, as it would be. */
  card: Card;
}

/**
 * Brings expired points of a card back: for each expire entry a restore entry and a lot. All or none. Undefined: this merchant has no such
 * card. Needs a transaction.
 */
export async function restore(database: Knex, change: CardRestoration): Promise<Restored | Refusal | undefined> {
  const locked = await lockCard(database, change);
  if (locked === undefined) return undefined;
  const { card, lots, instant } = locked;
  const postings = await decide(database, card, change, instant);
  if (isRefusal(postings)) return postings;
  const after = postings.reduce(cardAfter, card);
  const view = viewCard(after, postings.reduce(lotsAfter, lots), instant);
  const entries = change.dryRun === true ? [] : await write(database, card, postings, change, instant);
  return { restored: postings.map(restoredBy), entries, points: after.balance - card.balance, card: view };
}

async function decide(
  database: Knex,
  card: StoredCard,
  change: CardRestoration,
  now: Date,
): Promise<Posting[] | Refusal> {
  const entries = await entriesOf(database, card, change);
  if (isRefusal(entries)) return entries;
  const postings: Posting[] = [];
  let state = card;
  for (const entry of entries) {
    const decision = decideRestore(state, entry, change, now);
    if (isRefusal(decision)) return decision;
    postings.push(decision);
    state = cardAfter(state, decision);
  }
  return postings;
}

async function entriesOf(
  database: Knex,
  card: StoredCard,
  { entryIds }: CardRestoration,
): Promise<PostedEntry[] | Refusal> {
  const refusal = refuseIfClosed(card);
  if (refusal !== undefined) return refusal;
  const entries = entryIds
    ? await readPostedEntries(database, card, entryIds)
    : await readExpireEntries(database, card);
  const missing = entryIds?.find((id) => !entries.some((entry) => entry.id === id));
  if (missing !== undefined) return refuse('nothing-to-restore', `The card has no entry ${missing}.`);
  return entries.length > 0
    ? entries
    : refuse('nothing-to-restore', 'No points of the card have expired and not been restored.');
}

async function write(
  database: Knex,
  { merchantId, programId }: StoredCard,
  postings: readonly Posting[],
  cause: Cause,
  now: Date,
): Promise<LedgerEntry[]> {
  const entryIds = postings.map((posting) => restoredBy(posting).expireEntryId);
  const expiresAt = postings[0]?.newLots[0]?.expiresAt ?? null;
  const programs = [{ id: programId, expiresAt }];
  await writeRestorations(database, { ...cause, merchantId, entryIds, programs, runId: null, now });
  return readReversals(database, merchantId, entryIds);
}

function restoredBy({ entry, newLots }: Posting): Restored['restored'][number] {
  return { expireEntryId: entry.reverses ?? '', points: entry.points, expiresAt: newLots[0]?.expiresAt ?? null };
}
