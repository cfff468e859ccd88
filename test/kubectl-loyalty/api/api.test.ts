import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { newApiKey } from '../../support/api-process.ts';
import { eventually } from '../../support/wait.ts';
import { plugin } from '../plugin.ts';

describe('kubectl loyalty, when the API is not as it should be', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plugin-'));
  const keyFile = join(folder, 'key');
  let server: Server;
  let url: string;
  /** What the server answers, and what it was sent last. */
  let answer = { status: 200, type: 'application/json', body: '{"items":[],"next_cursor":null}' };
  let asked: { path: string | undefined; authorization: string | undefined };
  const key = newApiKey();

  before(async () => {
    writeFileSync(keyFile, `${key}\n`);
    writeFileSync(join(folder, 'no-key'), 'secret words');
    server = createServer((request, response) => {
      asked = { path: request.url, authorization: request.headers.authorization };
      response.writeHead(answer.status, { 'content-type': answer.type, location: 'http://elsewhere.test/' });
      response.end(answer.body);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  it('sends the key of the file, under any base URL', async () => {
    const environment = { LOYALTY_ADMIN_KEY_FILE: keyFile, LOYALTY_URL: `${url}/base/` };
    const { code, stdout } = await plugin(['runs', '--task', 'restore', '-o', 'json'], { environment });
    assert.deepEqual([code, JSON.parse(stdout)], [0, { runs: [] }]);
    assert.deepEqual(asked, {
      path: '/base/api/v1/admin/loyalty/runs?task=restore&limit=20',
      authorization: `Bearer ${key}`,
    });
  });

  const keys: [string, Record<string, string>, RegExp][] = [
    ['no key', {}, /^LOYALTY_ADMIN_KEY_FILE is not set: it names a file with an API key of scope admin/],
    ['no such file', { LOYALTY_ADMIN_KEY_FILE: join(folder, 'x') }, /^LOYALTY_ADMIN_KEY_FILE cannot be read: ENOENT/],
    [
      'a file without a key',
      { LOYALTY_ADMIN_KEY_FILE: join(folder, 'no-key') },
      /^What is in the file \S+ \(LOY\S+ is no/,
    ],
  ];
  for (const [what, environment, message] of keys) {
    it(`ends with 78 with ${what}`, async () => {
      const { code, stderr } = await plugin(['failures', 'RUN', '--api-url', url], { environment });
      assert.equal(code, 78);
      assert.match(stderr, message);
      assert.doesNotMatch(stderr, /secret words/);
    });
  }

  const problem = (detail: string): string => JSON.stringify({ title: 'T', detail });
  const answers: [number, string, string, number, RegExp][] = [
    [401, 'application/problem+json', problem('x'), 78, /^The API does not take the key of the file \S+ \(LOYALTY_/],
    [
      403,
      'application/problem+json',
      problem('It takes more.'),
      78,
      /may not read that\. It takes more\. It takes one/,
    ],
    [404, 'application/problem+json', problem('There is no run X.'), 64, /^There is no run X\.\n$/],
    [
      404,
      'text/html',
      '<html>',
      78,
      /answers 404 to \/api\/v1\/admin\/loyalty\/runs: is that the API of Orion Loyalty\?/,
    ],
    [200, 'text/html', '<html>', 78, /answers 200 to \S+ is that the API/],
    [302, 'text/html', '', 78, /answers 302 to/],
    [400, 'application/problem+json', problem('limit: too small'), 64, /^limit: too small\n$/],
    [429, 'application/problem+json', problem('Slow down.'), 75, /answers 429\. Slow down\. Try again\.\n$/],
    [503, 'application/problem+json', problem('The database is away.'), 75, /answers 503\. The database is away\. Try/],
    [200, 'application/json', '{"items"', 75, /^The API does not answer at http:\S+ /],
  ];
  for (const [status, type, body, expected, message] of answers) {
    it(`ends with ${expected} when it answers ${status} ${body.slice(0, 30)}`, async () => {
      answer = { status, type, body };
      const environment = { LOYALTY_ADMIN_KEY_FILE: keyFile };
      const { code, stderr } = await plugin(['runs', '--api-url', url], { environment });
      assert.equal(code, expected);
      assert.match(stderr, message);
      assert.ok(!stderr.includes(key));
    });
  }

  it('ends with 75 when nobody listens', async () => {
    const environment = { LOYALTY_ADMIN_KEY_FILE: keyFile };
    const { code, stderr } = await plugin(['runs', '--api-url', 'http://127.0.0.1:9'], { environment });
    assert.equal(code, 75);
    assert.match(stderr, /^The API does not answer at http:\/\/127\.0\.0\.1:9: .+\. Try again\.\n$/);
  });

  it('ends with 64 when flags say what cannot be', async () => {
    for (const args of [
      ['--api-url', 'ftp://x'],
      ['--limit', '0'],
      ['--state', 'odd'],
      ['--service', 'A_B'],
    ]) {
      assert.equal((await plugin(['runs', ...args])).code, 64, args.join(' '));
    }
    const environment = { LOYALTY_ADMIN_KEY_FILE: keyFile };
    assert.equal((await plugin(['run', 'RUN', '--task', 'restore'], { environment })).code, 64);
  });

  describe('through kubectl port-forward', () => {
    /** A program called kubectl that says and does this. */
    function kubectl(script: string): Record<string, string> {
      const bin = mkdtempSync(join(folder, 'bin-'));
      writeFileSync(join(bin, 'kubectl'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
      return { LOYALTY_ADMIN_KEY_FILE: keyFile, PATH: `${bin}${delimiter}${process.env['PATH']}` };
    }

    it('asks at the port that it opens, and ends it', async () => {
      answer = { status: 200, type: 'application/json', body: '{"items":[],"next_cursor":null}' };
      const ended = join(folder, 'ended');
      const port = new URL(url).port;
      const environment = kubectl(`trap 'echo "$*" > ${ended}; exit' TERM
        echo "Forwarding from 127.0.0.1:${port} -> 3000"
        while :; do sleep 0.05; done`);
      const { code, stderr } = await plugin(['runs', '-n', 'shop', '--context', 'c'], { environment });
      assert.equal(code, 0, stderr);
      const args = await eventually(() => readFile(ended, 'utf8'), { describe: 'it to be ended' });
      assert.equal(args, 'port-forward --address=127.0.0.1 service/loyalty-api :http --namespace=shop --context=c\n');
    });

    const complaints: [string, number, RegExp][] = [
      ['Error from server (NotFound): services "loyalty-api" not found', 78, /Name the Service by --service/],
      ['Error from server (Forbidden): pods is forbidden', 78, /lists the permissions that it needs/],
      ['error: unable to forward port because pod is not running. Current status=Pending', 75, /Does the API run\?/],
    ];
    for (const [complaint, expected, advice] of complaints) {
      it(`ends with ${expected} when it says ${complaint}`, async () => {
        const { code, stderr } = await plugin(['runs'], { environment: kubectl(`echo '${complaint}' >&2; exit 1`) });
        assert.equal(code, expected);
        assert.ok(stderr.startsWith('There is no way to Service loyalty-api: kubectl port-forward says: '));
        assert.ok(stderr.includes(complaint));
        assert.match(stderr, advice);
      });
    }

    it('ends with 78 without kubectl', async () => {
      const environment = { LOYALTY_ADMIN_KEY_FILE: keyFile, PATH: folder };
      const { code, stderr } = await plugin(['runs'], { environment });
      assert.equal(code, 78);
      assert.match(stderr, /^kubectl port-forward cannot be started: .*ENOENT/);
    });
  });
});
