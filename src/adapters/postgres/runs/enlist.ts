import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

const all: Statement = {
  name: 'run_merchants_enlist',
  text: `INSERT INTO run_merchants (run_id, merchant_id) SELECT $1, id FROM merchants WHERE $2::uuid[] IS NULL OR id = ANY ($2)`,
};

/** Puts merchants on the list of a run; undefined: all. */
export async function enlistMerchants(
  database: Knex,
  runId: string,
  merchants: readonly string[] | undefined,
): Promise<void> {
  await execute(database, all, [runId, merchants]);
}

const due: Statement = {
  name: 'run_merchants_enlist_due',
  text: `
    INSERT INTO run_merchants (run_id, merchant_id, state, started_at, finished_at)
    SELECT $1, id, CASE WHEN due THEN 'pending' ELSE 'done' END, CASE WHEN NOT due THEN now END, CASE WHEN NOT due THEN now END
    FROM merchants, (SELECT date_trunc('milliseconds', statement_timestamp()) AS now) AS clock, LATERAL (
      SELECT EXISTS (SELECT FROM lots WHERE merchant_id = merchants.id AND remaining > 0 AND expires_at <= $3 OFFSET 0) AS due
    ) AS lots
    WHERE $2::uuid[] IS NULL OR id = ANY ($2)`,
};

/** As {@link enlistMerchants}; those without a lot that is due by `asOf` are done at once. */
export async function enlistMerchantsWithDueLots(
  database: Knex,
  runId: string,
  merchants: readonly string[] | undefined,
  asOf: Date,
): Promise<void> {
  await execute(database, due, [runId, merchants, asOf]);
}

const reset: Statement = {
  name: 'run_merchants_reset',
  text: `
    WITH again AS (
      UPDATE run_merchants SET state = 'pending', reason = NULL, message = NULL, finished_at = NULL
      WHERE run_id = $1 AND state = 'failed' AND ($2::uuid[] IS NULL OR merchant_id = ANY ($2)) RETURNING merchant_id
    )
    DELETE FROM run_failures USING again WHERE run_id = $1 AND run_failures.merchant_id = again.merchant_id`,
};

/** Has the failed ones of these merchants (undefined: of all) tried again: they are pending, and their failures are gone. */
export async function resetFailedMerchants(
  database: Knex,
  runId: string,
  merchants: readonly string[] | undefined,
): Promise<void> {
  await execute(database, reset, [runId, merchants]);
}

const missing: Statement = {
  name: 'run_merchants_missing',
  text: `SELECT id FROM unnest($2::uuid[]) AS id WHERE NOT EXISTS (SELECT FROM run_merchants WHERE run_id = $1 AND merchant_id = id)`,
};

/** Which of these merchants are not on the list of the run. */
export async function merchantsNotOfRun(
  database: Knex,
  runId: string,
  merchants: readonly string[],
): Promise<string[]> {
  return (await execute<{ id: string }>(database, missing, [runId, merchants])).map(({ id }) => id);
}
