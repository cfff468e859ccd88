import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

// Whoever administers names a card, a customer or an entry by its id alone; the ledger's keys begin with the merchant.
const statements = {
  card: { name: 'ledger_merchant_of_card', text: 'SELECT merchant_id FROM cards WHERE id = $1' },
  customer: { name: 'ledger_merchant_of_customer', text: 'SELECT merchant_id FROM customers WHERE id = $1' },
} satisfies Record<string, Statement>;

/** The merchant of a card or a customer; undefined: there is none of that id. */
export async function merchantOf(database: Knex, kind: 'card' | 'customer', id: string): Promise<string | undefined> {
  const [row] = await execute<{ merchant_id: string }>(database, statements[kind], [id]);
  return row?.merchant_id;
}
