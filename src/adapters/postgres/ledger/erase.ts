import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import { staleSince } from '../wallet/stale.ts';

export interface Erased {
  customer: { id: string; externalId: string; name: null; erasedAt: Date };
  /** Cards and passes that were closed and voided; 0 when the customer was erased already. */
  cards: number;
  passes: number;
}

// The customer before the cards: whoever enrols this customer at the moment holds the row, and that card is then seen, too.
const lockCustomer: Statement = {
  name: 'ledger_lock_customer',
  text: 'SELECT id, external_id, erased_at FROM customers WHERE merchant_id = $1 AND id = $2 FOR UPDATE',
};

const lockCards: Statement = {
  name: 'ledger_lock_cards_of_customer',
  text: 'SELECT id FROM cards WHERE merchant_id = $1 AND customer_id = $2 ORDER BY id FOR UPDATE',
};

const erase: Statement = {
  name: 'ledger_erase_customer',
  text: `
    WITH instant AS MATERIALIZED (
      SELECT coalesce($4::timestamptz, date_trunc('milliseconds', clock_timestamp())) AS now
    ), closed AS (
      UPDATE cards SET status = 'closed', version = version + 1
      WHERE merchant_id = $1 AND id = ANY ($3::uuid[]) AND status <> 'closed'
      RETURNING id, version
    ), voided AS (
      UPDATE passes SET voided_at = instant.now, ${staleSince('closed.version', 'instant.now')}
      FROM closed, instant
      WHERE merchant_id = $1 AND card_id = closed.id AND voided_at IS NULL
      RETURNING card_id
    ), customer AS (
      UPDATE customers SET external_id = 'erased-' || gen_random_uuid(), name = NULL, erased_at = instant.now
      FROM instant WHERE merchant_id = $1 AND id = $2
      RETURNING external_id, erased_at
    )
    SELECT external_id, erased_at, (SELECT count(*) FROM closed) AS cards, (SELECT count(*) FROM voided) AS passes
    FROM customer`,
};

interface CustomerRow {
  id: string;
  external_id: string;
  erased_at: Date | null;
}

/**
 * Erases a customer: external id and name give way to a random pseudonym, cards are closed, passes voided (wallets are told by the
 * next sync); the ledger stays. Again: nothing changes. Undefined: this merchant has no such customer. Needs a transaction.
 */
export async function eraseCustomer(
  database: Knex,
  { merchantId, customerId, now }: { merchantId: string; customerId: string; now?: Date | undefined },
): Promise<Erased | undefined> {
  const [customer] = await execute<CustomerRow>(database, lockCustomer, [merchantId, customerId]);
  if (customer === undefined) return undefined;
  if (customer.erased_at !== null) return erased(customer.id, customer.external_id, customer.erased_at, 0, 0);
  const cards = await execute<{ id: string }>(database, lockCards, [merchantId, customerId]);
  const [row] = await execute<{ external_id: string; erased_at: Date; cards: number; passes: number }>(
    database,
    erase,
    [merchantId, customerId, cards.map(({ id }) => id), now],
  );
  if (row === undefined) throw new Error('ledger_erase_customer answered no customer; the locked one was expected');
  return erased(customerId, row.external_id, row.erased_at, row.cards, row.passes);
}

function erased(id: string, externalId: string, erasedAt: Date, cards: number, passes: number): Erased {
  return { customer: { id, externalId, name: null, erasedAt }, cards, passes };
}
