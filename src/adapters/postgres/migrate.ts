import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { ExitError, exitCodes, messageOf } from '../../errors.ts';
import { openDatabase } from './database.ts';
import { databaseFailure } from './failure.ts';
import { withMigrationLock } from './migration-lock.ts';
import { type Migration, migrations as all } from './migrations/migrations.ts';
import { readSchema, recordTable, type Schema } from './schema.ts';

export interface MigrateOptions {
  /** Those of this build when absent. */
  migrations?: readonly Migration[];
  /** Told what happens, one line of text each. */
  report?: (line: string) => void;
}

export interface Migrated {
  /** The last migration that the database had before; undefined: none. */
  from: string | undefined;
  /** The last that it has now. */
  to: string | undefined;
  /** What was run, in order. */
  done: string[];
  /** What the database has and this build does not know. */
  unknown: string[];
}

/** A table that is in use is not waited for long: whoever wants it next would wait behind us. */
const migrationSettings = {
  lock_timeout: '5s',
  statement_timeout: '0',
  idle_in_transaction_session_timeout: '0',
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
} as const;

const lockNotAvailable = '55P03';
const attemptsAtLocks = 20;

/** What `knex.migrate` takes to run these. Migrations that this build does not know are no error. */
export function migrationConfig(migrations: readonly Migration[] = all): Knex.MigratorConfig {
  const migrationSource: Knex.MigrationSource<Migration> = {
    getMigrations: () => Promise.resolve([...migrations]),
    getMigrationName: ({ name }) => name,
    getMigration: (migration) => Promise.resolve(migration),
  };
  return { migrationSource, tableName: recordTable, disableMigrationsListValidation: true };
}

/**
 * Brings the schema to the last migration of this build. Each migration and its record are one transaction, so it may be
 * killed at any time and run again; of several at once one works, and the others wait and then find nothing to do.
 * @param knex at least two connections: one holds the lock, the other works.
 * @throws ExitError (70) naming the migration that failed, (75) when a table stayed in use, (78) when the schema is of another line.
 */
export async function migrate(
  knex: Knex,
  { migrations = all, report = () => {} }: MigrateOptions = {},
): Promise<Migrated> {
  const before = await readSchema(knex, migrations);
  if (before.pending.length === 0) return outcome(before, []);
  requireSameLine(before);
  const waiting = (seconds: number): void =>
    report(`Waiting for another process that migrates this database${seconds > 0 ? ` (${seconds} s)` : ''}.`);
  return withMigrationLock({ knex, waiting }, async () => {
    const schema = await readSchema(knex, migrations);
    requireSameLine(schema);
    // We have the lock, so a row that says "locked" is from a process that was killed.
    await knex.migrate.forceFreeMigrationsLock(migrationConfig(migrations));
    for (const { name } of schema.pending) await runNext({ knex, migrations, report }, name);
    return outcome(
      schema,
      schema.pending.map(({ name }) => name),
    );
  });
}

/** The database as migrations want it: destroy it after. */
export function openForMigrations(url: string): Knex {
  return openDatabase({ url, poolSize: 2, applicationName: 'loyalty migrate', settings: migrationSettings });
}

/** Opens the database, migrates it, and closes. */
export async function migrateDatabase(url: string, options: MigrateOptions = {}): Promise<Migrated> {
  const knex = openForMigrations(url);
  try {
    return await migrate(knex, options);
  } finally {
    await knex.destroy();
  }
}

function outcome({ recorded, unknown }: Schema, done: string[]): Migrated {
  return { from: recorded.at(-1), to: done.at(-1) ?? recorded.at(-1), done, unknown };
}

/** A newer build's schema is fine as it is; but an older migration must never run on top of a newer one. */
export function requireSameLine({ unknown, pending }: Schema): void {
  const [newer, missing] = [unknown[0], pending[0]];
  if (newer === undefined || missing === undefined) return;
  throw new ExitError(
    exitCodes.configuration,
    `The database has the migration ${newer}, which this build does not know, but lacks ${missing.name}, which it does: ` +
      'it was migrated by a build of another line. Nothing was changed. Use a build that has both.',
  );
}

interface RunDeps {
  knex: Knex;
  migrations: readonly Migration[];
  report: (line: string) => void;
}

async function runNext({ knex, migrations, report }: RunDeps, name: string): Promise<void> {
  const start = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      await knex.migrate.up({ ...migrationConfig(migrations), name });
      return report(`${name}: done in ${((performance.now() - start) / 1000).toFixed(2)} s.`);
    } catch (error) {
      if (stateOf(error) !== lockNotAvailable) throw failed(name, error);
      if (attempt === attemptsAtLocks) throw stayedInUse(name, error);
      report(`${name}: a table that it changes is in use by a long transaction; trying again.`);
      await sleep(1000);
    }
  }
}

function stayedInUse(name: string, cause: unknown): ExitError {
  const message =
    `The migration ${name} was rolled back ${attemptsAtLocks} times: a table that it changes is in use by a long transaction. ` +
    "End it (SELECT pid, xact_start, query FROM pg_stat_activity WHERE state <> 'idle' ORDER BY xact_start) and run this again.";
  return new ExitError(exitCodes.temporary, message, { cause });
}

/** What went wrong with the database is left as it is; a migration that is at fault is named. */
function failed(name: string, error: unknown): unknown {
  if (databaseFailure(error) !== undefined || stateOf(error) === '42501') return error;
  return new ExitError(
    exitCodes.internal,
    `The migration ${name} failed and was rolled back: ${messageOf(error)}\nThe migrations before it are done. Please report this.`,
    { cause: error },
  );
}

function stateOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
