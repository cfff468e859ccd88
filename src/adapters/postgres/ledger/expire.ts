import type { Knex } from 'knex';
import type { Cause } from '../../../domain/ledger/posting.ts';
import { execute, type Statement } from '../statement.ts';
import { staleSince } from '../wallet/stale.ts';
import { clock } from '../lot-row.ts';

// Reads one lot more than it locks cards for, which tells whether anything is left: the cost of a batch does not depend on how much else
// is due, and a merchant who has just as much as a batch takes needs no second one to find that out.
const lockDue: Statement = {
  name: 'ledger_lock_due_cards',
  text: `WITH due AS MATERIALIZED (
      SELECT card_id FROM lots WHERE merchant_id = $1 AND remaining > 0 AND expires_at <= $2 ORDER BY expires_at LIMIT $3 + 1
    )
    SELECT id, (SELECT count(*) FROM due) AS due FROM cards
    WHERE merchant_id = $1 AND id = ANY (ARRAY(SELECT card_id FROM due LIMIT $3))
    ORDER BY id FOR UPDATE`,
};

const lockCards: Statement = {
  name: 'ledger_lock_cards',
  text: 'SELECT id FROM cards WHERE merchant_id = $1 AND id = ANY ($2::uuid[]) ORDER BY id FOR UPDATE',
};

// The rule of the domain's decideExpire, for many cards. One row of `due` is a card with all its due lots: nothing needs to be
// joined with rows just written, where the planner would have no idea of their number.
const expire: Statement = {
  name: 'ledger_expire',
  text: `
    WITH instant AS MATERIALIZED (
      SELECT ${clock('$4')} AS now
    ), due AS MATERIALIZED (
      SELECT card_id, uuid_v7() AS entry_id, sum(remaining)::bigint AS points, array_agg(id) AS lot_ids, array_agg(remaining) AS remainders
      FROM lots WHERE merchant_id = $1 AND card_id = ANY ($2::uuid[]) AND remaining > 0 AND expires_at <= $3
      GROUP BY card_id
    ), lots_zeroed AS (
      UPDATE lots SET remaining = 0
      WHERE merchant_id = $1 AND card_id = ANY ($2::uuid[]) AND remaining > 0 AND expires_at <= $3
    ), card AS (
      UPDATE cards SET balance = balance - due.points, version = version + 1
      FROM due WHERE merchant_id = $1 AND id = due.card_id
      RETURNING id, version, balance, due.entry_id, due.points
    ), entry AS (
      INSERT INTO entries (merchant_id, id, card_id, card_version, kind, points, balance_after, occurred_at, actor, reason, reference, run_id)
      SELECT $1, entry_id, card.id, version, 'expire', -points, balance, instant.now, $5, $6, $7, $8 FROM card, instant
    ), moves AS (
      INSERT INTO lot_moves (merchant_id, entry_id, lot_id, points)
      SELECT $1, entry_id, lot.id, -lot.remaining FROM due, unnest(lot_ids, remainders) AS lot (id, remaining)
    ), stale AS (
      UPDATE passes SET ${staleSince('card.version', 'instant.now')}
      FROM card, instant WHERE merchant_id = $1 AND card_id = card.id AND voided_at IS NULL
    )
    SELECT count(*) AS cards, coalesce(sum(points), 0)::text AS points, coalesce(sum(cardinality(lot_ids)), 0)::bigint AS lots FROM due`,
};

export interface ExpireCards extends Cause {
  merchantId: string;
  /** Lots whose expiry is at or before it are due. Not after the database's clock: what is not over must not be zeroed. */
  asOf: Date;
  runId: string | null;
  /** These cards, or as many cards as have the `limit` lots that are due for longest. */
  cards: readonly string[] | { limit: number };
  /** When it happens; absent: the database's clock. */
  now?: Date | undefined;
}

export interface ExpiredCards {
  /** Cards that were locked because something seemed due; with a `limit`: 0, nothing is left. More than `cards` when others came first. */
  locked: number;
  cards: number;
  lots: number;
  /** A sum over cards may be beyond what a number holds. */
  points: bigint;
  /** With a `limit`: nothing that was due when the cards were looked for is left. */
  exhausted: boolean;
}

/**
 * Zeroes the due lots of many cards of a merchant: one entry a card, a move a lot, balance, version, passes. Call it, each time in a
 * transaction, until nothing is locked any more, or `exhausted`. Safe beside any other change and any other run.
 */
export async function expireCards(database: Knex, change: ExpireCards): Promise<ExpiredCards> {
  const { ids: locked, exhausted } = await lock(database, change);
  if (locked.length === 0) return { locked: 0, cards: 0, lots: 0, points: 0n, exhausted };
  const { merchantId, asOf, now, actor, reason, reference, runId } = change;
  const values = [merchantId, locked, asOf, now, actor, reason, reference, runId];
  const [sums] = await execute<{ cards: number; lots: number; points: string }>(database, expire, values);
  if (sums === undefined) throw new Error('ledger_expire answered no row; one with sums was expected');
  return { locked: locked.length, ...sums, points: BigInt(sums.points), exhausted };
}

async function lock(
  database: Knex,
  { merchantId, asOf, cards }: ExpireCards,
): Promise<{ ids: string[]; exhausted: boolean }> {
  if (!('limit' in cards)) {
    const rows = await execute<{ id: string }>(database, lockCards, [merchantId, cards]);
    return { ids: rows.map(({ id }) => id), exhausted: false };
  }
  const rows = await execute<{ id: string; due: number }>(database, lockDue, [merchantId, asOf, cards.limit]);
  return { ids: rows.map(({ id }) => id), exhausted: (rows[0]?.due ?? 0) <= cards.limit };
}
