import type { Knex } from 'knex';
import { ExitError, exitCodes } from '../errors.ts';

/** @throws ExitError (64) naming the ids that no merchant has. */
export async function requireMerchants(database: Knex, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const found = await database<{ id: string }>('merchants')
    .whereIn('id', [...ids])
    .pluck<string[]>('id');
  const unknown = [...new Set(ids)].filter((id) => !found.includes(id));
  if (unknown.length === 0) return;
  const what = unknown.length === 1 ? 'There is no merchant' : 'There are no merchants';
  throw new ExitError(exitCodes.usage, `${what} ${unknown.join(', ')}. Nothing was done.`);
}
