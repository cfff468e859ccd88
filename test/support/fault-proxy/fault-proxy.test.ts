import assert from 'node:assert/strict';
import { eventually } from '../wait.ts';
import { isWrite, startFaultProxy } from './fault-proxy.ts';
import type { FaultProxy } from './fault-proxy.ts';
import { createPlainClient } from './plain-client.ts';
import type { ClientWatch, PlainClient } from './plain-client.ts';
import { startPlainUpstream } from './plain-upstream.ts';
import type { PlainUpstream } from './plain-upstream.ts';

describe('the fault proxy', () => {
  let upstream: PlainUpstream;
  let proxy: FaultProxy;
  let client: PlainClient;

  beforeEach(async () => {
    upstream = await startPlainUpstream();
    proxy = await startFaultProxy(upstream);
    client = createPlainClient(proxy);
  });

  afterEach(async () => {
    client.close();
    await proxy.stop();
    await upstream.stop();
  });

  const openWatch = async (path = '/secrets?watch=1'): Promise<ClientWatch> => {
    const [before, open] = [upstream.watches.size, proxy.openWatches().length];
    const watch = await client.watch(path);
    await eventually(() => upstream.watches.size > before && proxy.openWatches().length > open, {
      describe: 'the watch to be open on both sides',
    });
    return watch;
  };
  const textOf = (watch: ClientWatch, expected: string): Promise<void> =>
    eventually(() => assert.equal(watch.text(), expected), { describe: 'the watch to deliver' });
  const endOf = (watch: ClientWatch): Promise<string> =>
    eventually(() => watch.over() ?? null, { describe: 'the watch to be over' });

  describe('without a fault', () => {
    it('passes requests and answers on and lists them', async () => {
      const answer = await client.ask('POST', '/secrets?dryRun=All', '{"kind":"Secret"}');
      assert.deepEqual([answer.status, answer.body], [201, '{"path":"/secrets?dryRun=All"}']);
      assert.deepEqual(upstream.seen, ['POST /secrets?dryRun=All {"kind":"Secret"}']);
      const [request] = proxy.requests;
      assert.deepEqual(
        [request?.method, request?.path, request?.status, request?.fault],
        ['POST', '/secrets', 201, undefined],
      );
    });

    it('uses one connection for the requests of a client that keeps it', async () => {
      const keeping = createPlainClient(proxy, { keepAlive: true });
      for (const path of ['/a', '/b', '/c']) assert.equal((await keeping.ask('GET', path)).status, 200);
      assert.equal(proxy.resetConnections(), 1);
      keeping.close();
    });

    it('delivers watch events as they come, and the end of a watch', async () => {
      const watch = await openWatch();
      upstream.send('{"type":"ADDED"}\n');
      await textOf(watch, '{"type":"ADDED"}\n');
      upstream.watches.forEach((response) => response.end());
      assert.equal(await endOf(watch), 'end');
    });

    it('ends the watch on the server when the client goes away', async () => {
      const watch = await openWatch();
      watch.close();
      await eventually(() => upstream.watches.size === 0 && proxy.openWatches().length === 0, {
        describe: 'the watch to be gone',
      });
    });

    it('resets clients when the server goes away in mid-watch and when it is not there', async () => {
      const watch = await openWatch();
      upstream.watches.forEach((response) => response.destroy());
      assert.equal(await endOf(watch), 'ECONNRESET');
      await upstream.stop();
      await assert.rejects(client.ask('GET', '/secrets'), { code: 'ECONNRESET' });
      upstream = await startPlainUpstream();
    });
  });

  describe('faults for requests', () => {
    it('resets the connection before the server sees the request, as often as told', async () => {
      proxy.fault({ type: 'reset' }, { times: 2 });
      await assert.rejects(client.ask('GET', '/a'), { code: 'ECONNRESET' });
      await assert.rejects(client.ask('GET', '/b'), { code: 'ECONNRESET' });
      assert.equal((await client.ask('GET', '/c')).status, 200);
      assert.deepEqual(upstream.seen, ['GET /c']);
      assert.deepEqual(
        proxy.requests.map(({ fault }) => fault),
        ['reset', 'reset', undefined],
      );
    });

    it('loses the answer to what the server has done', async () => {
      proxy.fault({ type: 'lose-answer' }, { when: isWrite });
      await assert.rejects(client.ask('PUT', '/a', '{}'), { code: 'ECONNRESET' });
      assert.deepEqual(upstream.seen, ['PUT /a {}']);
      assert.deepEqual([proxy.requests[0]?.upstreamStatus, proxy.requests[0]?.status], [200, undefined]);
    });

    for (const [code, reason] of [
      [401, 'Unauthorized'],
      [409, 'Conflict'],
      [410, 'Expired'],
      [429, 'TooManyRequests'],
      [500, 'InternalError'],
      [503, 'ServiceUnavailable'],
    ] as const) {
      it(`answers ${code} with a Status object until cleared`, async () => {
        const fault = proxy.fault({ type: 'status', code, retryAfterSeconds: 3 });
        const { status, headers, body } = await client.ask('POST', '/a', '{}');
        assert.deepEqual([status, headers['retry-after'], headers['content-type']], [code, '3', 'application/json']);
        const { kind, reason: found, code: inside } = JSON.parse(body) as Record<string, unknown>;
        assert.deepEqual({ kind, found, inside }, { kind: 'Status', found: reason, inside: code });
        fault.clear();
        assert.equal((await client.ask('POST', '/a', '{}')).status, 201);
        assert.deepEqual(upstream.seen, ['POST /a {}']);
      });
    }

    it('hits only the requests that it is for, and the first fault wins', async () => {
      proxy.fault({ type: 'status', code: 409 }, { when: ({ path }) => path === '/a' });
      proxy.fault({ type: 'status', code: 500 }, { when: isWrite });
      const status = async (method: string, path: string): Promise<number> => (await client.ask(method, path)).status;
      assert.deepEqual(
        [await status('PUT', '/a'), await status('PUT', '/b'), await status('GET', '/b')],
        [409, 500, 200],
      );
    });

    it('holds a request back for a while', async () => {
      proxy.fault({ type: 'delay', milliseconds: 300 }, { when: ({ path }) => path === '/late' });
      const late = client.ask('GET', '/late');
      await eventually(() => proxy.requests.length === 1, { describe: 'the request to reach the proxy' });
      assert.equal((await client.ask('GET', '/early')).status, 200);
      assert.equal((await late).status, 200);
      assert.deepEqual(upstream.seen, ['GET /early', 'GET /late']);
    });

    it('lets a new watch open and fails it at once', async () => {
      proxy.fault({ type: 'watch', fault: { type: 'error', code: 410 } }, { times: 1 });
      assert.equal((await client.ask('GET', '/a')).status, 200, 'other requests are left alone');
      const failed = await client.watch('/secrets?watch=true');
      assert.equal(await endOf(failed), 'end');
      assert.match(failed.text(), /^\{"type":"ERROR","object":\{"kind":"Status".*"reason":"Expired","code":410\}\}\n$/);
      assert.equal((await openWatch()).over(), undefined);
    });
  });

  describe('faults for open watches', () => {
    it('ends and resets them', async () => {
      const [secrets, leases] = [await openWatch('/secrets?watch=1'), await openWatch('/leases?watch=1')];
      assert.equal(proxy.disturbWatches({ type: 'end' }, { when: ({ path }) => path === '/secrets' }), 1);
      assert.equal(await endOf(secrets), 'end');
      assert.equal(leases.over(), undefined);
      assert.equal(proxy.disturbWatches({ type: 'reset' }), 1);
      assert.equal(await endOf(leases), 'ECONNRESET');
      await eventually(() => upstream.watches.size === 0, { describe: 'the server to be rid of them' });
    });

    it('injects an ERROR event between two events, never into one', async () => {
      const watch = await openWatch();
      upstream.send('{"type":"ADDED"}\n{"type":"MODI');
      await textOf(watch, '{"type":"ADDED"}\n');
      proxy.disturbWatches({ type: 'error', code: 410, message: 'too old resource version' });
      assert.equal(await endOf(watch), 'end');
      const [added, error, rest] = watch.text().split('\n');
      assert.deepEqual([added, rest], ['{"type":"ADDED"}', '']);
      assert.equal(
        (JSON.parse(error ?? '') as { object: { message: string } }).object.message,
        'too old resource version',
      );
    });

    for (const [ending, over] of [
      ['end', 'end'],
      ['reset', 'ECONNRESET'],
    ] as const) {
      it(`truncates the next event, then ${ending}s`, async () => {
        const watch = await openWatch();
        proxy.disturbWatches({ type: 'truncate', ending });
        upstream.send('{"type":"ADDED","object":{"kind":"Secret"}}\n{"type":"BOOKMARK"}\n');
        assert.equal(await endOf(watch), over);
        assert.equal(watch.text(), '{"type":"ADDED","objec');
      });
    }

    it('delays events and keeps their order', async () => {
      const [late, early] = [await openWatch('/secrets?watch=1'), await openWatch('/leases?watch=1')];
      proxy.disturbWatches({ type: 'delay', milliseconds: 300 }, { when: ({ path }) => path === '/secrets' });
      upstream.send('1\n2\n');
      upstream.send('3\n');
      await textOf(early, '1\n2\n3\n');
      assert.equal(late.text(), '');
      await textOf(late, '1\n2\n3\n');
    });
  });

  describe('half-open connections', () => {
    const isWatch = { when: ({ watch }: { watch: boolean }): boolean => watch };

    it('stay and deliver nothing, then go on where they were', async () => {
      const watch = await openWatch();
      upstream.send('1\n');
      await textOf(watch, '1\n');
      const freeze = proxy.freeze({ ...isWatch, onlyOpen: true });
      assert.equal(freeze.held(), 1);
      upstream.send('2\n');
      const second = await openWatch();
      upstream.send('3\n');
      await textOf(second, '3\n');
      assert.deepEqual([watch.text(), watch.over()], ['1\n', undefined]);
      freeze.clear('resume');
      await textOf(watch, '1\n2\n3\n');
    });

    it('are cut at the end when told', async () => {
      const watch = await openWatch();
      proxy.freeze(isWatch);
      upstream.send('1\n');
      await proxy.clear('cut');
      assert.equal(await endOf(watch), 'ECONNRESET');
      assert.equal(watch.text(), '');
    });

    it('stay dead for ever when told, while new ones live', async () => {
      const watch = await openWatch();
      proxy.freeze({ limit: 1, ...isWatch });
      await proxy.clear('dead');
      const second = await openWatch();
      upstream.send('1\n');
      await textOf(second, '1\n');
      assert.deepEqual([watch.text(), watch.over()], ['', undefined]);
    });

    it('hold a new request that they are for before the server sees it', async () => {
      const freeze = proxy.freeze({ when: isWrite });
      const asked = client.ask('PUT', '/a', '{}');
      await eventually(() => freeze.held() === 1, { describe: 'the request to be held' });
      assert.equal((await client.ask('GET', '/b')).status, 200);
      assert.deepEqual(upstream.seen, ['GET /b']);
      freeze.clear('resume');
      assert.equal((await asked).status, 200);
    });

    it('can be all, new ones included: they connect and hear nothing', async () => {
      const watch = await openWatch();
      const freeze = proxy.freeze();
      const asked = client.ask('GET', '/a');
      await eventually(() => freeze.held() === 2, { describe: 'the new connection to be held' });
      assert.deepEqual(upstream.seen, ['GET /secrets?watch=1']);
      await proxy.clear('resume');
      assert.equal((await asked).status, 200);
      assert.equal(watch.over(), undefined);
    });
  });

  it('refuses new connections, leaves the others alone, and accepts again on the same port', async () => {
    const watch = await openWatch();
    await proxy.refuseConnections();
    await assert.rejects(client.ask('GET', '/a'), { code: 'ECONNREFUSED' });
    upstream.send('1\n');
    await textOf(watch, '1\n');
    await proxy.acceptConnections();
    assert.equal((await client.ask('GET', '/a')).status, 200);
  });

  describe('hooks', () => {
    it('hold the answer to the n-th write until the callback has come back', async () => {
      let release = (): void => {};
      const held = new Promise<void>((resolve) => (release = resolve));
      const hook = proxy.afterWrite(2, () => held);
      assert.equal((await client.ask('POST', '/a', '{}')).status, 201);
      assert.equal((await client.ask('GET', '/a')).status, 200);
      let answered = false;
      const asked = client.ask('PUT', '/b', '{}').finally(() => (answered = true));
      await eventually(() => proxy.requests.at(-1)?.upstreamStatus === 200, {
        describe: 'the server to have answered',
      });
      assert.equal((await client.ask('DELETE', '/c')).status, 200);
      assert.equal(answered, false);
      release();
      assert.equal((await asked).status, 200);
      assert.equal((await hook.fired).path, '/b');
    });

    it('hold the n-th write before the server sees it', async () => {
      const hook = proxy.beforeWrite(
        1,
        () => assert.deepEqual(upstream.seen, []),
        ({ path }) => path === '/b',
      );
      const asked = client.ask('PUT', '/b', '{}');
      assert.equal((await hook.fired).upstreamStatus, undefined);
      assert.equal((await asked).status, 200);
    });

    it('drop a write or its answer', async () => {
      proxy.beforeWrite(1, () => 'drop');
      await assert.rejects(client.ask('PUT', '/a', '{}'), { code: 'ECONNRESET' });
      assert.deepEqual(upstream.seen, []);
      proxy.afterWrite(1, () => 'drop');
      await assert.rejects(client.ask('PUT', '/b', '{}'), { code: 'ECONNRESET' });
      assert.deepEqual(upstream.seen, ['PUT /b {}']);
    });

    it('send a held write on although its sender has died meanwhile', async () => {
      const hook = proxy.beforeWrite(1, async () => {
        proxy.resetConnections();
        await assert.rejects(asked, { code: 'ECONNRESET' });
      });
      const asked = client.ask('PUT', '/a', '{}');
      await hook.fired;
      await eventually(() => upstream.seen.includes('PUT /a {}'), { describe: 'the write to arrive' });
    });

    it("give the callback's error to whoever waits, and let the write through", async () => {
      const hook = proxy.afterWrite(1, () => {
        throw new Error('from the callback');
      });
      const refused = assert.rejects(hook.fired, /from the callback/);
      assert.equal((await client.ask('PUT', '/a', '{}')).status, 200);
      await refused;
    });
  });
});
