import assert from 'node:assert/strict';
import pg from 'pg';
import { sharedPostgres } from './shared-postgres.ts';
import { startPostgres, type TestPostgres } from './postgres.ts';

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

describe('a PostgreSQL for tests', () => {
  for (const version of [18, 15] as const) {
    it(`is a ${version}`, async () => {
      const postgres = await sharedPostgres(version);
      const [row] = await query(postgres.url(), 'SHOW server_version');
      assert.match(String((row as { server_version: string }).server_version), new RegExp(`^${version}\\.`));
      const database = await postgres.emptyDatabase();
      await query(database.url, 'CREATE TABLE t (id int)');
      await database.drop();
      await assert.rejects(query(database.url, 'SELECT 1'), { code: '3D000' });
    });
  }

  it('gives databases with the schema of this checkout, each of its own', async () => {
    const postgres = await sharedPostgres();
    const [one, two] = await Promise.all([postgres.createDatabase(), postgres.createDatabase()]);
    await query(one.url, "INSERT INTO merchants (name, timezone) VALUES ('Café', 'UTC')");
    assert.deepEqual(await query(one.url, 'SELECT name FROM merchants'), [{ name: 'Café' }]);
    assert.deepEqual(await query(two.url, 'SELECT name FROM merchants'), []);
    await Promise.all([one.drop(), two.drop()]);
  });

  describe('that is durable', () => {
    let postgres: TestPostgres;

    before(async () => {
      postgres = await startPostgres({ durable: true });
    });
    after(() => postgres.stop());

    it('has after a kill -9 what was committed, on the same port', async () => {
      await query(postgres.url(), 'CREATE TABLE t AS SELECT 1 AS id');
      const first = postgres.pid();
      await postgres.kill9();
      await assert.rejects(query(postgres.url(), 'SELECT 1'), { code: 'ECONNREFUSED' });
      await postgres.restart();
      assert.notEqual(postgres.pid(), first);
      assert.deepEqual(await query(postgres.url(), 'TABLE t'), [{ id: 1 }]);
      await postgres.restart();
      assert.deepEqual(await query(postgres.url(), 'SHOW fsync'), [{ fsync: 'on' }]);
    });
  });
});
