import pg from 'pg';

export interface ExpireWorld {
  merchants: number;
  /** In all; four a card, which has a fifth lot that is not due. */
  dueLots: number;
}

const lotsPerCard = 4;

/**
 * Fills a migrated database with a balanced ledger, most of which is due. By SQL and without checking foreign keys: a minute
 * for a million lots.
 */
export async function fillExpireWorld(url: string, { merchants, dueLots }: ExpireWorld): Promise<void> {
  const cards = Math.ceil(dueLots / lotsPerCard / merchants);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query('SET session_replication_role = replica');
    await client.query('SET synchronous_commit = off');
    for (const statement of statements(merchants, cards)) await client.query(statement);
    await client.query('VACUUM (ANALYZE)');
    await client.query('CHECKPOINT');
  } finally {
    await client.end();
  }
}

/** Earned two years ago; the first lots have expired since, the last one has not. */
function statements(merchants: number, cards: number): string[] {
  return [
    `INSERT INTO merchants (name, timezone) SELECT 'Merchant ' || n, 'Europe/Berlin' FROM generate_series(1, ${merchants}) AS n`,
    `INSERT INTO programs (merchant_id, name, points_name, expiry_mode, expiry_days) SELECT id, 'Points', 'points', 'fixed', 365 FROM merchants`,
    `INSERT INTO customers (merchant_id, external_id, name) SELECT id, n, 'Ada' FROM merchants, generate_series(1, ${cards}) AS n`,
    `INSERT INTO cards (merchant_id, program_id, customer_id, number, balance, version)
      SELECT customers.merchant_id, programs.id, customers.id, external_id, ${(lotsPerCard + 1) * 10}, ${lotsPerCard + 2}
      FROM customers JOIN programs USING (merchant_id)`,
    `INSERT INTO entries (merchant_id, card_id, card_version, kind, points, balance_after, occurred_at, actor)
      SELECT merchant_id, id, n + 1, 'earn', 10, n * 10, now() - interval '2 years' + n * interval '1 day', 'bench'
      FROM cards, generate_series(1, ${lotsPerCard + 1}) AS n`,
    `INSERT INTO lots (merchant_id, card_id, entry_id, points, remaining, earned_at, expires_at)
      SELECT merchant_id, card_id, id, points, points, occurred_at,
        CASE WHEN card_version <= ${lotsPerCard + 1} THEN occurred_at + interval '365 days' ELSE now() + interval '1 year' END FROM entries`,
    `INSERT INTO passes (merchant_id, card_id, platform, object_id, wanted_version, synced_version)
      SELECT merchant_id, id, 'google', id, version, version FROM cards WHERE number::int % 2 = 0`,
  ];
}
