import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { ApiError, internalError } from './api-error.ts';
import { authenticate, authorize } from './authentication.ts';
import type { Tokens } from './authentication.ts';
import type { Cluster } from './cluster.ts';
import type { Answer } from './object-requests.ts';
import { presentError } from './representation.ts';
import { readBody } from './request.ts';
import { route } from './routes.ts';
import type { Watch } from './watch.ts';

const contentTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  text: 'text/plain; charset=utf-8',
  openapi: 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf',
};
const baseHeaders = { 'Cache-Control': 'no-cache, private' };

export interface HttpServerOptions {
  /** PEM, both. */
  certificate: string;
  privateKey: string;
  /** 0 for any free one. */
  port: number;
  tokens: Tokens;
}

/** Serves the cluster over TLS on 127.0.0.1 and answers the port. */
export async function startHttpServer(
  cluster: Cluster,
  options: HttpServerOptions,
): Promise<{ port: number; stop(): Promise<void> }> {
  const watches = new Set<Watch>();
  const server = createServer({ cert: options.certificate, key: options.privateKey }, (message, response) => {
    respond(cluster, options.tokens, watches, message, response).catch((error: unknown) =>
      response.destroy(error as Error),
    );
  });
  // A client keeps its connection as long as it likes, as with the real server.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  await listen(server, options.port);
  const stop = async (): Promise<void> => {
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const watch of watches) watch.cancel();
    server.closeAllConnections();
    await closed;
  };
  return { port: (server.address() as AddressInfo).port, stop };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function respond(
  cluster: Cluster,
  tokens: Tokens,
  watches: Set<Watch>,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await answerTo(cluster, tokens, message);
    if ('watch' in answer) startWatch(answer, watches, response);
    else writeAnswer(answer, response);
  } catch (error) {
    const shown =
      error instanceof ApiError ? error : internalError(`this is a bug of the small API server: ${String(error)}`);
    const format = message.headers.accept === 'application/yaml' ? 'yaml' : 'json';
    writeAnswer({ code: shown.code, text: presentError(shown, format), format, headers: shown.headers }, response);
  }
}

async function answerTo(cluster: Cluster, tokens: Tokens, message: IncomingMessage): Promise<Answer> {
  const { method = 'GET', headers } = message;
  // The base only completes the URL: a request names a path.
  const { pathname, searchParams } = new URL(message.url ?? '/', 'https://127.0.0.1');
  const body = await readBody(message);
  const user = authorize(authenticate(headers.authorization, tokens), method, pathname);
  return route(cluster, { method, path: pathname, query: searchParams, headers, body, user, now: cluster.now() });
}

function writeAnswer(answer: Exclude<Answer, { watch: unknown }>, response: ServerResponse): void {
  response.writeHead(answer.code, {
    ...baseHeaders,
    'Content-Type': contentTypes[answer.format],
    ...(answer.code === 304 ? {} : { 'Content-Length': Buffer.byteLength(answer.text) }),
    ...answer.headers,
  });
  response.end(answer.text);
}

function startWatch(answer: Extract<Answer, { watch: unknown }>, watches: Set<Watch>, response: ServerResponse): void {
  response.writeHead(200, { ...baseHeaders, 'Content-Type': contentTypes.json });
  // The client knows from the head alone that the watch stands, long before anything changes.
  response.flushHeaders();
  const watch = answer.watch({
    write: (line) => response.write(line),
    end: () => response.end(),
    unread: () => response.writableLength,
  });
  watches.add(watch);
  response.once('close', () => {
    watch.cancel();
    watches.delete(watch);
  });
}
