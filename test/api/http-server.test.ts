import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type HttpServer, startHttpServer } from '../../src/api/http-server.ts';

describe('the end of the HTTP server', () => {
  let server: HttpServer;
  beforeEach(async () => {
    server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      handle: (request, response) =>
        void response.setHeader('Connection', request.url === '/last' ? 'close' : 'keep-alive').end('ok'),
      onUnparsable: () => {},
    });
  });

  async function ask(socket: Socket, path: string): Promise<string> {
    socket.write(`GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`);
    const [answer] = (await once(socket, 'data')) as [Buffer];
    return String(answer);
  }

  it('answers a request that comes on an idle connection, and takes no further connection', async () => {
    const socket = connect(server.port, '127.0.0.1');
    assert.match(await ask(socket, '/'), /^HTTP\/1.1 200 /);
    const closed = server.close(10_000);
    const [refused] = (await once(connect(server.port, '127.0.0.1'), 'error')) as [NodeJS.ErrnoException];
    assert.equal(refused.code, 'ECONNREFUSED');
    assert.match(await ask(socket, '/last'), /^HTTP\/1.1 200 /);
    await closed;
  });

  it('closes connections that stay idle', async () => {
    const socket = connect(server.port, '127.0.0.1');
    await ask(socket, '/');
    const ended = once(socket, 'close');
    await server.close(10_000);
    await ended;
  });
});
