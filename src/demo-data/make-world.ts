import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { ExitError, exitCodes } from '../errors.ts';
import { type LoadInput, loadWorld, type World } from './load.ts';
import { planMerchants, type WorldOptions } from './merchants.ts';
import { tables } from './rows.ts';

/** PostgreSQL settings of the connection. */
export const demoDataSettings = { lock_timeout: '5s', client_connection_check_interval: '1s' } as const;

export interface MakeWorldInput extends LoadInput {
  /** Whether the database may have merchants already. */
  add: boolean;
}

/**
 * Makes the world in one transaction. Needs the schema.
 * @throws ExitError (64) when there are merchants already and `add` is false, or those of this seed are there; (75) when another
 * process does the same at the moment.
 */
export async function makeWorld(database: Knex, options: WorldOptions, input: MakeWorldInput): Promise<World> {
  const world = await database.transaction(async (transaction) => {
    await requireAlone(transaction);
    await requireRoom(transaction, options, input.add);
    const connection = (await transaction.client.acquireConnection()) as ClientBase;
    return loadWorld(connection, options, input);
  });
  // Else PostgreSQL plans for empty tables until autovacuum comes by.
  await database.raw(`ANALYZE ${tables.join(', ')}`);
  return world;
}

async function requireAlone(transaction: Knex): Promise<void> {
  const { rows } = await transaction.raw<{ rows: { mine: boolean }[] }>(
    "SELECT pg_try_advisory_xact_lock(hashtext('loyalty demo-data')) AS mine",
  );
  if (rows[0]?.mine === true) return;
  const message = 'Another `loyalty demo-data` fills this database at the moment. Try again when it has ended.';
  throw new ExitError(exitCodes.temporary, message);
}

async function requireRoom(transaction: Knex, options: WorldOptions, add: boolean): Promise<void> {
  const [found] = await transaction('merchants').count<{ count: number }[]>('id');
  const count = found?.count ?? 0;
  if (count > 0 && !add) {
    const merchants = count === 1 ? 'a merchant' : `${count} merchants`;
    throw usage(
      `The database has ${merchants} already. --add adds to what is there; another database keeps them apart.`,
    );
  }
  const ids = planMerchants(options).map(({ id }) => id);
  const { rows } = await transaction.raw<{ rows: { id: string }[] }>(
    'SELECT id FROM merchants WHERE id = ANY (?::uuid[]) LIMIT 1',
    [ids],
  );
  const [same] = rows;
  if (same)
    throw usage(
      `The database has demo data of seed ${options.seed} already (merchant ${same.id}). Use another --seed.`,
    );
}

function usage(message: string): ExitError {
  return new ExitError(exitCodes.usage, message);
}
