import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

/** A card whose sums differ; null: there is no such card. */
export interface Imbalance {
  card_id: string;
  balance: number | null;
  /** Σ points of its entries. */
  entries: number;
  /** Σ remaining of its lots. */
  lots: number;
}

export interface Verification {
  verifiedAt: Date;
  cards: number;
  imbalancedCards: number;
  /** The first 20 of them, by id. */
  examples: Imbalance[];
}

/** Settings for a connection that verifies: with less memory the sums of half a million cards go by way of the disk. */
export const verificationSettings = { work_mem: '128MB' } as const;

// One statement is one moment: changes that commit meanwhile are seen whole or not at all. Everything goes through one table of
// sums by card; a join of two would be half as dear again. Where balance = Σ entries = Σ remaining, both differences are 0.
const verify: Statement = {
  name: 'ledger_verify',
  text: `
    WITH imbalanced AS MATERIALIZED (
      SELECT card_id, sum(entries) AS entries_missing, sum(lots) AS lots_missing FROM (
        SELECT id AS card_id, balance AS entries, balance AS lots FROM cards WHERE merchant_id = $1
        UNION ALL SELECT card_id, -points, 0::bigint FROM entries WHERE merchant_id = $1
        UNION ALL SELECT card_id, 0::bigint, -remaining FROM lots WHERE merchant_id = $1
      ) AS differences
      GROUP BY card_id HAVING sum(entries) <> 0 OR sum(lots) <> 0
    ), examples AS (
      SELECT card_id, cards.balance, coalesce(cards.balance, 0) - entries_missing AS entries, coalesce(cards.balance, 0) - lots_missing AS lots
      FROM (SELECT * FROM imbalanced ORDER BY card_id LIMIT 20) AS first
        LEFT JOIN cards ON cards.merchant_id = $1 AND cards.id = first.card_id
    )
    SELECT date_trunc('milliseconds', statement_timestamp()) AS "verifiedAt",
      (SELECT count(*) FROM cards WHERE merchant_id = $1) AS cards,
      (SELECT count(*) FROM imbalanced) AS "imbalancedCards",
      (SELECT coalesce(json_agg(examples ORDER BY card_id), '[]') FROM examples) AS examples`,
};

/** Proves for every card of a merchant that balance = Σ entries = Σ remaining, as of one moment. Needs no transaction. */
export async function verifyMerchant(database: Knex, merchantId: string): Promise<Verification> {
  const [row] = await execute<Verification>(database, verify, [merchantId]);
  if (row === undefined) throw new Error('ledger_verify answered no row; one was expected');
  return row;
}

// Lots that nothing has drawn from have no moves and need no sum.
const verifyMoves: Statement = {
  name: 'ledger_verify_lots',
  text: `
    SELECT lot_id AS id FROM (
      SELECT id AS lot_id, points - remaining AS points FROM lots WHERE merchant_id = $1 AND points <> remaining
      UNION ALL SELECT lot_id, points FROM lot_moves WHERE merchant_id = $1
    ) AS parts
    GROUP BY lot_id HAVING sum(points) <> 0 ORDER BY lot_id LIMIT 20`,
};

/** The ids of the first 20 lots of a merchant of which remaining is not points + Σ moves. Needs no transaction. */
export async function verifyLots(database: Knex, merchantId: string): Promise<string[]> {
  return (await execute<{ id: string }>(database, verifyMoves, [merchantId])).map(({ id }) => id);
}

const record: Statement = {
  name: 'ledger_record_verification',
  text: `INSERT INTO ledger_verifications (merchant_id, verified_at, cards, imbalanced_cards, examples) VALUES ($1, $2, $3, $4, $5)`,
};

/** Keeps what a verification found; metrics and the alert read it. */
export async function recordVerification(
  database: Knex,
  merchantId: string,
  { verifiedAt, cards, imbalancedCards, examples }: Verification,
): Promise<void> {
  await execute(database, record, [merchantId, verifiedAt, cards, imbalancedCards, JSON.stringify(examples)]);
}
