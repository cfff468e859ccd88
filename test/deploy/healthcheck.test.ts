import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deployPath } from './manifests.ts';

describe('the health check of the image', () => {
  let directory: string;
  const server = createServer((request, response) => {
    response.statusCode = request.url === '/healthz' ? healthStatus : 404;
    response.end();
  });
  let [port, healthStatus] = [0, 200];

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'healthcheck-'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    port = (server.address() as AddressInfo).port;
  });
  after(async () => {
    server.close();
    await rm(directory, { recursive: true });
  });

  async function check(commandLine: string[], env: Record<string, string>): Promise<{ code: number; stderr: string }> {
    const file = join(directory, 'cmdline');
    await writeFile(file, commandLine.map((word) => `${word}\0`).join(''));
    return new Promise((resolve) => {
      execFile(process.execPath, [deployPath('image/healthcheck.mjs'), file], { env }, (error, _stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code), stderr });
      });
    });
  }
  const tini = ['/usr/bin/tini', '--', '/app/bin/loyalty'];

  for (const command of ['controller', 'api']) {
    it(`passes while ${command} is healthy`, async () => {
      healthStatus = 200;
      assert.deepEqual(await check([...tini, command], { PORT: String(port) }), { code: 0, stderr: '' });
    });

    it(`fails when ${command} says that it is not`, async () => {
      healthStatus = 503;
      const { code, stderr } = await check([...tini, command], { PORT: String(port), HOST: '127.0.0.1' });
      assert.deepEqual([code, stderr], [1, `${command}: http://127.0.0.1:${port}/healthz answers 503\n`]);
    });
  }

  it('fails when nothing listens', async () => {
    const unused = createServer();
    await once(unused.listen(0, '127.0.0.1'), 'listening');
    const free = (unused.address() as AddressInfo).port;
    await once(unused.close(), 'close');
    const { code, stderr } = await check([...tini, 'controller'], { PORT: String(free) });
    assert.equal(code, 1);
    assert.match(stderr, /^controller: http:\S+ does not answer: .*ECONNREFUSED/);
  });

  it('passes for a job, whose health is its exit code', async () => {
    assert.equal((await check([...tini, 'expire-points', '--dry-run'], {})).code, 0);
  });
});
