import assert from 'node:assert/strict';
import { Agent, request } from 'undici';
import { migrateDatabase } from '../../../src/adapters/postgres/migrate.ts';
import { ConfigurationError } from '../../../src/errors.ts';
import { startApi } from '../../../src/api/server.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { createLog } from '../../../src/log.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { eventually } from '../../support/wait.ts';
import { effectsOf, type Scene, startScene } from './scene.ts';

const effects = '/api/v1/admin/test/effects';
const item = '/api/v1/admin/test/items/01943f6e-7c00-7abc-8def-0123456789ab';

describe('the API in its life', () => {
  it('is alive but not ready until the schema fits', async () => {
    const testDatabase = await (await sharedPostgres()).emptyDatabase();
    const scene = await startScene({ testDatabase });
    try {
      assert.equal((await scene.call('GET', '/healthz')).status, 200);
      const notReady = await scene.call('GET', '/readyz');
      assert.deepEqual([notReady.status, /loyalty migrate/.test(notReady.text)], [503, true]);
      assert.equal((await fetch(`${scene.metricsUrl}/readyz`)).status, 503);
      const early = await scene.asAdmin('GET', item);
      assert.deepEqual([early.status, early.headers.get('retry-after')], [503, '2']);
      await migrateDatabase(testDatabase.url);
      await becomesReady(scene);
      assert.equal((await scene.asAdmin('GET', item)).status, 200);
    } finally {
      await scene.end();
    }
  });

  it('answers 503 with Retry-After while the database is away, stays ready, and recovers by itself', async () => {
    const postgres = await sharedPostgres();
    const proxy = await startTcpProxy({ port: postgres.port });
    const testDatabase = await postgres.createDatabase();
    const scene = await startScene({ testDatabase, databaseUrl: proxy.url(testDatabase.url) });
    try {
      assert.equal((await scene.asAdmin('POST', effects, { body: { name: 'before' } })).status, 201);
      proxy.refuse();
      proxy.cut();
      for (const call of [1, 2, 3]) {
        const away = await scene.asAdmin('POST', effects, { body: { name: 'away' } });
        assert.equal(away.status, 503, `${call}: ${away.text}`);
        assert.equal(away.headers.get('retry-after'), '2');
        assert.equal((away.body as { code: string }).code, 'unavailable');
      }
      assert.equal((await scene.call('GET', '/readyz')).status, 200);
      await proxy.heal();
      await eventually(
        async () => assert.equal((await scene.asAdmin('POST', effects, { body: { name: 'after' } })).status, 201),
        { describe: 'the API to recover' },
      );
      assert.equal(await effectsOf(scene.database, 'away'), 0);
      assert.deepEqual(
        scene.lines().filter(({ level }) => level === 'error'),
        [],
      );
    } finally {
      await scene.end();
      proxy.stop();
    }
  });

  it('starts without its database, and is ready when it is there', async () => {
    const postgres = await sharedPostgres();
    const proxy = await startTcpProxy({ port: postgres.port });
    proxy.refuse();
    const testDatabase = await postgres.createDatabase();
    const scene = await startScene({ testDatabase, databaseUrl: proxy.url(testDatabase.url) });
    try {
      assert.equal((await scene.call('GET', '/readyz')).status, 503);
      await proxy.heal();
      await becomesReady(scene);
    } finally {
      await scene.end();
      proxy.stop();
    }
  });

  it('answers what is in work when it is stopped, closes the connection, and takes nothing new', async () => {
    const scene = await startScene();
    const dispatcher = new Agent({ connections: 1 });
    const headers = { authorization: `Bearer ${scene.adminKey}`, 'content-type': 'application/json' };
    const body = JSON.stringify({ name: 'in work', outcome: 'wait' });
    // An idle connection, too, must not hold the end.
    assert.equal((await scene.asAdmin('GET', item)).status, 200);
    const inWork = request(`${scene.url}${effects}`, { method: 'POST', headers, body, dispatcher });
    await eventually(() => assert.ok(scene.gate.waiting() === 1), { describe: 'the request to be in work' });
    const stopped = scene.api.stop();
    await assert.rejects(request(`${scene.url}/healthz`, { dispatcher: new Agent() }), { code: 'ECONNREFUSED' });
    assert.equal((await fetch(`${scene.metricsUrl}/readyz`)).status, 503);
    scene.gate.open();
    const answer = await inWork;
    assert.deepEqual([answer.statusCode, answer.headers['connection']], [201, 'close']);
    assert.deepEqual(await answer.body.json(), { name: 'in work', count: 1 });
    await stopped;
    assert.equal(await effectsOf(scene.database, 'in work'), 1);
    assert.equal(scene.lines().at(-1)?.event, 'api.stopped');
    await dispatcher.close();
    await scene.database.destroy();
  });

  it('says which setting to change when a port is taken', async () => {
    const scene = await startScene();
    const log = createLog({ level: 'silent', format: 'json' });
    const { port, metricsPort } = scene.api;
    try {
      for (const [ports, setting] of [
        [{ port, metricsPort: 0 }, 'PORT'],
        [{ port: 0, metricsPort }, 'METRICS_PORT'],
      ] as const) {
        const database = openDatabase({ url: 'postgres://127.0.0.1:1/x', poolSize: 1, applicationName: 'test' });
        const common = { operations: [], database, poolSize: 1, host: '127.0.0.1', requestsPerMinute: 1, log };
        await assert.rejects(startApi({ ...common, ...ports }), (error) => {
          assert.ok(error instanceof ConfigurationError);
          assert.match(
            error.message,
            new RegExp(`- ${setting}: cannot listen on 127\\.0\\.0\\.1:\\d+: another process`),
          );
          return true;
        });
      }
    } finally {
      await scene.end();
    }
  });
});

function becomesReady(scene: Scene): Promise<void> {
  return eventually(async () => assert.equal((await scene.call('GET', '/readyz')).status, 200), {
    describe: 'the API to be ready',
  });
}
