import type { Knex } from 'knex';
import type { EntryKind, PostedEntry } from '../../../domain/ledger/posting.ts';
import { execute, type Statement } from '../statement.ts';
import type { LedgerEntry } from './card.ts';

/** A row of `entries`. */
export interface EntryRow {
  merchant_id: string;
  id: string;
  card_id: string;
  card_version: number;
  kind: EntryKind;
  points: number;
  balance_after: number;
  occurred_at: Date;
  actor: string;
  reason: string | null;
  reference: string | null;
  run_id: string | null;
  reverses: string | null;
}

/** The columns of an {@link EntryRow}, by name: of a prepared `*` PostgreSQL makes an error once a migration has added a column. */
export const entryColumns = `merchant_id, id, card_id, card_version, kind, points, balance_after, occurred_at, actor, reason, reference,
  run_id, reverses`;

export function toEntry(row: EntryRow): LedgerEntry {
  const { id, kind, points, actor, reason, reference, reverses } = row;
  return {
    id,
    cardId: row.card_id,
    cardVersion: row.card_version,
    kind,
    points,
    balanceAfter: row.balance_after,
    occurredAt: row.occurred_at,
    actor,
    reason,
    reference,
    runId: row.run_id,
    reverses,
  };
}

interface PostedRow {
  id: string;
  kind: EntryKind;
  points: number;
  reversed_by: string | null;
  /** Points are safe integers, so JSON holds them. */
  moves: { lotId: string; points: number }[];
}

const postedColumns = `entries.id, entries.kind, entries.points,
  (SELECT reversal.id FROM entries AS reversal WHERE reversal.merchant_id = $1 AND reversal.reverses = entries.id) AS reversed_by,
  (SELECT coalesce(json_agg(json_build_object('lotId', lot_id, 'points', lot_moves.points)), '[]') FROM lot_moves
    WHERE lot_moves.merchant_id = $1 AND lot_moves.entry_id = entries.id) AS moves`;

const byIds: Statement = {
  name: 'ledger_posted_entries',
  text: `SELECT ${postedColumns} FROM entries
    WHERE merchant_id = $1 AND card_id = $2 AND id = ANY ($3::uuid[]) ORDER BY card_version`,
};

const expired: Statement = {
  name: 'ledger_expire_entries',
  text: `SELECT ${postedColumns} FROM entries
    WHERE merchant_id = $1 AND card_id = $2 AND kind = 'expire'
      AND NOT EXISTS (SELECT FROM entries AS reversal WHERE reversal.merchant_id = $1 AND reversal.reverses = entries.id)
    ORDER BY card_version`,
};

const reversing: Statement = {
  name: 'ledger_reversing_entries',
  text: `SELECT ${entryColumns} FROM entries WHERE merchant_id = $1 AND reverses = ANY ($2::uuid[]) ORDER BY card_version`,
};

interface CardKey {
  merchantId: string;
  id: string;
}

/** Entries of a card that are to be undone, in the order they were written. Ids that are not of this card are left out. */
export async function readPostedEntries(
  database: Knex,
  { merchantId, id }: CardKey,
  entryIds: readonly string[],
): Promise<PostedEntry[]> {
  return (await execute<PostedRow>(database, byIds, [merchantId, id, entryIds])).map(toPosted);
}

/** The expire entries of a card that are not restored yet, in the order they were written. */
export async function readExpireEntries(database: Knex, { merchantId, id }: CardKey): Promise<PostedEntry[]> {
  return (await execute<PostedRow>(database, expired, [merchantId, id])).map(toPosted);
}

function toPosted({ id, kind, points, reversed_by: reversedBy, moves }: PostedRow): PostedEntry {
  return { id, kind, points, reversedBy, moves };
}

/** The entries that undo these of one card, in the order they were written. */
export async function readReversals(
  database: Knex,
  merchantId: string,
  entryIds: readonly string[],
): Promise<LedgerEntry[]> {
  return (await execute<EntryRow>(database, reversing, [merchantId, entryIds])).map(toEntry);
}
