import type { Knex } from 'knex';
import type { Lot } from '../../../domain/ledger/posting.ts';
import { execute, type Statement } from '../statement.ts';
import { type Card, cardColumns, type CardRow, cardTables, toCard, viewCard } from './card.ts';
import { clock, lotColumns, type LotRow, toLot } from '../lot-row.ts';

// Card and lots in one statement, for they must be of one moment.
const read: Statement = {
  name: 'ledger_read_card',
  text: `SELECT clock.now, ${cardColumns}, ${lotColumns} FROM (SELECT ${clock('$3')} AS now) AS clock, ${cardTables}
    LEFT JOIN lots ON lots.merchant_id = $1 AND lots.card_id = $2 AND lots.remaining > 0
    WHERE cards.merchant_id = $1 AND cards.id = $2`,
};

/** A card with what is available and what expires soon; undefined: this merchant has none of that id. Needs no transaction. */
export async function readCard(
  database: Knex,
  { merchantId, cardId, now }: { merchantId: string; cardId: string; now?: Date | undefined },
): Promise<Card | undefined> {
  const rows = await execute<CardRow & LotRow & { now: Date }>(database, read, [merchantId, cardId, now]);
  return rows[0] && viewCard(toCard(rows[0]), rows.flatMap(toLot), rows[0].now);
}

const readMany: Statement = {
  name: 'ledger_read_cards',
  text: `SELECT clock.now, ${cardColumns}, ${lotColumns}
    FROM (SELECT ${clock('$3')} AS now) AS clock,
      unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted (merchant_id, id, position)
      JOIN (${cardTables}) ON cards.merchant_id = wanted.merchant_id AND cards.id = wanted.id
      LEFT JOIN lots ON lots.merchant_id = cards.merchant_id AND lots.card_id = cards.id AND lots.remaining > 0
    ORDER BY wanted.position`,
};

/** Cards of any merchants, in the order asked for; those that are not there are left out. Needs no transaction. */
export async function readCards(
  database: Knex,
  keys: readonly { merchantId: string; cardId: string }[],
  now?: Date,
): Promise<Card[]> {
  const rows = await execute<CardRow & LotRow & { now: Date }>(database, readMany, [
    keys.map(({ merchantId }) => merchantId),
    keys.map(({ cardId }) => cardId),
    now,
  ]);
  const lots = new Map<string, Lot[]>();
  for (const row of rows) lots.set(row.id, [...(lots.get(row.id) ?? []), ...toLot(row)]);
  const cards = new Map(rows.map((row) => [row.id, row]));
  return [...cards.values()].map((row) => viewCard(toCard(row), lots.get(row.id) ?? [], row.now));
}
