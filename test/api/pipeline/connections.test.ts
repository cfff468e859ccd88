import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { parseScrape, seriesOf } from '../../support/scrape.ts';
import { eventually } from '../../support/wait.ts';
import { type Scene, startScene } from './scene.ts';

const echo = '/api/v1/admin/test/echo';

interface Raw {
  socket: Socket;
  /** What has come so far. */
  text(): string;
  /** All that came, when the other side has closed. */
  closed: Promise<string>;
}

function open(port: number): Raw {
  const socket = connect({ host: '127.0.0.1', port });
  let text = '';
  socket.on('data', (data) => (text += data.toString('latin1')));
  socket.on('error', () => {});
  const closed = once(socket, 'close').then(() => text);
  return { socket, text: () => text, closed };
}

describe('a connection', () => {
  let scene: Scene;
  before(async () => void (scene = await startScene()));
  after(() => scene.end());

  const exchange = (bytes: string): Promise<string> => {
    const raw = open(scene.api.port);
    raw.socket.write(bytes, 'latin1');
    return raw.closed;
  };
  const headers = (more: string): string =>
    `POST ${echo} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${scene.adminKey}\r\nContent-Type: application/json\r\n${more}\r\n`;

  const broken: [what: string, bytes: () => string, status: number, code: string | undefined][] = [
    ['no HTTP at all', () => 'hello\r\n\r\n', 400, 'invalid-request'],
    ['TLS', () => '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 400, 'invalid-request'],
    ['a header of 20 KiB', () => headers(`X: ${'x'.repeat(20_000)}\r\n`), 431, 'headers-too-large'],
    ['a path of 20 KiB', () => `GET /${'x'.repeat(20_000)} HTTP/1.1\r\n\r\n`, 431, 'headers-too-large'],
    ['a line break in a header', () => headers('X: a\rb\r\n'), 400, 'invalid-request'],
    ['two lengths', () => headers('Content-Length: 1\r\nContent-Length: 2\r\n'), 400, 'invalid-request'],
    [
      'a length and chunks',
      () => headers('Content-Length: 1\r\nTransfer-Encoding: chunked\r\n'),
      400,
      'invalid-request',
    ],
    ['a length that is none', () => headers('Content-Length: x\r\n'), 400, 'invalid-request'],
    ['a chunk that is none', () => `${headers('Transfer-Encoding: chunked\r\n')}zz\r\n`, 400, 'invalid-request'],
    ['no Host', () => 'GET / HTTP/1.1\r\n\r\n', 400, undefined],
  ];
  for (const [what, bytes, status, code] of broken) {
    it(`is closed with ${status} after ${what}`, async () => {
      const answer = await exchange(bytes());
      assert.match(answer, new RegExp(`^HTTP/1.1 ${status} `));
      assert.match(answer, /\r\nConnection: close\r\n/i);
      if (code !== undefined) assert.match(answer, new RegExp(`"code":"${code}"`));
      assert.equal(answer.match(/HTTP\/1\.1 \d/g)?.length, 1, answer);
    });
  }

  it('is counted when it brought no request', async () => {
    const scrape = parseScrape(await (await fetch(`${scene.metricsUrl}/metrics`)).text());
    assert.ok((seriesOf(scrape, 'loyalty_http_unparsable_requests_total', { status: '400' })[0]?.value ?? 0) > 0);
    assert.ok((seriesOf(scrape, 'loyalty_http_unparsable_requests_total', { status: '431' })[0]?.value ?? 0) > 0);
  });

  it('is closed with 413 when chunks become too many, though no length was said', async () => {
    const raw = open(scene.api.port);
    raw.socket.write(headers('Transfer-Encoding: chunked\r\n'));
    const chunk = `4000\r\n${' '.repeat(0x4000)}\r\n`;
    for (let count = 0; count < 5; count += 1) raw.socket.write(chunk);
    const answer = await raw.closed;
    assert.match(answer, /^HTTP\/1.1 413 [\s\S]*payload-too-large/);
  });

  it('is closed with 413 before a body is sent that says to be too large', async () => {
    const answer = await exchange(headers('Content-Length: 70000\r\nExpect: 100-continue\r\n'));
    assert.match(answer, /^HTTP\/1.1 413 /);
  });

  it('is told to go on with a body that is not', async () => {
    const raw = open(scene.api.port);
    raw.socket.write(headers('Content-Length: 12\r\nConnection: close\r\nExpect: 100-continue\r\n'));
    await eventually(() => assert.match(raw.text(), /^HTTP\/1.1 100 Continue\r\n\r\n/), { describe: '100 Continue' });
    raw.socket.write('{"points":1}');
    assert.match(await raw.closed, /\r\n\r\nHTTP\/1.1 201 /);
  });

  it('that ends in mid-body does no harm', async () => {
    const raw = open(scene.api.port);
    raw.socket.write(`${headers('Content-Length: 100\r\n')}{"points":`);
    raw.socket.end();
    await raw.closed;
    assert.equal((await scene.asAdmin('POST', echo, { body: { points: 1 } })).status, 201);
    assert.deepEqual(
      scene.lines().filter(({ level }) => level === 'error'),
      [],
    );
  });

  it('answers one request after the other', async () => {
    const one = `${headers('Content-Length: 12\r\n')}{"points":1}`;
    const last = `${headers('Content-Length: 12\r\nConnection: close\r\n')}{"points":2}`;
    const answer = await exchange(one + one + last);
    assert.deepEqual(answer.match(/\{"points":\d\}/g), ['{"points":1}', '{"points":1}', '{"points":2}']);
  });

  it('is one of 1,000 that are open at once: none is refused', async () => {
    const all = Array.from({ length: 1_000 }, () => open(scene.api.port));
    const request = `${headers('Content-Length: 12\r\nConnection: close\r\n')}{"points":1}`;
    for (const { socket } of all) socket.write(request);
    const answers = await Promise.all(all.map(({ closed }) => closed));
    assert.equal(answers.filter((answer) => answer.startsWith('HTTP/1.1 201 ')).length, 1_000);
  });
});
