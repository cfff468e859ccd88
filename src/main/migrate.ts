import type { Command } from 'commander';
import { rehearse } from '../adapters/postgres/dry-run.ts';
import { migrate, type Migrated, openForMigrations } from '../adapters/postgres/migrate.ts';
import { readSchema } from '../adapters/postgres/schema.ts';
import { describeDatabase, explainDatabaseError, requireSuitable } from '../adapters/postgres/usable-database.ts';
import { readConfig } from '../config.ts';

type Knex = ReturnType<typeof openForMigrations>;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

function counted(names: readonly string[]): string {
  return names.length === 1 ? '1 migration' : `${names.length} migrations`;
}

function printOutcome({ from, to, done, unknown }: Migrated): void {
  if (unknown.length > 0) {
    print(`A newer build has migrated this database (${unknown.join(', ')}): it has all that this build needs.`);
  }
  if (done.length === 0) print(`The schema is at ${to}: nothing to do.`);
  else print(`The schema went from ${from ?? 'nothing'} to ${to} (${counted(done)}).`);
}

async function printRehearsal(knex: Knex): Promise<void> {
  const { recorded } = await readSchema(knex);
  const from = recorded.at(-1) ?? 'nothing';
  const rehearsals = await rehearse(knex, { report: print });
  for (const { name, statements } of rehearsals) print(`\n-- ${name}\n${statements.join('\n')}`);
  const names = rehearsals.map(({ name }) => name);
  if (names.length === 0) print(`The schema is at ${from}: nothing to do.`);
  else
    print(`\nThe schema would go from ${from} to ${names.at(-1)} (${counted(names)}). Dry run: nothing was written.`);
}

async function run({ dryRun }: { dryRun: boolean }): Promise<void> {
  const { DATABASE_URL: url } = readConfig('migrate', process.env);
  const knex = openForMigrations(url);
  try {
    const { version } = await requireSuitable(knex, url);
    print(`The ${describeDatabase(url)}, PostgreSQL ${version}.`);
    if (dryRun) await printRehearsal(knex);
    else printOutcome(await migrate(knex, { report: print }));
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await knex.destroy();
  }
}

const help = `
Run it before the processes of a new version start; the Helm chart does so by itself. What runs
already goes on meanwhile: a migration only adds, and what the version before needs is removed a
release later at the earliest.

It may be started several times at once (one works, the others wait for it and find nothing to do)
and killed at any time (each migration is one transaction; run it again and it goes on).
A table that a long transaction uses is waited for in short tries, so that requests are not held up.
A database that a newer version has migrated is left as it is, with exit code 0.

--dry-run runs the migrations in a transaction that is rolled back: it shows their SQL, and fails
where they would. It takes their locks for that moment.

The user of DATABASE_URL must be allowed to create tables and functions. \`loyalty config migrate\`
prints the settings.

Exit codes: 0 the schema fits, 70 a migration failed and was rolled back, 75 the database is away
or busy (try again), 78 DATABASE_URL, the user's rights, or a PostgreSQL before 15.

Examples:
  $ DATABASE_URL=postgres://loyalty:secret@localhost:5432/loyalty loyalty migrate --dry-run
  $ DATABASE_URL_FILE=/var/run/secrets/database/url loyalty migrate
`;

/** Adds `loyalty migrate` to the program. */
export function addMigrateCommand(program: Command): void {
  program
    .command('migrate')
    .summary('bring the schema of the database to this version')
    .description('Brings the schema of the database to this version.')
    .option('--dry-run', 'show what would be done, and do nothing', false)
    .addHelpText('after', help)
    .action(run);
}
