import type { Knex } from 'knex';
import type { Shop } from './world.ts';

/** A digest of every row of the merchant, by table; when its keys were last used aside. */
export async function digestsOf(database: Knex, { merchantId }: Shop): Promise<Record<string, string>> {
  const columns = await database('information_schema.columns')
    .where({ table_schema: 'public', column_name: 'merchant_id' })
    .select<{ table_name: string }[]>('table_name')
    .orderBy('table_name');
  const digests: Record<string, string> = {};
  for (const [table, column] of [['merchants', 'id'], ...columns.map((row) => [row.table_name, 'merchant_id'])]) {
    const { rows } = await database.raw<{ rows: { count: number; digest: string }[] }>(
      `SELECT count(*), md5(coalesce(string_agg(line, ';' ORDER BY line), '')) AS digest
       FROM (SELECT (to_jsonb(t) - 'last_used_at')::text AS line FROM ?? t WHERE ?? = ?) AS lines`,
      [String(table), String(column), merchantId],
    );
    digests[String(table)] = `${rows[0]?.count} ${rows[0]?.digest}`;
  }
  return digests;
}
