import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import { type AddressInfo, Server as NetServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError, messageOf } from '../errors.ts';
import { announcesTooMuch } from './body.ts';
import { Problem } from './problems.ts';
import { writeProblem } from './problem-answer.ts';

/** Limits against clients that are slow or send too much: bytes, milliseconds. */
const limits = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 2_000,
  /** Longer than the 60 s after which load balancers commonly close an idle connection: they must be the ones who do. */
  keepAliveTimeout: 65_000,
  /** Node would refuse without a body what the app refuses with a problem. */
  requireHostHeader: false,
};
/** Milliseconds for which idle connections stay open when the server ends: a request may be on its way on any of them. */
const lingering = 1_000;
/** Connections that the kernel holds until they are accepted; Node's default of 511 refuses some of 1,000 at once. */
const backlog = 4096;

export interface HttpServer {
  port: number;
  /**
   * Takes no further connections, waits until what is in work is answered, at most that long, and closes all. Requests that come on open
   * connections within a second are answered; whoever handles them says `Connection: close`.
   */
  close(milliseconds: number): Promise<void>;
}

export interface HttpServerOptions {
  host: string;
  port: number;
  handle: RequestListener;
  /** Told of what was no request that could be handled. */
  onUnparsable: (status: number) => void;
}

/** @throws ConfigurationError when the port cannot be had. */
export async function startHttpServer({ host, port, handle, onUnparsable }: HttpServerOptions): Promise<HttpServer> {
  let inWork = 0;
  let idle = (): void => {};
  const listener: RequestListener = (request, response) => {
    inWork += 1;
    response.once('close', () => {
      inWork -= 1;
      if (inWork === 0) idle();
    });
    handle(request, response);
  };
  const server = createServer(limits, listener);
  server.on('checkContinue', (request: IncomingMessage, response) => {
    if (!announcesTooMuch(request)) response.writeContinue();
    listener(request, response);
  });
  // What is expected but 100-continue may be ignored (RFC 9110, section 10.1.1); Node would refuse it without a body.
  server.on('checkExpectation', listener);
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Socket) => onUnparsable(refuse(error, socket)));
  await listen(server, host, port);
  return {
    port: (server.address() as AddressInfo).port,
    async close(milliseconds) {
      await Promise.race([stopListening(server), sleep(Math.min(lingering, milliseconds))]);
      if (inWork > 0) {
        const { promise, resolve } = Promise.withResolvers<void>();
        idle = resolve;
        const limit = setTimeout(resolve, milliseconds);
        await promise;
        clearTimeout(limit);
      }
      server.closeAllConnections();
    },
  };
}

/**
 * Takes no further connections; ends when none is open. The `close` of an HTTP server would also cut idle connections at once, and with them
 * requests that their clients have just sent and must not send again.
 */
function stopListening(server: Server): Promise<void> {
  return new Promise((resolve) => void NetServer.prototype.close.call(server, () => resolve()));
}

async function listen(server: Server, host: string, port: number): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port, backlog }, resolve);
    });
  } catch (error) {
    throw new ConfigurationError([cannotListen('PORT', host, port, error)]);
  }
}

/** Why a server cannot listen, with what to do. */
export function cannotListen(setting: string, host: string, port: number, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const where = `${setting}: cannot listen on ${host}:${port}`;
  if (code === 'EADDRINUSE') return `${where}: another process does. End it, or set ${setting} to a free port.`;
  if (code === 'EACCES') return `${where}: ports below 1024 take a privilege. Set ${setting} to a port from 1024 on.`;
  if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') return `${where}: HOST is no address of this machine.`;
  return `${where}: ${messageOf(error)}.`;
}

/** Answers what is not HTTP, too large in its headers or too slow, and closes the connection. */
function refuse(error: NodeJS.ErrnoException, socket: Socket): number {
  const { status, headers, text } = writeProblem(problemOf(error.code), '');
  if (socket.writable && !hasBegunToAnswer(socket)) {
    const lines = Object.entries({
      'Content-Type': 'application/problem+json',
      'Content-Length': Buffer.byteLength(text ?? ''),
      'Cache-Control': 'no-store',
      ...headers,
      Connection: 'close',
    }).map(([name, value]) => `${name}: ${value}`);
    socket.end(`HTTP/1.1 ${status} \r\n${lines.join('\r\n')}\r\n\r\n${text ?? ''}`);
  }
  socket.destroySoon();
  return status;
}

/** As Node's own listener looks at it: bytes in the middle of an answer would be taken for a part of it. */
function hasBegunToAnswer(socket: Socket): boolean {
  const { _httpMessage: message } = socket as Socket & { _httpMessage?: { _headerSent: boolean } | null };
  return message?._headerSent === true;
}

function problemOf(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') {
    return new Problem('headers-too-large', `Request line and headers have at most ${limits.maxHeaderSize} bytes.`);
  }
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem('request-timeout', 'The request did not arrive in time.');
  return new Problem('invalid-request', 'This is not HTTP/1.1 as it should be.');
}
