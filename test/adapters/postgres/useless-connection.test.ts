import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { databaseFailure } from '../../../src/adapters/postgres/failure.ts';
import { execute } from '../../../src/adapters/postgres/statement.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';

describe('a connection that is open and of no use', () => {
  let own: TestDatabase;
  let proxy: TcpProxy;
  let database: Knex;
  before(async () => {
    const postgres = await sharedPostgres();
    own = await postgres.createDatabase();
    proxy = await startTcpProxy(postgres);
  });
  beforeEach(() => {
    database = openDatabase({ url: proxy.url(own.url), poolSize: 1, applicationName: 'test', longestSilence: 800 });
  });
  afterEach(async () => {
    await proxy.heal();
    await database.destroy();
  });
  after(async () => {
    proxy.stop();
    await own.drop();
  });

  const processId = async (): Promise<number> => {
    const [row] = await execute<{ pid: number }>(database, { name: 'pid', text: 'SELECT pg_backend_pid() AS pid' }, []);
    return row?.pid ?? 0;
  };

  it('is given up when the server does not answer a statement', async () => {
    const first = await processId();
    proxy.hang();
    await assert.rejects(processId(), (error) => databaseFailure(error) === 'unavailable');
    await proxy.heal();
    assert.notEqual(await processId(), first);
  });

  it('is given up within a transaction, whose change did not happen', async () => {
    const change = database.transaction(async (transaction) => {
      await transaction('merchants').insert({ name: 'A', timezone: 'UTC' });
      proxy.hang();
    });
    await assert.rejects(change, (error) => databaseFailure(error) === 'unavailable');
    proxy.cut();
    await proxy.heal();
    assert.deepEqual(await database('merchants').select('id'), []);
  });

  it('is not given up while the server answers in time, nor while it is idle', async () => {
    const first = await processId();
    await database.raw('SELECT pg_sleep(0.1)');
    const second = openDatabase({ url: own.url, poolSize: 1, applicationName: 'test' });
    await second.raw('SELECT pg_sleep(1)');
    await second.destroy();
    assert.equal(await processId(), first);
  });

  it('is given up when the server takes no writes any more', async () => {
    const first = await processId();
    await database.raw('SET default_transaction_read_only = on');
    const write = (): Promise<unknown> => database('merchants').insert({ name: 'A', timezone: 'UTC' });
    await assert.rejects(write(), (error) => databaseFailure(error) === 'unavailable');
    await write();
    assert.notEqual(await processId(), first);
  });
});
