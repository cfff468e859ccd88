import type { Knex } from 'knex';
import { type Migration, migrations as all } from './migrations/migrations.ts';

/** How a database's schema compares with the migrations of this build. */
export interface Schema {
  /** Migrations that the database has, in the order in which they ran. */
  recorded: string[];
  /** Of this build, and the database lacks them. */
  pending: Migration[];
  /** The database has them, and this build does not know them: a newer one has migrated it. */
  unknown: string[];
}

/** Where knex records what has run. */
export const recordTable = 'knex_migrations';

/** Reads what has run; writes nothing, also where nothing was ever migrated. */
export async function readSchema(knex: Knex, migrations: readonly Migration[] = all): Promise<Schema> {
  const recorded = await recordedNames(knex);
  const known = new Set(migrations.map(({ name }) => name));
  return {
    recorded,
    pending: migrations.filter(({ name }) => !recorded.includes(name)),
    unknown: recorded.filter((name) => !known.has(name)),
  };
}

async function recordedNames(knex: Knex): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { there: boolean }[] }>('SELECT to_regclass(?) IS NOT NULL AS there', [
    recordTable,
  ]);
  if (rows[0]?.there !== true) return [];
  const records = await knex<{ id: number; name: string }>(recordTable).select('name').orderBy('id');
  return records.map(({ name }) => name);
}

/**
 * Whether this build can work on the database: it has every migration of this build. Newer ones do not matter, because a
 * migration only adds what older builds do not look at (expand first).
 * @throws the database's error when it cannot be asked.
 */
export async function schemaFits(knex: Knex, migrations: readonly Migration[] = all): Promise<boolean> {
  return (await readSchema(knex, migrations)).pending.length === 0;
}
