import assert from 'node:assert/strict';
import pg from 'pg';
import { sharedPostgres } from './postgres/shared-postgres.ts';
import { startTcpProxy, type TcpProxy } from './tcp-proxy.ts';
import { eventually } from './wait.ts';

describe('the TCP proxy before PostgreSQL', () => {
  let proxy: TcpProxy;
  let url: string;

  before(async () => {
    const postgres = await sharedPostgres();
    proxy = await startTcpProxy(postgres);
    url = proxy.url(postgres.url());
  });
  afterEach(() => proxy.heal());
  after(() => proxy.stop());

  async function open(timeout = 10_000): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: timeout });
    client.on('error', () => {}); // what its queries are told is looked at
    await client.connect();
    return client;
  }
  const noneOpen = (): Promise<void> =>
    eventually(() => assert.equal(proxy.connections(), 0), { describe: 'every connection to be closed' });

  it('carries what is sent, large and small, and closes when its client does', async () => {
    const client = await open();
    const { rows } = await client.query<{ text: string }>("SELECT repeat('x', 5000000) || $1 AS text", [
      'é'.repeat(500_000),
    ]);
    assert.equal(rows[0]?.text.length, 5_500_000);
    await client.end();
    await noneOpen();
  });

  it('cuts what is open, and takes new connections', async () => {
    const client = await open();
    const running = client.query('SELECT pg_sleep(60)');
    proxy.cut();
    await assert.rejects(running, { code: 'ECONNRESET' });
    await (await open()).end();
    await noneOpen();
  });

  it('refuses new connections while those that are open go on', async () => {
    const client = await open();
    proxy.refuse();
    await assert.rejects(open(), { code: 'ECONNREFUSED' });
    assert.equal((await client.query('SELECT 1')).rowCount, 1);
    await proxy.heal();
    await (await open()).end();
    await client.end();
    await noneOpen();
  });

  it('hangs without telling, also about a server that ends meanwhile, and goes on when healed', async () => {
    const [asked, ended] = [await open(), await open()];
    const { rows } = await ended.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
    proxy.hang();
    const answer = asked.query('SELECT 1');
    await assert.rejects(open(200), /timeout expired/);
    const direct = new pg.Client({ connectionString: (await sharedPostgres()).url() });
    await direct.connect();
    await direct.query('SELECT pg_terminate_backend($1)', [rows[0]?.pid]);
    await direct.end();
    await proxy.heal();
    assert.equal((await answer).rowCount, 1);
    await asked.end();
    await assert.rejects(ended.query('SELECT 1'));
    await noneOpen();
  });
});
