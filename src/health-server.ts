import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Registry } from 'prom-client';

export interface HealthServer {
  port: number;
  close(): Promise<void>;
}

export interface HealthServerOptions {
  host: string;
  port: number;
  registry: Registry;
  /** Why the process is not ready; empty: it is. */
  notReady(): string[];
}

interface Answer {
  status: number;
  type: string;
  body: string;
}

const plain = 'text/plain; charset=utf-8';

/** `/healthz`, `/readyz` and `/metrics`. */
export async function startHealthServer(options: HealthServerOptions): Promise<HealthServer> {
  async function answer(path: string): Promise<Answer> {
    switch (path) {
      case '/healthz':
        return { status: 200, type: plain, body: 'ok\n' };
      case '/readyz':
        return ready(options.notReady());
      case '/metrics':
        return { status: 200, type: options.registry.contentType, body: await options.registry.metrics() };
      default:
        return { status: 404, type: plain, body: `No such path. There are /healthz, /readyz and /metrics.\n` };
    }
  }

  const server = createServer((request, response) => {
    const allowed = request.method === 'GET' || request.method === 'HEAD';
    const path = (request.url ?? '/').split('?')[0] ?? '/';
    const answered = allowed
      ? answer(path)
      : Promise.resolve({ status: 405, type: plain, body: 'Only GET is allowed.\n' });
    answered.then(
      ({ status, type, body }) => {
        response.writeHead(status, {
          'content-type': type,
          'content-length': Buffer.byteLength(body),
          'cache-control': 'no-store',
        });
        response.end(request.method === 'HEAD' ? undefined : body);
      },
      () => response.writeHead(500, { 'content-type': plain }).end('The metrics could not be collected.\n'),
    );
  });
  await listen(server, options);
  return { port: (server.address() as AddressInfo).port, close: () => close(server) };
}

function ready(reasons: string[]): Answer {
  if (reasons.length === 0) return { status: 200, type: plain, body: 'ok\n' };
  return { status: 503, type: plain, body: `${reasons.join('\n')}\n` };
}

function listen(server: Server, { host, port }: HealthServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
