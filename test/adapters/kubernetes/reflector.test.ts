import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { ServerResponse } from 'node:http';
import { AnswerTooLarge } from '../../../src/adapters/kubernetes/answer.ts';
import { UnavailableError } from '../../../src/adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { createReflector, type Reflector, type ReflectorOptions } from '../../../src/adapters/kubernetes/reflector.ts';
import type { RestartReason } from '../../../src/adapters/kubernetes/restart-reason.ts';
import { eventually } from '../../support/wait.ts';
import { collectionPath, type ScriptedCollection, scriptCollection, type Stored } from './scripted-collection.ts';
import { type Asked, json, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

describe('the reflector', () => {
  let server: ScriptedServer;
  let collection: ScriptedCollection;
  let client: KubernetesClient;
  let reflector: Reflector<Stored>;
  let changes: string[];
  let reasons: RestartReason[];
  let stop: AbortController;
  let running: Promise<void>;

  before(async () => void (server = await startScriptedServer()));
  after(() => server.stop());

  beforeEach(async () => {
    server.requests.length = 0;
    collection = scriptCollection(server);
    client = await server.client();
    [changes, reasons] = [[], []];
  });

  afterEach(async () => {
    stop.abort();
    await running;
    await client.close();
  });

  /** Waits are as short as they can be, unless a test wants to see them. */
  const create = (options: Partial<ReflectorOptions<Stored>> = {}): void => {
    reflector = createReflector<Stored>({
      client,
      path: collectionPath,
      pageSize: 2,
      decode: (object) => object as Stored,
      onChange: (key) => void changes.push(key),
      onRestart: (reason) => void reasons.push(reason),
      random: () => 0,
      ...options,
    });
  };
  const run = (): void => {
    stop = new AbortController();
    running = reflector.run(stop.signal);
  };
  const start = async (options: Partial<ReflectorOptions<Stored>> = {}): Promise<void> => {
    create(options);
    run();
    await watching();
  };
  const watching = (): Promise<unknown> =>
    eventually(() => reflector.synced() && collection.openWatches() === 1, { describe: 'the watch to be open' });
  const keys = (): string[] => [...reflector.values()].map(({ metadata }) => `n/${metadata.name}`).sort();
  const converged = (): Promise<void> =>
    eventually(() => assert.deepEqual(keys(), collection.keys()), { describe: 'the keys to be those of the server' });
  const values = (): string[] => [...reflector.values()].map(({ value }) => value).sort();

  describe('without a disturbance', () => {
    it('lists in pages, then watches from there with bookmarks and a time limit of its own', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) collection.put(name);
      await start({
        random: () => 0.5,
        accept: { list: 'application/json;as=List', watch: 'application/json;as=One' },
      });
      assert.deepEqual(keys(), collection.keys());
      assert.deepEqual(changes, collection.keys());
      assert.deepEqual(
        collection.lists().map(({ query, headers }) => [query.get('limit'), query.get('continue'), headers.accept]),
        [null, '14:2', '14:4'].map((token) => ['2', token, 'application/json;as=List']),
      );
      const [{ query, headers } = assert.fail()] = collection.watches();
      assert.equal(headers.accept, 'application/json;as=One');
      assert.deepEqual(Object.fromEntries(query), {
        watch: 'true',
        allowWatchBookmarks: 'true',
        resourceVersion: '14',
        timeoutSeconds: '450',
      });
    });

    it('is not synced before the last page', async () => {
      for (const name of ['a', 'b', 'c']) collection.put(name);
      let held: ServerResponse | undefined;
      collection.next(
        'list',
        () => true,
        (_, response) => void (held = response),
      );
      create();
      run();
      await eventually(() => held !== undefined, { describe: 'the second page to be asked for' });
      assert.deepEqual([reflector.synced(), keys()], [false, ['n/a', 'n/b']]);
      json(held ?? assert.fail(), 200, { metadata: { resourceVersion: '12' }, items: null });
      await eventually(() => reflector.synced(), { describe: 'the list to be complete' });
      assert.ok((reflector.lastActivity() ?? 0) > Date.now() - 60_000);
    });

    it('follows what is added, modified and deleted, once each', async () => {
      collection.put('a');
      await start();
      collection.put('b');
      collection.put('a', 'new');
      collection.delete('b');
      await eventually(() => assert.deepEqual(changes, ['n/a', 'n/b', 'n/a', 'n/b']), { describe: 'the changes' });
      assert.deepEqual([keys(), reflector.get('n/a')?.value, reflector.get('n/b')], [['n/a'], 'new', undefined]);
      assert.equal(collection.lists().length, 1);
    });

    it('takes an object of 1.5 MiB, whose characters end in other chunks than they begin', async () => {
      await start();
      const value = 'ü🎉'.repeat(262_144);
      collection.put('big', value);
      await eventually(() => reflector.get('n/big') !== undefined, { describe: 'the big object' });
      assert.equal(reflector.get('n/big')?.value, value);
      const object = { metadata: { namespace: 'n', name: 'split', resourceVersion: '99' }, value: 'é' };
      for (const byte of Buffer.from(`${JSON.stringify({ type: 'ADDED', object })}\n`)) {
        collection.send(Buffer.of(byte));
        await new Promise(setImmediate);
      }
      await eventually(() => assert.equal(reflector.get('n/split')?.value, 'é'), { describe: 'the split object' });
      assert.deepEqual(reasons, []);
    });

    it('stops, whatever it is doing, and goes on where it was', async () => {
      collection.put('a');
      await start();
      stop.abort();
      await running;
      collection.put('b');
      collection.put('c');
      collection.delete('a');
      run();
      await converged();
      assert.deepEqual(changes, ['n/a', 'n/b', 'n/c', 'n/a']);
      assert.deepEqual([collection.lists().length, reasons], [1, []]);
    });

    for (const [what, prepare] of [
      ['a list', () => collection.next('list', () => {})],
      ['the answer to a watch', () => collection.next('watch', () => {})],
      [
        'the next try',
        () => collection.next('list', (_, response) => json(response, 429, {}, { 'retry-after': '30' })),
      ],
    ] as const) {
      it(`stops at once while it waits for ${what}`, async () => {
        prepare();
        create();
        run();
        await eventually(() => server.requests.length > 0, { describe: 'the first request' });
        stop.abort();
        await running;
      });
    }

    it('leaves no timer, socket or rejection behind', async () => {
      for (const name of ['a', 'b', 'c']) collection.put(name);
      create();
      run();
      const url = (path: string): string =>
        JSON.stringify(new URL(`../../../src/adapters/kubernetes/${path}`, import.meta.url).href);
      const script = `
        const { createReflector } = await import(${url('reflector.ts')});
        const { createKubernetesClient } = await import(${url('client.ts')});
        const { loadKubeConfig } = await import(${url('kube-config.ts')});
        const client = createKubernetesClient(await loadKubeConfig(process.env));
        const options = { client, path: ${JSON.stringify(collectionPath)}, pageSize: 2, decode: (object) => object, onChange() {} };
        const reflectors = [createReflector(options), createReflector(options)];
        const stop = new AbortController();
        const running = reflectors.map((reflector) => reflector.run(stop.signal));
        while (!reflectors.every((reflector) => reflector.synced())) await new Promise((resolve) => setTimeout(resolve, 5));
        stop.abort();
        await Promise.all(running);
        await client.close();
        console.log(reflectors.map((reflector) => [...reflector.values()].length).join());`;
      const env = { ...process.env, KUBECONFIG: await server.kubeconfig({ token: 't' }) };
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        env,
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const exited = new Promise((resolve) => child.once('close', resolve));
      const output = await text(child.stdout);
      // Nothing ends the process but that its event loop is empty.
      assert.deepEqual([output.trim(), await exited], ['3,3', 0]);
    });
  });

  describe('after a disturbance', () => {
    const status =
      (code: number, headers: Record<string, string> = {}) =>
      (_: Asked, response: ServerResponse): void =>
        json(response, code, { kind: 'Status', code, reason: 'Whatever' }, headers);
    const event = (type: string, object: unknown): string => `${JSON.stringify({ type, object })}\n`;
    const halfALine = '{"type":"ADDED","object":{"metadata":{"namespace":"n","na';

    for (const [what, disturb, reason] of [
      ['the end of the watch', () => collection.endWatches(), 'closed'],
      ['a reset', () => collection.endWatches('reset'), 'connection'],
      ['half a line and the end', () => (collection.send(halfALine), collection.endWatches()), 'closed'],
      ['half a line and a reset', () => (collection.send(halfALine), collection.endWatches('reset')), 'connection'],
      ['a malformed line', () => collection.send('{"type":"ADDED","object":\n'), 'malformed'],
      ['an empty line', () => collection.send('\n'), 'malformed'],
      ['a line of another language', () => collection.send('<html>\n'), 'malformed'],
      [
        'an event of a new kind',
        () => collection.send(event('PATCHED', { metadata: { resourceVersion: '99' } })),
        'malformed',
      ],
      ['an event without object', () => collection.send('{"type":"ADDED"}\n'), 'malformed'],
      ['an object without metadata', () => collection.send(event('ADDED', {})), 'malformed'],
      [
        'an object without a name',
        () => collection.send(event('ADDED', { metadata: { namespace: 'n', resourceVersion: '99' } })),
        'malformed',
      ],
      [
        'an object without a version',
        () => collection.send(event('ADDED', { metadata: { namespace: 'n', name: 'x' } })),
        'malformed',
      ],
      [
        'a delete without a name',
        () => collection.send(event('DELETED', { metadata: { resourceVersion: '99' } })),
        'malformed',
      ],
      ['nothing where an object should be', () => collection.send(event('MODIFIED', null)), 'malformed'],
      ['an ERROR event of 500', () => collection.send(event('ERROR', { code: 500, message: 'no' })), 'server_error'],
      ['an ERROR event of 429', () => collection.send(event('ERROR', { code: 429 })), 'throttled'],
      ['an empty ERROR event', () => collection.send(event('ERROR', null)), 'server_error'],
    ] as const) {
      it(`resumes where it was, and misses and repeats nothing: ${what}`, async () => {
        for (const name of ['a', 'b', 'c']) collection.put(name);
        await start();
        const later = new Promise<void>((resolve) =>
          collection.next('watch', () => {
            collection.delete('b');
            collection.put('a', 'new');
            collection.put('d');
            resolve();
            return true;
          }),
        );
        disturb();
        await later;
        await converged();
        assert.deepEqual(changes.slice(3), ['n/b', 'n/a', 'n/d']);
        assert.deepEqual([reflector.restarts(), collection.lists().length], [new Map([[reason, 1]]), 2]);
        await watching();
      });
    }

    for (const [code, reason] of [
      [401, 'unauthorized'],
      [403, 'refused'],
      [404, 'refused'],
      [429, 'throttled'],
      [500, 'server_error'],
      [503, 'server_error'],
      [302, 'refused'],
    ] as const) {
      it(`tries again where it was after ${code}, to a list and to a watch`, async () => {
        collection.put('a');
        collection.next('list', status(code));
        collection.next('watch', (_, response) => {
          collection.put('b');
          status(code)(_, response);
        });
        await start();
        await converged();
        assert.deepEqual(reasons, [reason, reason]);
        assert.deepEqual(changes, ['n/a', 'n/b']);
        const positions = collection.watches().map(({ query }) => query.get('resourceVersion'));
        assert.deepEqual(positions, ['10', '10']);
      });
    }

    for (const [what, body] of [
      ['is no JSON', '<html>'],
      ['is half a list', '{"metadata":{"resourceVersion":"10"},"items":[{"metad'],
      ['is no list', '{"kind":"Status"}'],
      ['is null', 'null'],
      ['has an item without metadata', '{"metadata":{"resourceVersion":"10"},"items":[{}]}'],
      ['has null for an item', '{"metadata":{"resourceVersion":"10"},"items":[null]}'],
    ] as const) {
      it(`lists again when the list ${what}`, async () => {
        collection.put('a');
        collection.next('list', (_, response) => void response.writeHead(200).end(body));
        await start();
        assert.deepEqual([keys(), changes, reasons.length], [['n/a'], ['n/a'], 1]);
      });
    }

    it('asks for smaller pages when one is too large to be read', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) collection.put(name);
      const tooLarge = new UnavailableError('GET things', new AnswerTooLarge('the answer is larger than 64 MiB'));
      let lists = 0;
      const limited: KubernetesClient = {
        ...client,
        request: async (request) => (lists++ < 1 ? Promise.reject(tooLarge) : client.request(request)),
      };
      await start({ client: limited, pageSize: 8 });
      assert.deepEqual([keys().length, reasons], [5, ['connection']]);
      assert.deepEqual(
        collection.lists().map(({ query }) => query.get('limit')),
        ['2', '2', '2'],
      );
    });

    it('waits for as long as the server asks', async () => {
      collection.next('list', status(429, { 'retry-after': '1' }));
      await start();
      const [first, second] = collection.lists().map(({ at }) => at);
      assert.ok((second ?? 0) - (first ?? 0) >= 990, 'a second');
    });

    it('tries ever more slowly, and after a second at the latest', async () => {
      const tries = 6;
      collection.next('list', ...Array.from({ length: tries }, () => status(500)));
      create({ random: () => 0 });
      run();
      await eventually(() => collection.lists().length === tries, { describe: 'the tries', deadlineSeconds: 20 });
      const at = collection.lists().map((asked) => asked.at);
      // At least 50, 100, 200, 400 and 500 ms; where a busy machine delays an arrival, the next wait looks shorter: the sum tells.
      const waited = (at.at(-1) ?? 0) - (at[0] ?? 0);
      assert.ok(waited >= 1_000, `${waited} ms`);
    });

    it('takes a bookmark for the place to resume from', async () => {
      collection.put('a');
      await start();
      // Other collections had changes, and this one's history is compacted up to them.
      collection.compact();
      collection.bookmark();
      collection.put('b');
      await converged();
      collection.endWatches('reset');
      collection.next('watch', () => true);
      collection.put('c');
      await converged();
      assert.deepEqual([collection.watches().at(-1)?.query.get('resourceVersion'), reasons], ['12', ['connection']]);
    });
  });

  describe('when its position is too old', () => {
    const gone = { kind: 'Status', code: 410, reason: 'Expired' };
    const change = (): void => {
      collection.delete('b');
      collection.put('a', 'new');
      collection.put('d');
      collection.compact();
    };

    for (const [what, prepare] of [
      ['an ERROR event', () => undefined],
      ['the answer', () => collection.next('watch', (_, response) => json(response, 410, gone))],
    ] as const) {
      it(`lists again, and finds also what was deleted: 410 as ${what}`, async () => {
        for (const name of ['a', 'b', 'c']) collection.put(name);
        await start();
        prepare();
        collection.endWatches();
        change();
        await converged();
        assert.deepEqual(changes.slice(3).sort(), ['n/a', 'n/b', 'n/d']);
        assert.deepEqual(reasons, ['expired']);
        assert.deepEqual(values(), ['', '', 'new']);
        await watching();
      });
    }

    it('begins the list anew when it is gone in the middle of the pages', async () => {
      for (const name of ['a', 'b', 'c', 'd', 'e']) collection.put(name);
      collection.next(
        'list',
        () => true,
        () => {
          collection.delete('a');
          collection.put('f');
          collection.compact();
          return true;
        },
      );
      await start();
      assert.deepEqual([keys(), reasons], [['n/b', 'n/c', 'n/d', 'n/e', 'n/f'], ['expired']]);
      const tokens = collection.lists().map(({ query }) => query.get('continue') !== null);
      assert.deepEqual(tokens, [false, true, false, true, true]);
    });

    it('does not list at the same instant as everybody else, and ever more slowly when it is gone again and again', async () => {
      collection.next(
        'watch',
        ...Array.from({ length: 4 }, () => (_: Asked, response: ServerResponse) => json(response, 410, gone)),
      );
      await start({ random: () => 0.3 });
      const at = server.requests.map((asked) => asked.at);
      const waits = [2, 4, 6, 8].map((index) => (at[index] ?? 0) - (at[index - 1] ?? 0));
      assert.ok(
        waits.every((wait) => wait >= 270),
        waits.join(),
      );
      // 500 after the fourth, by the sender's clock; what arrives may be closer together.
      assert.ok((waits[3] ?? 0) >= 450, waits.join());
    });

    it('lists again when the watch breaks again and again at the same place', async () => {
      collection.put('a');
      const broken = (_: Asked, response: ServerResponse): void =>
        void response.writeHead(200).end('{"type":"ADDED"}\n');
      collection.next('watch', ...Array.from({ length: 4 }, () => broken));
      await start();
      assert.deepEqual([reasons.length, collection.lists().length], [4, 2]);
    });
  });

  describe('when nothing comes', () => {
    it('takes the watch for dead after its idle limit, and lists again', async () => {
      collection.put('a');
      collection.next('watch', (_, response) => response.writeHead(200).flushHeaders());
      create({ idleMilliseconds: 100 });
      run();
      await eventually(() => collection.watches().length === 1, { describe: 'the dead watch' });
      collection.put('b');
      await converged();
      assert.equal(reasons[0], 'idle');
    });

    it('is kept by anything that comes', async () => {
      await start({ idleMilliseconds: 300 });
      for (let bookmark = 0; bookmark < 10; bookmark++) {
        const before = reflector.lastActivity() ?? 0;
        await eventually(() => Date.now() > before + 50, { describe: '50 ms to pass' });
        collection.bookmark();
        await eventually(() => (reflector.lastActivity() ?? 0) > before, { describe: 'the bookmark' });
      }
      assert.deepEqual(reasons, []);
    });

    it('finds out that the server begins anew', async () => {
      for (const name of ['a', 'b', 'c', 'd']) collection.put(name);
      await start({ idleMilliseconds: 300 });
      collection.endWatches('reset');
      // Its data were restored: what is asked for after version 13 waits for a version that will not come.
      collection.next('watch', (_, response) => response.writeHead(200).flushHeaders());
      collection.restore(['b', 'x']);
      await converged();
      assert.deepEqual(values(), ['restored', 'restored']);
      await watching();
      collection.put('b', 'after');
      await eventually(() => assert.deepEqual(values(), ['after', 'restored']), { describe: 'the change after it' });
    });
  });

  describe('and our own writes', () => {
    it('shows the answer to a write before the watch does, and says so once', async () => {
      await start();
      const written = { metadata: { namespace: 'n', name: 'a', resourceVersion: '10', uid: 'u' }, value: 'ours' };
      reflector.observe(written);
      assert.equal(reflector.get('n/a')?.value, 'ours');
      collection.put('a', 'ours');
      collection.put('b');
      await converged();
      assert.deepEqual(changes, ['n/a', 'n/b']);
      assert.throws(() => reflector.observe({ kind: 'Status' }), /no namespace, name or resourceVersion/);
    });

    it('does not show what was deleted when events from before come late', async () => {
      const { metadata } = collection.put('a');
      await start();
      reflector.forget('n/a', metadata.resourceVersion);
      collection.bookmark();
      collection.delete('a');
      collection.put('b');
      await converged();
      assert.deepEqual(changes, ['n/a', 'n/a', 'n/b']);
    });

    it('keeps what was written while a list was under way', async () => {
      for (const name of ['a', 'b', 'c']) collection.put(name);
      let held: (() => void) | undefined;
      collection.next(
        'list',
        () => true,
        (_, response) => {
          const [third] = [collection.keys().at(-1)];
          held = () =>
            json(response, 200, {
              metadata: { resourceVersion: '12' },
              items: third ? [reflector.get(third)].filter(Boolean) : [],
            });
        },
      );
      create();
      run();
      await eventually(() => held !== undefined, { describe: 'the second page to be asked for' });
      reflector.observe(collection.put('d', 'ours'));
      reflector.observe(collection.put('c', 'ours'));
      held?.();
      await converged();
      assert.deepEqual([reflector.get('n/d')?.value, reflector.get('n/c')?.value], ['ours', 'ours']);
    });
  });
});
