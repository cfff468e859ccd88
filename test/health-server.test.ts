import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { Registry } from 'prom-client';
import { type HealthServer, startHealthServer } from '../src/health-server.ts';

describe('health server', () => {
  let server: HealthServer;
  let reasons: string[] = [];
  const registry = new Registry();

  before(async () => {
    server = await startHealthServer({ host: '127.0.0.1', port: 0, registry, notReady: () => reasons });
  });

  after(() => server.close());

  async function ask(path: string, method = 'GET'): Promise<{ status: number; text: string; type: string | null }> {
    const response = await fetch(`http://127.0.0.1:${server.port}${path}`, { method });
    return { status: response.status, text: await response.text(), type: response.headers.get('content-type') };
  }

  it('says that it lives', async () => {
    assert.deepEqual(await ask('/healthz'), { status: 200, text: 'ok\n', type: 'text/plain; charset=utf-8' });
  });

  it('says whether it is ready, and why not', async () => {
    assert.equal((await ask('/readyz')).status, 200);
    reasons = ['waiting for the first list of secrets', 'and another'];
    assert.deepEqual(await ask('/readyz'), {
      status: 503,
      text: 'waiting for the first list of secrets\nand another\n',
      type: 'text/plain; charset=utf-8',
    });
    assert.equal((await ask('/healthz')).status, 200, 'it lives nevertheless');
    reasons = [];
  });

  it('serves the metrics as Prometheus asks for them', async () => {
    const { status, type } = await ask('/metrics');
    assert.deepEqual([status, type], [200, 'text/plain; version=0.0.4; charset=utf-8']);
  });

  it('takes a query and HEAD, and no other method', async () => {
    assert.equal((await ask('/healthz?verbose')).status, 200);
    assert.deepEqual((await ask('/healthz', 'HEAD')).text, '');
    assert.equal((await ask('/healthz', 'POST')).status, 405);
  });

  it('names its paths where there is none', async () => {
    const { status, text } = await ask('/');
    assert.equal(status, 404);
    assert.match(text, /\/healthz, \/readyz and \/metrics/);
  });

  it('answers 500, and goes on, when the metrics cannot be collected', async () => {
    const broken = new Registry();
    broken.metrics = () => Promise.reject(new Error('a defect that quotes a secret'));
    const other = await startHealthServer({ host: '127.0.0.1', port: 0, registry: broken, notReady: () => [] });
    const response = await fetch(`http://127.0.0.1:${other.port}/metrics`);
    assert.equal(response.status, 500);
    assert.doesNotMatch(await response.text(), /secret/);
    assert.equal((await fetch(`http://127.0.0.1:${other.port}/healthz`)).status, 200);
    await other.close();
  });

  it('fails to start on a port that is taken', async () => {
    await assert.rejects(startHealthServer({ host: '127.0.0.1', port: server.port, registry, notReady: () => [] }), {
      code: 'EADDRINUSE',
    });
  });

  it('closes though a client holds its connection open', async () => {
    const other = await startHealthServer({ host: '127.0.0.1', port: 0, registry, notReady: () => [] });
    const socket = connect(other.port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));
    socket.write('GET /healthz HTTP/1.1\r\n');
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => {});
    await other.close();
    await closed;
  });
});
