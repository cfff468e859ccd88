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
