import type { Knex } from 'knex';
import { withMigrationLock } from './migration-lock.ts';
import { type Migration, migrations as all } from './migrations/migrations.ts';
import { requireSameLine } from './migrate.ts';
import { readSchema } from './schema.ts';

export interface Rehearsal {
  name: string;
  /** The SQL that it ran, as written, without the indentation that the code gives it. */
  statements: string[];
}

export interface RehearseOptions {
  /** Those of this build when absent. */
  migrations?: readonly Migration[];
  report?: (line: string) => void;
}

/**
 * Runs the pending migrations in one transaction and rolls it back, so that what it shows is what would happen, errors
 * too. It takes for that moment the locks that the migrations take. The database is left as it was, without knex's tables.
 * @throws whatever the first migration that fails throws.
 */
export async function rehearse(
  knex: Knex,
  { migrations = all, report = () => {} }: RehearseOptions = {},
): Promise<Rehearsal[]> {
  const waiting = (): void => report('Waiting for another process that migrates this database.');
  return withMigrationLock({ knex, waiting }, async () => {
    const schema = await readSchema(knex, migrations);
    requireSameLine(schema);
    const transaction = await knex.transaction();
    try {
      const rehearsals: Rehearsal[] = [];
      for (const migration of schema.pending) rehearsals.push(await rehearseOne(transaction, migration));
      return rehearsals;
    } finally {
      await transaction.rollback();
    }
  });
}

async function rehearseOne(transaction: Knex.Transaction, migration: Migration): Promise<Rehearsal> {
  const statements: string[] = [];
  const note = (query: Knex.Sql): void => {
    const values = query.bindings.length > 0 ? ` -- ${JSON.stringify(query.bindings)}` : '';
    statements.push(`${dedented(query.sql)};${values}`);
  };
  transaction.on('query', note);
  try {
    await migration.up(transaction);
  } finally {
    transaction.removeListener('query', note);
  }
  return { name: migration.name, statements };
}

/** Template strings in the code are indented as the code is. */
function dedented(sql: string): string {
  const lines = sql.replace(/^\s*\n|\s+$/g, '').split('\n');
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  // The first line is often written right after the backtick, where it has no indentation.
  const [first = 0, ...others] = indents;
  const common = first > 0 ? Math.min(first, ...others) : Math.min(...others, Infinity);
  return lines
    .map((line, index) => (index === 0 && first === 0 ? line : line.slice(Number.isFinite(common) ? common : 0)))
    .join('\n');
}
