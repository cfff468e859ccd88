import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

/** What a merchant has, and what of it is due. */
export interface DueVolume {
  /** Cards of the merchant, with and without points. */
  cards: number;
  /** Their balances; points may be beyond what a number holds. */
  points: bigint;
  /** Σ remaining of the lots that are due. */
  duePoints: bigint;
}

const volume: Statement = {
  name: 'ledger_due_volume',
  text: `SELECT count(*) AS cards, coalesce(sum(balance), 0)::text AS points,
      (SELECT coalesce(sum(remaining), 0) FROM lots WHERE merchant_id = $1 AND remaining > 0 AND expires_at <= $2)::text AS due
    FROM cards WHERE merchant_id = $1`,
};

export async function readDueVolume(database: Knex, merchantId: string, asOf: Date): Promise<DueVolume> {
  const [row] = await execute<{ cards: number; points: string; due: string }>(database, volume, [merchantId, asOf]);
  if (row === undefined) throw new Error('ledger_due_volume answered no row; one with sums was expected');
  return { cards: row.cards, points: BigInt(row.points), duePoints: BigInt(row.due) };
}

/** What a run would do for a merchant. */
export interface DueOfMerchant extends DueVolume {
  id: string;
  name: string;
  dueCards: number;
  dueLots: number;
}

const byMerchant: Statement = {
  name: 'ledger_due_by_merchant',
  text: `
    SELECT merchants.id, name, due.cards AS "dueCards", due.lots AS "dueLots", due.points::text AS due,
      coalesce(owned.cards, 0) AS cards, coalesce(owned.points, 0)::text AS points
    FROM merchants
      JOIN LATERAL (
        SELECT count(DISTINCT card_id) AS cards, count(*) AS lots, coalesce(sum(remaining), 0) AS points
        FROM lots WHERE merchant_id = merchants.id AND remaining > 0 AND expires_at <= $2
      ) AS due ON true
      LEFT JOIN LATERAL (
        SELECT count(*) AS cards, sum(balance) AS points FROM cards WHERE merchant_id = merchants.id
      ) AS owned ON due.lots > 0
    WHERE $1::uuid[] IS NULL OR merchants.id = ANY ($1) ORDER BY merchants.id`,
};

/** What is due by `asOf`, of these merchants or (undefined) of all, as of one moment. */
export async function readDueByMerchant(
  database: Knex,
  merchants: readonly string[] | undefined,
  asOf: Date,
): Promise<DueOfMerchant[]> {
  type Row = Omit<DueOfMerchant, 'points' | 'duePoints'> & { points: string; due: string };
  const rows = await execute<Row>(database, byMerchant, [merchants, asOf]);
  return rows.map(({ due, ...row }) => ({ ...row, points: BigInt(row.points), duePoints: BigInt(due) }));
}
