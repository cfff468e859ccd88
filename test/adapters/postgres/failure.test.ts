import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { raw } from 'objection';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { databaseFailure } from '../../../src/adapters/postgres/failure.ts';
import { Merchant } from '../../../src/adapters/postgres/models/merchant.ts';
import { execute } from '../../../src/adapters/postgres/statement.ts';
import { eventually } from '../../support/wait.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres/postgres.ts';

describe('failures of the database', () => {
  let postgres: TestPostgres;
  let database: Knex;
  before(async () => {
    postgres = await startPostgres();
    const { url } = await postgres.createDatabase();
    database = openDatabase({ url, poolSize: 2, applicationName: 'test', settings: { statement_timeout: '100ms' } });
  });
  after(async () => {
    await database.destroy();
    await postgres.stop();
  });

  /** By each way that statements go: a prepared one, knex, and a model, which wraps what it throws. */
  const ways: Record<string, (expression: string) => Promise<unknown>> = {
    'a prepared statement': (expression) =>
      execute(database, { name: expression, text: `SELECT ${expression} FROM merchants` }, []),
    knex: (expression) => database('merchants').select(database.raw(expression)),
    'a model': async (expression) => Merchant.query(database).select(raw(expression)),
  };
  const row = { name: 'A', timezone: 'UTC' };

  for (const [way, ask] of Object.entries(ways)) {
    const failureOf = async (expression: string): Promise<unknown> => {
      const [asked] = await Promise.allSettled([ask(expression)]);
      assert.equal(asked.status, 'rejected', `${expression} was answered`);
      return databaseFailure((asked as PromiseRejectedResult).reason);
    };

    it(`are told apart by ${way}`, async () => {
      await eventually(() => database.raw('SELECT 1').then(() => {}), { describe: 'a connection that is alive' });
      if ((await Merchant.query(database).resultSize()) === 0) await Merchant.query(database).insert(row);
      assert.equal(await failureOf('pg_sleep(5)'), 'busy');
      assert.equal(await failureOf('1 / (length(name) - 1)'), undefined);
      assert.equal(await failureOf('no_such_column'), undefined);
      // Last: the connection is gone with it.
      assert.equal(await failureOf('pg_terminate_backend(pg_backend_pid())'), 'unavailable');
    });
  }

  it('are told from a connection that is refused, for whatever reason', async () => {
    const { name, url } = await postgres.createDatabase();
    await database.raw(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
    const closed = openDatabase({ url, poolSize: 1, applicationName: 'test' });
    await assert.rejects(closed.raw('SELECT 1'), (error) => databaseFailure(error) === 'unavailable');
    await closed.destroy();
  });

  it('are told when nothing listens any more, by each way', async () => {
    await postgres.stop();
    for (const [way, ask] of Object.entries(ways)) {
      // A connection that was open may be found dead first.
      for (let times = 0; times < 3; times += 1) {
        await assert.rejects(ask('1'), (error) => databaseFailure(error) === 'unavailable', way);
      }
    }
  });
});
