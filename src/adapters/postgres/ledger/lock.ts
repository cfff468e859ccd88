import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import { cardColumns, type CardRow, cardTables, type StoredCard, toCard } from './card.ts';

// One statement, and nothing is written in it: whoever waited for the lock reads lots in a statement of its own, which sees
// what was committed meanwhile. Locked in a CTE of the statement that also writes, the ledger came apart.
const lock: Statement = {
  name: 'ledger_lock_card',
  text: `SELECT ${cardColumns} FROM ${cardTables}
    WHERE cards.merchant_id = $1 AND cards.id = $2
    ORDER BY cards.id FOR UPDATE OF cards`,
};

/** Locks a card until the transaction ends, and reads it; undefined: this merchant has none of that id. */
export async function lockCard(database: Knex, merchantId: string, cardId: string): Promise<StoredCard | undefined> {
  const [row] = await execute<CardRow>(database, lock, [merchantId, cardId]);
  return row && toCard(row);
}
