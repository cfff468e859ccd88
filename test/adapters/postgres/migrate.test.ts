import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { rehearse } from '../../../src/adapters/postgres/dry-run.ts';
import { migrate, migrationConfig, openForMigrations } from '../../../src/adapters/postgres/migrate.ts';
import { withMigrationLock } from '../../../src/adapters/postgres/migration-lock.ts';
import { type Migration, migrations } from '../../../src/adapters/postgres/migrations/migrations.ts';
import { readSchema, schemaFits } from '../../../src/adapters/postgres/schema.ts';
import { ExitError } from '../../../src/errors.ts';
import { schemaText } from '../../support/postgres/schema-text.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { eventually } from '../../support/wait.ts';

const names = migrations.map(({ name }) => name);
const [first, last] = [names[0] ?? '', names.at(-1) ?? ''];

function migration(name: string, statement: string): Migration {
  const up = async (knex: Knex): Promise<void> => void (await knex.raw(statement));
  return { name, up, down: () => Promise.resolve() };
}

describe('migrate', () => {
  const opened: Knex[] = [];
  let url: string;

  beforeEach(async () => {
    ({ url } = await (await sharedPostgres()).emptyDatabase());
  });
  afterEach(() => Promise.all(opened.splice(0).map((knex) => knex.destroy())));

  function open(): Knex {
    const knex = openForMigrations(url);
    opened.push(knex);
    return knex;
  }

  it('brings an empty database to the last migration, and does nothing the second time', async () => {
    const knex = open();
    const lines: string[] = [];
    assert.equal(await schemaFits(knex), false);
    assert.deepEqual(await migrate(knex, { report: (line) => lines.push(line) }), {
      from: undefined,
      to: last,
      done: names,
      unknown: [],
    });
    assert.deepEqual(
      lines.map((line) => line.replace(/\d+\.\d+/, 'N')),
      names.map((name) => `${name}: done in N s.`),
    );
    assert.equal(await schemaFits(knex), true);
    assert.deepEqual(await migrate(knex), { from: last, to: last, done: [], unknown: [] });
  });

  it('goes on from where the database is', async () => {
    const knex = open();
    await knex.migrate.up(migrationConfig());
    assert.equal(await schemaFits(knex), false);
    assert.deepEqual(await migrate(knex), { from: first, to: last, done: names.slice(1), unknown: [] });
  });

  for (const count of [2, 5]) {
    it(`runs each migration once when ${count} start at once`, async () => {
      const outcomes = await Promise.all(Array.from({ length: count }, () => migrate(open())));
      assert.deepEqual(
        outcomes.flatMap(({ done }) => done),
        names,
      );
      assert.deepEqual(new Set(outcomes.map(({ to }) => to)), new Set([last]));
      assert.deepEqual((await readSchema(open())).recorded, names);
    });
  }

  it('waits for another one, says so, and then finds nothing to do', async () => {
    const lines: string[] = [];
    const holder = open();
    let waiter: ReturnType<typeof migrate> | undefined;
    await withMigrationLock({ knex: holder, waiting: () => assert.fail() }, async () => {
      waiter = migrate(open(), { report: (line) => lines.push(line) });
      await eventually(() => assert.equal(lines.length, 1), { describe: 'the other one to wait' });
      for (const name of names) await holder.migrate.up({ ...migrationConfig(), name });
    });
    assert.deepEqual((await waiter)?.done, []);
    assert.match(lines.join('\n'), /^Waiting for another process that migrates this database\.$/);
  });

  it("frees knex's lock row that a killed process has left behind", async () => {
    const knex = open();
    await knex.migrate.up(migrationConfig());
    await knex('knex_migrations_lock').update({ is_locked: 1 });
    assert.deepEqual((await migrate(knex)).done, names.slice(1));
    assert.deepEqual(await knex('knex_migrations_lock').select('is_locked'), [{ is_locked: 0 }]);
  });

  it('leaves a database that a newer build has migrated as it is', async () => {
    const knex = open();
    const newer = [...migrations, migration('9999-newer', 'CREATE TABLE newer ()')];
    await migrate(knex, { migrations: newer });
    assert.deepEqual(await migrate(knex), { from: '9999-newer', to: '9999-newer', done: [], unknown: ['9999-newer'] });
    assert.equal(await schemaFits(knex), true);
    assert.equal(await schemaFits(knex, [...newer, migration('99991', '')]), false);
  });

  it('does nothing to a database of another line', async () => {
    const knex = open();
    await migrate(knex, { migrations: [...migrations.slice(0, 1), migration('0002-other', 'CREATE TABLE other ()')] });
    const before = await schemaText(knex);
    for (const attempt of [() => migrate(knex), () => rehearse(knex)]) {
      await assert.rejects(attempt(), (error: ExitError) => {
        assert.equal(error.exitCode, 78);
        assert.match(error.message, /has the migration 0002-other, which this build does not know, but lacks 0002-/);
        return true;
      });
    }
    assert.deepEqual(await schemaText(knex), before);
  });

  it('rolls a migration that fails back, names it, and keeps those before it', async () => {
    const knex = open();
    const good = migration('1-good', 'CREATE TABLE good ()');
    const bad = migration('2-bad', 'CREATE TABLE bad (); SELECT nothing_like_it()');
    await assert.rejects(migrate(knex, { migrations: [good, bad, migration('3', '')] }), (error: ExitError) => {
      assert.equal(error.exitCode, 70);
      assert.match(
        error.message,
        /^The migration 2-bad failed and was rolled back: .*nothing_like_it\(\) does not exist/,
      );
      return true;
    });
    assert.equal(await knex.schema.hasTable('bad'), false);
    const mended = [good, migration('2-bad', 'CREATE TABLE bad ()')];
    assert.deepEqual((await migrate(knex, { migrations: mended })).done, ['2-bad']);
  });

  it('tries again, and says so, when a table is in use', async () => {
    const knex = open();
    await migrate(knex, { migrations: [migration('1', 'CREATE TABLE used ()')] });
    const list = [
      migration('1', ''),
      migration('2', "SET LOCAL lock_timeout = '50ms'; ALTER TABLE used ADD COLUMN x int"),
    ];
    const user = await open().transaction();
    await user.raw('LOCK TABLE used IN ACCESS SHARE MODE');
    const lines: string[] = [];
    const running = migrate(knex, { migrations: list, report: (line) => lines.push(line) });
    await eventually(() => assert.equal(lines.length, 1), { describe: 'the first attempt' });
    assert.equal(lines[0], '2: a table that it changes is in use by a long transaction; trying again.');
    await user.rollback();
    assert.deepEqual((await running).done, ['2']);
  });

  it('shows in a dry run what it would run, and writes nothing', async () => {
    const knex = open();
    const rehearsals = await rehearse(knex);
    assert.deepEqual(
      rehearsals.map(({ name }) => name),
      names,
    );
    const { rows } = await knex.raw<{ rows: object[] }>(
      "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace",
    );
    assert.deepEqual(rows, []);
    for (const { statements } of rehearsals) for (const statement of statements) await knex.raw(statement);
    const shown = await schemaText(knex);
    ({ url } = await (await sharedPostgres()).createDatabase());
    assert.deepEqual(shown, await schemaText(open()));
    assert.deepEqual(await rehearse(open()), []);
  });

  it('shows in a dry run what would fail', async () => {
    const list = [migration('1', 'CREATE TABLE one ()'), migration('2', 'CREATE TABLE one ()')];
    await assert.rejects(rehearse(open(), { migrations: list }), { code: '42P07' });
    assert.deepEqual(await schemaText(open()), []);
  });
});
