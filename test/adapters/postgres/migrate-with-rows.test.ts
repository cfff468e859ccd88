import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { migrate, migrationConfig, openForMigrations } from '../../../src/adapters/postgres/migrate.ts';
import { migrations } from '../../../src/adapters/postgres/migrations/migrations.ts';
import { columnsOf, insertSampleRows } from '../../support/postgres/sample-rows.ts';
import { schemaText } from '../../support/postgres/schema-text.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';

type Content = Map<string, Record<string, unknown>[]>;

/** All rows, by table. */
async function content(knex: Knex): Promise<Content> {
  const found: Content = new Map();
  for (const [table, columns] of await columnsOf(knex)) {
    const { rows } = await knex.raw<{ rows: Record<string, unknown>[] }>('SELECT * FROM ?? ORDER BY ??, ??', [
      table,
      columns[0] ?? '',
      columns[1] ?? columns[0] ?? '',
    ]);
    found.set(table, rows);
  }
  return found;
}

/** Both without the tables and columns that only one of them has. */
function assertSameRows(actual: Content, expected: Content): void {
  for (const [table, rows] of expected) {
    const found = actual.get(table);
    if (found === undefined) continue;
    const [sample, other] = [found[0] ?? {}, rows[0] ?? {}];
    const common = Object.keys(sample).filter((column) => column in other);
    const pick = (row: Record<string, unknown>): unknown[] => common.map((column) => row[column]);
    assert.deepEqual(found.map(pick), rows.map(pick), `the rows of ${table}`);
  }
}

function assertNoneEmpty(rows: Content): void {
  const empty = [...rows].filter(([, { length }]) => length === 0).map(([table]) => table);
  assert.deepEqual(empty, [], 'tables without rows: add some to test/support/postgres/sample-rows.ts');
}

for (const version of [18, 15] as const) {
  describe(`migrations with rows in place, on PostgreSQL ${version}`, () => {
    let knex: Knex;

    beforeEach(async () => {
      knex = openForMigrations((await (await sharedPostgres(version)).emptyDatabase()).url);
    });
    afterEach(() => knex.destroy());

    async function migrateTo(level: number): Promise<void> {
      for (const { name } of migrations.slice(0, level)) await knex.migrate.up({ ...migrationConfig(), name });
    }

    migrations.forEach(({ name }, index) => {
      it(`keep the rows of a database at ${name}`, async () => {
        await migrateTo(index + 1);
        await insertSampleRows(knex);
        const before = await content(knex);
        assertNoneEmpty(before);
        await migrate(knex);
        const after = await content(knex);
        assertSameRows(after, before);
        assert.deepEqual(
          [...before.keys()].filter((table) => !after.has(table)),
          [],
          'tables that an older process still reads',
        );
      });
    });

    it('go down one at a time, and up again to the same schema', async () => {
      await migrate(knex);
      await insertSampleRows(knex);
      const [rows, schema] = [await content(knex), await schemaText(knex)];
      for (const { name } of migrations.toReversed()) {
        await knex.migrate.down({ ...migrationConfig(), name });
        assertSameRows(await content(knex), rows);
        const { from, done } = await migrate(knex);
        assert.deepEqual([from, done.length > 0], [migrations[migrations.length - done.length - 1]?.name, true]);
        assert.deepEqual(await schemaText(knex), schema);
        for (const down of migrations.slice(migrations.findIndex((other) => other.name === name)).toReversed()) {
          await knex.migrate.down({ ...migrationConfig(), name: down.name });
        }
      }
      assert.deepEqual(await schemaText(knex), []);
    });
  });
}
