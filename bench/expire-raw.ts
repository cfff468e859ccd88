import pg from 'pg';

/** What expire-points is compared with: the same rows by plain SQL. All of them in one transaction, all merchants in one statement. */
export async function expireInOneStatement(url: string): Promise<void> {
  await connected(url, async (client) => {
    await client.query('BEGIN');
    await client.query(`SELECT count(*) FROM (SELECT id FROM cards
      WHERE EXISTS (SELECT FROM lots WHERE lots.merchant_id = cards.merchant_id AND card_id = cards.id AND remaining > 0 AND expires_at <= now())
      ORDER BY merchant_id, id FOR UPDATE) AS locked`);
    await client.query(`
      WITH due AS MATERIALIZED (
        SELECT merchant_id, card_id, uuid_v7() AS entry_id, sum(remaining)::bigint AS points, array_agg(id) AS lot_ids, array_agg(remaining) AS remainders
        FROM lots WHERE remaining > 0 AND expires_at <= now() GROUP BY merchant_id, card_id
      ), lots_zeroed AS (
        UPDATE lots SET remaining = 0 WHERE remaining > 0 AND expires_at <= now()
      ), card AS (
        UPDATE cards SET balance = balance - due.points, version = version + 1
        FROM due WHERE cards.merchant_id = due.merchant_id AND id = due.card_id
        RETURNING cards.merchant_id, id, version, balance, due.entry_id, due.points
      ), entry AS (
        INSERT INTO entries (merchant_id, id, card_id, card_version, kind, points, balance_after, occurred_at, actor, run_id)
        SELECT merchant_id, entry_id, card.id, version, 'expire', -points, balance, now(), 'raw', uuid_v7() FROM card
      ), moves AS (
        INSERT INTO lot_moves (merchant_id, entry_id, lot_id, points)
        SELECT merchant_id, entry_id, lot.id, -lot.remaining FROM due, unnest(lot_ids, remainders) AS lot (id, remaining)
      )
      UPDATE passes SET wanted_version = card.version, stale_since = coalesce(stale_since, now()), changed_xid = pg_current_xact_id()
      FROM card WHERE passes.merchant_id = card.merchant_id AND card_id = card.id AND voided_at IS NULL`);
    await client.query('COMMIT');
  });
}

interface Lot {
  merchant_id: string;
  id: string;
  card_id: string;
  remaining: string;
}

/** As it is often written: a transaction a lot. @returns milliseconds for so many lots. */
export async function expireRowByRow(url: string, count: number): Promise<number> {
  let milliseconds = Number.NaN;
  await connected(url, async (client) => {
    const begun = performance.now();
    const { rows } = await client.query<Lot>(
      'SELECT merchant_id, id, card_id, remaining FROM lots WHERE remaining > 0 AND expires_at <= now() LIMIT $1',
      [count],
    );
    for (const lot of rows) await expireLot(client, lot);
    milliseconds = performance.now() - begun;
  });
  return milliseconds;
}

async function expireLot(client: pg.Client, lot: Lot): Promise<void> {
  const { merchant_id: merchant, id, card_id: card, remaining } = lot;
  await client.query('BEGIN');
  await client.query('SELECT id FROM cards WHERE merchant_id = $1 AND id = $2 FOR UPDATE', [merchant, card]);
  await client.query('UPDATE lots SET remaining = 0 WHERE merchant_id = $1 AND id = $2', [merchant, id]);
  const { rows } = await client.query<{ version: string; balance: string }>(
    'UPDATE cards SET balance = balance - $3, version = version + 1 WHERE merchant_id = $1 AND id = $2 RETURNING version, balance',
    [merchant, card, remaining],
  );
  const entry = await client.query<{ id: string }>(
    `INSERT INTO entries (merchant_id, card_id, card_version, kind, points, balance_after, occurred_at, actor)
      VALUES ($1, $2, $3, 'expire', -$4::bigint, $5, now(), 'raw') RETURNING id`,
    [merchant, card, rows[0]?.version, remaining, rows[0]?.balance],
  );
  await client.query('INSERT INTO lot_moves (merchant_id, entry_id, lot_id, points) VALUES ($1, $2, $3, -$4::bigint)', [
    merchant,
    entry.rows[0]?.id,
    id,
    remaining,
  ]);
  await client.query(
    `UPDATE passes SET wanted_version = $3, stale_since = coalesce(stale_since, now()), changed_xid = pg_current_xact_id()
      WHERE merchant_id = $1 AND card_id = $2`,
    [merchant, card, rows[0]?.version],
  );
  await client.query('COMMIT');
}

async function connected(url: string, body: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await body(client);
  } finally {
    await client.end();
  }
}
