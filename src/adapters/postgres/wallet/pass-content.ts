import type { Knex } from 'knex';
import type { Lot } from '../../../domain/ledger/posting.ts';
import { type Appearance, type PassContent, type Platform, pointsShown } from '../../../domain/wallet/pass-content.ts';
import { clock, lotColumns, type LotRow, toLot } from '../lot-row.ts';
import { execute, type Statement } from '../statement.ts';

/** Which pass. */
export interface PassKey {
  merchantId: string;
  cardId: string;
  platform: Platform;
}

interface Row extends LotRow {
  now: Date;
  merchant_id: string;
  program_id: string;
  card_id: string;
  wanted_version: number;
  merchant_name: string;
  program_name: string;
  points_name: string;
  timezone: string;
  wallet: Appearance;
  number: string;
  customer_name: string | null;
  status: 'active' | 'frozen' | 'closed';
  voided_at: Date | null;
}

// One statement: version and content must be of one moment, or a wallet would be told that it has what it has not.
const read: Statement = {
  name: 'wallet_pass_contents',
  text: `SELECT clock.now, passes.merchant_id, cards.program_id, passes.card_id, passes.wanted_version, passes.voided_at,
      merchants.name AS merchant_name, merchants.timezone, programs.name AS program_name, programs.points_name, programs.wallet,
      cards.number, cards.status, customers.name AS customer_name, ${lotColumns}
    FROM (SELECT ${clock('$4')} AS now) AS clock,
      unnest($1::uuid[], $2::uuid[]) WITH ORDINALITY AS wanted (merchant_id, card_id, position)
      JOIN passes ON passes.merchant_id = wanted.merchant_id AND passes.card_id = wanted.card_id AND passes.platform = $3
      JOIN cards ON cards.merchant_id = passes.merchant_id AND cards.id = passes.card_id
      JOIN programs ON programs.merchant_id = cards.merchant_id AND programs.id = cards.program_id
      JOIN customers ON customers.merchant_id = cards.merchant_id AND customers.id = cards.customer_id
      JOIN merchants ON merchants.id = cards.merchant_id
      LEFT JOIN lots ON lots.merchant_id = cards.merchant_id AND lots.card_id = cards.id AND lots.remaining > 0
    ORDER BY wanted.position`,
};

/**
 * What the passes of a platform are to show now, in the order asked for; those that are not there are left out.
 * @param now absent: the database's clock
 */
export async function readPassContents(
  database: Knex,
  platform: Platform,
  keys: readonly Omit<PassKey, 'platform'>[],
  now?: Date,
): Promise<PassContent[]> {
  const ids = [keys.map(({ merchantId }) => merchantId), keys.map(({ cardId }) => cardId)];
  const rows = await execute<Row>(database, read, [...ids, platform, now]);
  const cards = Map.groupBy(rows, ({ card_id: cardId }) => cardId);
  return [...cards.values()].flatMap(([first, ...others]) =>
    first === undefined ? [] : [toContent(first, [first, ...others].flatMap(toLot))],
  );
}

function toContent(row: Row, lots: readonly Lot[]): PassContent {
  return {
    merchantId: row.merchant_id,
    programId: row.program_id,
    cardId: row.card_id,
    version: row.wanted_version,
    merchantName: row.merchant_name,
    programName: row.program_name,
    pointsName: row.points_name,
    timezone: row.timezone,
    appearance: row.wallet,
    number: row.number,
    customerName: row.customer_name,
    state: stateOf(row),
    ...pointsShown(lots, row.now),
  };
}

function stateOf({ status, voided_at: voidedAt }: Row): PassContent['state'] {
  if (voidedAt !== null || status === 'closed') return 'void';
  return status;
}
