import type { Knex } from 'knex';
import { execute } from '../statement.ts';

/** What the pipeline of the API asks of `api_keys`. Creating and revoking keys are operations (models/api-key.ts). */

export interface FoundKey {
  id: string;
  name: string;
  scope: 'store' | 'admin' | 'admin:read';
  merchant_id: string | null;
}

const find = {
  name: 'find-api-key',
  text: 'SELECT id, name, scope, merchant_id FROM api_keys WHERE hash = $1 AND revoked_at IS NULL',
};

/** The key with this SHA-256, if it is there and not revoked. */
export async function findKey(database: Knex, hash: Buffer): Promise<FoundKey | undefined> {
  const [found] = await execute<FoundKey>(database, find, [hash]);
  return found;
}

// Locked in one order, so that two replicas which write the same keys do not wait for each other in a circle.
const recordUse = {
  name: 'record-use-of-api-keys',
  text: `
    WITH used AS (SELECT * FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at)),
    locked AS (SELECT id FROM api_keys WHERE id IN (SELECT id FROM used) ORDER BY id FOR UPDATE)
    UPDATE api_keys SET last_used_at = greatest(last_used_at, date_trunc('milliseconds', used.at))
    FROM used JOIN locked USING (id) WHERE api_keys.id = used.id`,
};

/** Writes when each key was last used; an earlier instant than the one that is there changes nothing. */
export async function recordUseOfKeys(database: Knex, uses: ReadonlyMap<string, Date>): Promise<void> {
  await execute(database, recordUse, [[...uses.keys()], [...uses.values()]]);
}

const bootstrap = 'bootstrap';

/**
 * Holds the first admin key: it is inserted, and one that was held in its place before is revoked, in one transaction.
 * @returns whether the key works; false: it was revoked or replaced once. That is for ever, and nothing was changed.
 */
export function holdBootstrapKey(database: Knex, hash: Buffer): Promise<boolean> {
  return database.transaction(async (transaction) => {
    const row = { name: bootstrap, scope: 'admin', hash, created_by: bootstrap };
    await transaction('api_keys').insert(row).onConflict('hash').ignore();
    if ((await findKey(transaction, hash)) === undefined) return false;
    await transaction('api_keys')
      .where({ created_by: bootstrap })
      .whereNull('revoked_at')
      .whereNot({ hash })
      .update({ revoked_at: transaction.raw("date_trunc('milliseconds', clock_timestamp())") });
    return true;
  });
}
