import type { Knex } from 'knex';
import { verifyMerchant } from '../../../src/adapters/postgres/ledger/verify.ts';

/** A hash of all rows that a merchant has, by table. When its keys were last used does not count. */
export async function rowsOf(database: Knex, merchantId: string): Promise<Record<string, string>> {
  const { rows } = (await database.raw(
    `SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'merchant_id'`,
  )) as { rows: { table_name: string }[] };
  const hashes: Record<string, string> = {};
  for (const { table_name: table } of rows) hashes[table] = await hashOf(database, table, 'merchant_id', merchantId);
  return { ...hashes, merchants: await hashOf(database, 'merchants', 'id', merchantId) };
}

async function hashOf(database: Knex, table: string, column: string, merchantId: string): Promise<string> {
  const { rows } = (await database.raw(
    `SELECT count(*) || ' ' || coalesce(md5(string_agg(line, E'\\n' ORDER BY line)), '') AS hash
     FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS line FROM ?? AS t WHERE ?? = ?) AS lines`,
    [table, column, merchantId],
  )) as { rows: { hash: string }[] };
  return rows[0]?.hash ?? '';
}

/** How many cards of all merchants are out of balance: balance = Σ entries = Σ remaining does not hold. */
export async function imbalancedCards(database: Knex): Promise<number> {
  const merchants = await database<{ id: string }>('merchants').select('id');
  const verified = await Promise.all(merchants.map(({ id }) => verifyMerchant(database, id)));
  return verified.reduce((sum, { imbalancedCards }) => sum + imbalancedCards, 0);
}
