import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, createServer as createTcpServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ApiError, isUnavailable, UnavailableError } from '../../../src/adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { issueCertificate } from '../../../src/example-credentials/certificate.ts';
import { daysAfter } from '../../../src/example-credentials/days.ts';
import { clientAuthentication, extendedKeyUsage } from '../../../src/example-credentials/extensions.ts';
import { generateEcKey } from '../../../src/example-credentials/key-pair.ts';
import { close, listen, trackSockets } from '../../support/sockets.ts';
import { createServerAuthority } from '../../support/test-authority.ts';
import { eventually } from '../../support/wait.ts';
import { json, type ScriptedServer, startScriptedServer } from './scripted-server.ts';

const path = '/api/v1/namespaces/n/secrets';
const secretContent = 'c3VwZXItc2VjcmV0LXBhc3N3b3Jk';

describe('the Kubernetes client', () => {
  let server: ScriptedServer;

  beforeEach(async () => void (server = await startScriptedServer()));
  afterEach(() => server.stop());

  const get = (client: KubernetesClient, extra: object = {}): Promise<unknown> =>
    client.request({ method: 'GET', path, ...extra });
  const failure = async (call: Promise<unknown>): Promise<Error> => {
    const [{ reason }] = (await Promise.allSettled([call])) as [PromiseRejectedResult];
    assert.ok(reason instanceof Error, 'the call should have failed');
    return reason;
  };
  const lastHeader = (name: string): unknown => server.requests.at(-1)?.headers[name];

  describe('connections', () => {
    it('are one or two for 200 calls that follow each other, and as many as are asked for at once', async () => {
      const client = await server.client();
      for (let call = 0; call < 200; call++) await get(client);
      assert.ok(server.connections() <= 2, `${server.connections()} connections`);
      await Promise.all(Array.from({ length: 16 }, () => get(client)));
      assert.ok(server.connections() <= 18, `${server.connections()} connections`);
    });

    it('has room for calls beside any number of watches', async () => {
      server.answer((asked, response) => {
        if (asked.query.get('watch') === 'true') response.writeHead(200).flushHeaders();
        else json(response, 200, {});
      });
      const client = await server.client();
      // So many TLS handshakes at once take a while on a machine that does other things, too.
      const watch = { path, query: { watch: true }, timeoutMilliseconds: 60_000 };
      await Promise.all(Array.from({ length: 80 }, () => client.stream(watch)));
      await get(client);
      assert.equal(server.requests.length, 81);
    });

    it('has none left when it is closed', async () => {
      const client = await server.client();
      await get(client);
      await client.close();
      await eventually(() => server.sockets.size === 0, { describe: 'the connection to be gone' });
    });

    it('tells when none is accepted', async () => {
      const client = await server.client({}, { server: 'https://127.0.0.1:1' });
      const error = await failure(get(client));
      assert.ok(error instanceof UnavailableError);
      assert.match(error.message, /^GET \/api.*: no answer from the API server: connect ECONNREFUSED/);
    });

    it('goes through the proxy of the kubeconfig', async () => {
      const asked: string[] = [];
      const proxy = createServer();
      proxy.on('connect', (message: IncomingMessage, socket: Socket) => {
        asked.push(message.url ?? '');
        const [host = '', port] = (message.url ?? '').split(':');
        const up = connect(Number(port), host, () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          socket.pipe(up).pipe(socket);
        });
        up.on('error', () => socket.destroy());
      });
      const sockets = trackSockets(proxy);
      const port = await listen(proxy);
      const client = await server.client({ token: 't' }, { 'proxy-url': `http://127.0.0.1:${port}` });
      await get(client);
      assert.deepEqual(asked, [new URL(server.url).host]);
      assert.equal(lastHeader('authorization'), 'Bearer t');
      sockets.destroyAll();
      proxy.close();
    });
  });

  describe('a call', () => {
    it('has path, query, body and headers', async () => {
      const client = await server.client({ token: 't' }, { server: `${server.url}/k8s/clusters/c-1/` });
      await client.request({
        method: 'PUT',
        path,
        query: { limit: 5, continue: 'a+b/c=', absent: undefined },
        body: { kind: 'Sécret' },
      });
      const [asked] = server.requests;
      assert.equal(asked?.path, `/k8s/clusters/c-1${path}`);
      assert.deepEqual(
        [...(asked?.query ?? [])],
        [
          ['limit', '5'],
          ['continue', 'a+b/c='],
        ],
      );
      assert.deepEqual([asked?.method, asked?.body], ['PUT', '{"kind":"Sécret"}']);
      const { authorization, accept, 'content-type': type, 'user-agent': agent } = asked?.headers ?? {};
      assert.deepEqual(
        [authorization, accept, type, agent],
        ['Bearer t', 'application/json', 'application/json', 'orion-loyalty-controller'],
      );
      await client.request({ method: 'PATCH', path, body: {} });
      assert.equal(lastHeader('content-type'), 'application/merge-patch+json');
    });

    it('takes an answer of many chunks that end inside characters', async () => {
      const text = JSON.stringify({ name: 'Überraschung 🎉'.repeat(50) });
      server.answer(async (_, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        for (const byte of Buffer.from(text)) {
          if (!response.write(Buffer.of(byte))) await once(response, 'drain');
        }
        response.end();
      });
      assert.deepEqual(await get(await server.client()), JSON.parse(text));
    });

    it('takes an answer of 8 MB', async () => {
      const name = 'x'.repeat(8_000_000);
      server.answer((_, response) => json(response, 200, { name }));
      assert.deepEqual(await get(await server.client()), { name });
    });

    for (const [what, body, type] of [
      ['half a document', `{"data":{"password":"${secretContent}`, 'application/json'],
      ['a login page', `<html>${secretContent}</html>`, 'text/html'],
      ['something after the document', `{} ${secretContent}`, 'application/json'],
      ['nothing', '', 'application/json'],
    ] as const) {
      it(`has no answer, and quotes none, when it is ${what}`, async () => {
        server.answer((_, response) => void response.writeHead(200, { 'content-type': type }).end(body));
        const error = await failure(get(await server.client()));
        assert.ok(error instanceof UnavailableError);
        assert.match(error.message, new RegExp(`not JSON \\(${type}, ${body.length} bytes\\)`));
        assert.ok(!everythingIn(error).includes(secretContent.slice(0, 8)), everythingIn(error));
      });
    }

    it('is given up after its time, however the answer goes missing', async () => {
      const client = await server.client();
      const scripts: Parameters<ScriptedServer['answer']>[0][] = [
        () => {},
        (_, response) => void response.writeHead(200).write('{"a":'),
        (_, response) => {
          response.writeHead(200);
          const drip = setInterval(() => response.write(' '), 20);
          response.once('close', () => clearInterval(drip));
        },
        (_, response) => void response.writeHead(500).write('{"kind":'),
      ];
      for (const script of scripts.slice(0, 3)) {
        server.answer(script);
        const error = await failure(get(client, { timeoutMilliseconds: 150 }));
        assert.ok(error instanceof UnavailableError);
        assert.match(error.message, /timed out after 0.15 s/);
      }
      // The refusal itself has come; what it says has not.
      server.answer(scripts[3] ?? assert.fail());
      const refused = await failure(get(client, { timeoutMilliseconds: 150 }));
      assert.equal((refused as ApiError).code, 500);
    });

    it('is given up after its time when nobody answers to the connection', async () => {
      const silent = createTcpServer();
      const sockets = trackSockets(silent);
      const client = await server.client({}, { server: `https://127.0.0.1:${await listen(silent)}` });
      const calls = [1, 2].map(() => failure(get(client, { timeoutMilliseconds: 150 })));
      for (const error of await Promise.all(calls)) assert.match(error.message, /timed out after 0.15 s/);
      await close(silent, sockets);
    });

    it("ends with the caller's own reason when the caller gives it up", async () => {
      server.answer(() => {});
      const client = await server.client();
      const stop = new AbortController();
      const call = failure(get(client, { signal: stop.signal }));
      await eventually(() => server.requests.length === 1, { describe: 'the request to arrive' });
      const reason = new Error('enough');
      stop.abort(reason);
      assert.equal(await call, reason);
      assert.equal(await failure(get(client, { signal: stop.signal })), reason);
      assert.equal(server.requests.length, 1);
    });

    it('has no answer when the connection is reset', async () => {
      server.answer((_, response) => void response.socket?.destroy());
      const error = await failure(get(await server.client()));
      assert.ok(error instanceof UnavailableError && isUnavailable(error));
    });
  });

  describe('a refusal', () => {
    for (const [code, unavailable] of [
      [400, false],
      [401, true],
      [403, false],
      [404, false],
      [409, false],
      [410, false],
      [422, false],
      [429, true],
      [500, true],
      [503, true],
      [504, true],
      [302, false],
    ] as const) {
      it(`of ${code} is told with its reason, and is ${unavailable ? '' : 'not '}worth another try`, async () => {
        const status = { kind: 'Status', code, reason: 'Whatever', message: 'because' };
        server.answer((_, response) => json(response, code, status));
        const error = await failure((await server.client()).request({ method: 'GET', path: '/api/v1/namespaces/n' }));
        assert.ok(error instanceof ApiError);
        assert.equal(error.message, `GET /api/v1/namespaces/n: ${code} Whatever: because`);
        assert.deepEqual([error.code, error.reason, isUnavailable(error)], [code, 'Whatever', unavailable]);
      });
    }

    it('may be anything', async () => {
      const client = await server.client();
      const bodies = ['', 'null', '[]', '"text"', '7', '<html>', '{"message":{"a":1},"reason":[],"details":"x"}'];
      for (const body of bodies) {
        server.answer((_, response) => void response.writeHead(503).end(body));
        const error = await failure(get(client));
        assert.ok(error instanceof ApiError && error.code === 503, `${body}: ${error.message}`);
      }
    });

    it('of any size takes little memory, and its message is cut', async () => {
      const client = await server.client();
      server.answer((_, response) => json(response, 500, { reason: 'Big', message: 'm'.repeat(100_000) }));
      assert.ok((await failure(get(client))).message.length < 1_200);
      server.answer((_, response) => void response.writeHead(500).end(Buffer.alloc(50_000_000, 'm')));
      assert.match((await failure(get(client))).message, /not a Kubernetes Status/);
    });

    for (const [what, header, least, most] of [
      ['seconds', () => '7', 7, 7],
      ['a date', () => new Date(Date.now() + 600_000).toUTCString(), 500, 600],
      ['a date that has passed', () => new Date(Date.now() - 60_000).toUTCString(), 0, 0],
    ] as const) {
      it(`says when to try again in ${what}`, async () => {
        server.answer((_, response) => json(response, 429, {}, { 'retry-after': header() }));
        const { retryAfterSeconds = -1 } = (await failure(get(await server.client()))) as ApiError;
        assert.ok(retryAfterSeconds >= least && retryAfterSeconds <= most, String(retryAfterSeconds));
      });
    }

    it('says nothing about when to try again in other words, or in its details', async () => {
      const client = await server.client();
      for (const header of ['soon', '-1', '', '1.5e3', '0x10']) {
        server.answer((_, response) => json(response, 429, {}, { 'retry-after': header }));
        assert.equal(((await failure(get(client))) as ApiError).retryAfterSeconds, undefined, header);
      }
      server.answer((_, response) => json(response, 429, { details: { retryAfterSeconds: 3 } }));
      assert.equal(((await failure(get(client))) as ApiError).retryAfterSeconds, 3);
    });

    for (const [code, message, told] of [
      [422, `Secret "a" is invalid: data: Invalid value: "${secretContent}"`, ''],
      [400, `admission webhook "w" denied the request: ${secretContent}`, ''],
      [403, `admission webhook "w" denied the request: ${secretContent}`, 'admission webhook "w" denied the request'],
      [403, 'secrets is forbidden: User "u" cannot create it', 'secrets is forbidden: User "u" cannot create it'],
    ] as const) {
      it(`never tells of a Secret what was sent (${code}: ${message.slice(0, 20)}…)`, async () => {
        server.answer((_, response) => json(response, code, { reason: 'No', message }));
        const client = await server.client();
        const error = await failure(client.request({ method: 'POST', path, body: { data: { a: secretContent } } }));
        assert.equal(error.message, `POST ${path}: ${code} No${told && `: ${told}`}`);
        assert.ok(!everythingIn(error).includes(secretContent));
      });
    }
  });

  describe('when nothing comes', () => {
    interface Watch {
      response: ServerResponse;
      /** The error that ended it. */
      ended(): unknown;
    }
    const openWatch = async (client: KubernetesClient): Promise<Watch> => {
      let response: ServerResponse | undefined;
      server.answer((_, answer) => (response = answer).writeHead(200).flushHeaders());
      const stream = await client.stream({ path, query: { watch: true } });
      let end: unknown;
      const drain = async (): Promise<void> => {
        for await (const _ of stream);
      };
      void drain().catch((error: unknown) => (end = error));
      return { response: response ?? assert.fail(), ended: () => end };
    };
    const fallSilent = (): void => server.answer(() => {});
    const asked = (calls: number): Promise<void> =>
      eventually(() => assert.equal(server.requests.length, calls), { describe: 'the calls to arrive' });

    it('a call that waits in vain gives up all that is silent for as long, and what follows gets new connections', async () => {
      const client = await server.client();
      const watches = [await openWatch(client), await openWatch(client)];
      fallSilent();
      const before = failure(get(client));
      await asked(3);
      const inVain = failure(get(client, { timeoutMilliseconds: 2_000 }));
      await asked(4);
      watches[1]?.response.write('something');
      const after = failure(get(client, { timeoutMilliseconds: 5_000 }));
      await asked(5);
      assert.match((await inVain).message, /timed out after 2 s/);
      assert.match((await before).message, /no answer from the API server: its connection is taken for dead/);
      await eventually(() => watches[0]?.ended() instanceof Error, { describe: 'the silent watch to end' });
      assert.equal(watches[1]?.ended(), undefined);
      const connections = server.connections();
      server.answer((_, response) => json(response, 200, { back: true }));
      assert.deepEqual(await get(client), { back: true });
      assert.equal(server.connections(), connections + 1);
      watches[1]?.response.end();
      await client.close();
      assert.match((await after).message, /the client was closed/);
    });

    it('a call that had little time says nothing about the others', async () => {
      const client = await server.client();
      const watch = await openWatch(client);
      fallSilent();
      await failure(get(client, { timeoutMilliseconds: 200 }));
      server.answer((_, response) => json(response, 200, {}));
      await get(client);
      assert.equal(watch.ended(), undefined);
    });
  });

  describe('credentials', () => {
    const folder = (name: string): string => join(server.directory, name);

    it('are a token, user and password, or nothing', async () => {
      await get(await server.client({ token: 'abc' }));
      assert.equal(lastHeader('authorization'), 'Bearer abc');
      await get(await server.client({ username: 'me', password: 'pä:ss' }));
      assert.equal(lastHeader('authorization'), `Basic ${Buffer.from('me:pä:ss').toString('base64')}`);
      await get(await server.client({ token: 'abc', username: 'me', password: 'x' }));
      assert.equal(lastHeader('authorization'), 'Bearer abc');
      await get(await server.client({}));
      assert.equal(lastHeader('authorization'), undefined);
      await get(await server.client({ token: 'abc', as: 'somebody' }));
      assert.equal(lastHeader('impersonate-user'), 'somebody');
    });

    /** The server takes only this token. */
    const expect = (token: string): void =>
      server.answer((asked, response) =>
        asked.headers.authorization === `Bearer ${token}`
          ? json(response, 200, {})
          : json(response, 401, { reason: 'Unauthorized' }),
      );
    const untilTaken = (client: KubernetesClient): Promise<unknown> =>
      eventually(() => get(client).then(() => true), { describe: 'the new credentials to be taken' });

    it('of a token file are read again after 401', async () => {
      await writeFile(folder('token'), 'one\n');
      const client = await server.client({ tokenFile: folder('token'), token: 'not this one' });
      expect('one');
      await get(client);
      await writeFile(folder('token'), 'two\n');
      expect('two');
      await untilTaken(client);
      assert.equal(lastHeader('authorization'), 'Bearer two');
    });

    it('are not read for each call of many that get 401', async () => {
      const client = await plugin('{"status":{"token":"a"}}');
      expect('never');
      const begun = performance.now();
      for (let call = 0; call < 50; call++) await failure(get(client));
      const runs = await readRuns();
      assert.ok(runs <= 2 + (performance.now() - begun) / 1_000, `${runs} runs of the plugin`);
    });

    /** A client whose exec plugin prints this, and writes down that it ran. */
    const plugin = async (output: string, exit = 0): Promise<KubernetesClient> => {
      const script = `#!/bin/sh\necho "$KUBERNETES_EXEC_INFO" >> '${folder('runs')}'\ncat '${folder('output')}'\nexit ${exit}\n`;
      await writeFile(folder('plugin'), script);
      await chmod(folder('plugin'), 0o755);
      await writeFile(folder('output'), output);
      const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: './plugin', interactiveMode: 'Never' };
      return server.client({ exec });
    };
    const readRuns = async (): Promise<number> => (await informationOfRuns()).length;
    const informationOfRuns = async (): Promise<string[]> =>
      (await readFile(folder('runs'), 'utf8')).trim().split('\n');

    it('of an exec plugin are asked for once, and again after 401', async () => {
      const client = await plugin('{"status":{"token":"one"}}');
      expect('one');
      await get(client);
      await get(client);
      assert.equal(await readRuns(), 1);
      const [information = ''] = await informationOfRuns();
      assert.deepEqual(JSON.parse(information), {
        apiVersion: 'client.authentication.k8s.io/v1',
        kind: 'ExecCredential',
        spec: { interactive: false },
      });
      await writeFile(folder('output'), '{"status":{"token":"two"}}');
      expect('two');
      await untilTaken(client);
    });

    for (const [what, output, exit, expected] of [
      [
        'prints something else',
        `{"token":"${secretContent}`,
        0,
        /exec plugin .*plugin of the kubeconfig printed no ExecCredential/,
      ],
      ['prints JSON without a status', `{"token":"${secretContent}"}`, 0, /printed no ExecCredential/],
      ['prints nothing', '', 0, /printed no ExecCredential/],
      ['fails', '', 3, /no answer from the API server/],
    ] as const) {
      it(`of an exec plugin that ${what} are missed without a word of its output`, async () => {
        const error = await failure(get(await plugin(output, exit)));
        assert.ok(error instanceof UnavailableError);
        assert.match(error.message, expected);
        assert.ok(!everythingIn(error).includes(secretContent.slice(0, 8)), everythingIn(error));
      });
    }

    it('of an exec plugin that hangs do not hold a call beyond its time', async () => {
      const hanging = { exec: { command: process.execPath, args: ['-e', 'setTimeout(() => {}, 3000)'] } };
      const error = await failure(get(await server.client(hanging), { timeoutMilliseconds: 150 }));
      assert.match(error.message, /timed out after 0.15 s/);
    });

    it('of an exec plugin that is not there are missed with its name', async () => {
      const error = await failure(get(await server.client({ exec: { command: 'no-such-plugin' } })));
      assert.match(error.message, /no-such-plugin ENOENT/);
    });

    const clientCertificate = (commonName: string): { certificate: string; key: string } => {
      const { certificate, key } = server.authority;
      const own = generateEcKey();
      const made = issueCertificate({
        subject: [['CN', commonName]],
        publicKey: own.publicKey,
        issuer: certificate.subject,
        signingKey: key.privateKey,
        notBefore: daysAfter(new Date(), -1),
        notAfter: daysAfter(new Date(), 1),
        extensions: [extendedKeyUsage(clientAuthentication)],
      });
      return { certificate: made.pem, key: own.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() };
    };
    const base64 = (text: string): string => Buffer.from(text).toString('base64');

    it('are a certificate, in the kubeconfig, in files beside it, or of a plugin', async () => {
      const inline = clientCertificate('inline');
      await get(
        await server.client({
          'client-certificate-data': base64(inline.certificate),
          'client-key-data': base64(inline.key),
        }),
      );
      assert.equal(server.requests.at(-1)?.commonName, 'inline');
      const files = clientCertificate('files');
      await writeFile(folder('c.pem'), files.certificate);
      await writeFile(folder('k.pem'), files.key);
      await get(await server.client({ 'client-certificate': 'c.pem', 'client-key': 'k.pem' }));
      assert.equal(server.requests.at(-1)?.commonName, 'files');
      const printed = clientCertificate('plugin');
      const status = { clientCertificateData: printed.certificate, clientKeyData: printed.key };
      await get(await plugin(JSON.stringify({ status })));
      assert.equal(server.requests.at(-1)?.commonName, 'plugin');
    });

    it('of the server: another authority is not trusted, unless nobody is asked', async () => {
      server.certify(createServerAuthority());
      const error = await failure(get(await server.client()));
      assert.ok(error instanceof UnavailableError);
      assert.match(error.message, /certificate/);
      const unverified = { 'insecure-skip-tls-verify': true, 'certificate-authority-data': undefined };
      assert.deepEqual(await get(await server.client({}, unverified)), {});
    });

    it('of the server: a rotated authority is trusted from its file on, and calls under way end in peace', async () => {
      await writeFile(folder('ca.crt'), server.authority.certificate.pem);
      const client = await server.client(
        {},
        { 'certificate-authority-data': undefined, 'certificate-authority': 'ca.crt' },
      );
      let watch: ServerResponse | undefined;
      // The first connections are those that trust the old authority; a 401 makes the client read its files anew.
      server.answer((asked, response) => {
        if (asked.query.has('watch')) (watch = response).writeHead(200).flushHeaders();
        else json(response, asked.connection > 2 ? 200 : 401, { taken: true });
      });
      const stream = await client.stream({ path, query: { watch: true } });
      await failure(get(client));
      const authority = createServerAuthority();
      server.certify(authority);
      await writeFile(folder('ca.crt'), authority.certificate.pem);
      await eventually(async () => assert.deepEqual(await get(client), { taken: true }), {
        describe: 'the new authority to be trusted',
      });
      watch?.write('still here');
      const { value } = (await stream[Symbol.asyncIterator]().next()) as { value: Buffer };
      assert.equal(value.toString(), 'still here');
    });
  });

  it('speaks to a server without TLS, as kubectl proxy is', async () => {
    const plain = createServer((_, response) => json(response, 200, { plain: true }));
    const sockets = trackSockets(plain);
    const client = await server.client({}, { server: `http://127.0.0.1:${await listen(plain)}` });
    assert.deepEqual(await get(client), { plain: true });
    sockets.destroyAll();
    plain.close();
  });
});

/** Message, stack, and every cause, as a log that prints all it finds would. */
function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  return `${error.stack} ${JSON.stringify(error)} ${everythingIn(error.cause)}`;
}
