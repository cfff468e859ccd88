import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { Agent, Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { makeServerCertificate } from '../control-plane/certificates.ts';
import type { Connection } from './connection.ts';
import { runExchange } from './exchange.ts';
import type { Exchange, ExchangeDeps } from './exchange.ts';
import { createFaultBook } from './faults.ts';
import type { Fault, FaultOptions, WatchFault } from './faults.ts';
import { createFreezes } from './freezes.ts';
import type { Freeze, FreezeOptions, Freezes, Thaw } from './freezes.ts';
import { startFront } from './front.ts';
import type { Front } from './front.ts';
import { readRequest } from './proxied-request.ts';
import type { ProxiedRequest, RequestMatcher } from './proxied-request.ts';
import { agentFor } from './upstream.ts';
import type { Upstream } from './upstream.ts';
import type { WatchStream } from './watch-stream.ts';
import { createWriteHooks } from './write-hooks.ts';
import type { WriteCallback, WriteHook } from './write-hooks.ts';

export type { Fault, FaultOptions, WatchFault } from './faults.ts';
export type { Freeze, FreezeOptions, Thaw } from './freezes.ts';
export { isWrite } from './proxied-request.ts';
export type { ProxiedRequest, RequestMatcher } from './proxied-request.ts';
export type { WriteCallback, WriteHook } from './write-hooks.ts';

/** A TLS proxy before an API server that hurts its clients on demand; HTTP/1.1, no upgrades (exec, port-forward). */
export interface FaultProxy {
  /** https://127.0.0.1:PORT */
  url: string;
  /** PEM of the authority that signed the proxy's own certificate. */
  certificateAuthority: string;
  /** Every request so far, oldest first; each is filled in as it goes on. */
  requests: ProxiedRequest[];
  /** Does this to requests that arrive from now on. */
  fault: (fault: Fault, options?: FaultOptions) => { clear: () => void };
  /** The watches that are open now. */
  openWatches: (when?: RequestMatcher) => ProxiedRequest[];
  /** Does this to watches that are open now; answers to how many. */
  disturbWatches: (fault: WatchFault, options?: { when?: RequestMatcher; limit?: number }) => number;
  /** Makes connections half-open: they stay, and nothing passes any more in either direction. */
  freeze: (options?: FreezeOptions) => Freeze;
  /** Resets connections (RST), those with such a request or all; answers how many. */
  resetConnections: (when?: RequestMatcher) => number;
  /** From now on connecting gives ECONNREFUSED; connections that exist go on. */
  refuseConnections: () => Promise<void>;
  acceptConnections: () => Promise<void>;
  /** Holds the n-th write from now (1 is the next) that would reach the server until the callback has come back. */
  beforeWrite: (nth: number, callback: WriteCallback, when?: RequestMatcher) => WriteHook;
  /** Holds the answer to the n-th write from now that the server has answered until the callback has come back. */
  afterWrite: (nth: number, callback: WriteCallback, when?: RequestMatcher) => WriteHook;
  /** Ends every fault, hook and refusal; half-open connections are cut unless told otherwise. */
  clear: (halfOpen?: Thaw) => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts a proxy on a free port, with a certificate made for it. */
export async function startFaultProxy(upstream: Upstream): Promise<FaultProxy> {
  const [before, after] = [createWriteHooks(), createWriteHooks()];
  const state = { upstream, before, after, faults: createFaultBook(), watches: new Set<WatchStream>() };
  const shared: Shared = { ...state, requests: [], freezes: createFreezes() };
  const { port, certificateAuthority, server } = await startInner();
  const front = await startFront(port, (connection) => shared.freezes.consider(connection));
  serve(shared, server, front);
  const stop = async (): Promise<void> => {
    await front.stop();
    server.closeAllConnections();
    server.close();
  };
  const url = `https://127.0.0.1:${front.port}`;
  return { url, certificateAuthority, requests: shared.requests, ...controls(shared, front), stop };
}

interface Shared extends ExchangeDeps {
  requests: ProxiedRequest[];
  freezes: Freezes;
}

function serve(shared: Shared, server: Server, front: Front): void {
  const agents = new WeakMap<Connection, Agent>();
  server.on('request', (message: IncomingMessage, response: ServerResponse) => {
    const { socket } = message;
    const connection = front.connections.get(socket.remotePort ?? 0);
    if (connection === undefined) return void socket.destroy();
    const agent = agents.get(connection) ?? agentFor(shared.upstream);
    const release = (): void => {
      if (socket.destroyed && connection.request === undefined) agent.destroy();
    };
    if (!agents.has(connection)) socket.once('close', release);
    agents.set(connection, agent);
    void handle(shared, { request: readRequest(message), connection, agent, message, response }).finally(release);
  });
}

async function handle(shared: Shared, exchange: Exchange): Promise<void> {
  const { request, connection } = exchange;
  shared.requests.push(request);
  connection.request = request;
  shared.freezes.consider(connection);
  try {
    await runExchange(shared, exchange);
  } catch (error) {
    request.fault ??= String(error);
    connection.reset();
  } finally {
    if (connection.request === request) connection.request = undefined;
  }
}

type Controls = Omit<FaultProxy, 'url' | 'certificateAuthority' | 'requests' | 'stop'>;

function controls({ watches, faults, freezes, before, after }: Shared, front: Front): Controls {
  const open = (when: RequestMatcher = () => true, limit = Infinity): WatchStream[] =>
    [...watches].filter(({ request }) => when(request)).slice(0, limit);
  return {
    fault: (fault, options = {}) => ({ clear: faults.add(fault, options) }),
    openWatches: (when) => open(when).map(({ request }) => request),
    disturbWatches: (fault, { when, limit } = {}) => {
      const disturbed = open(when, limit);
      for (const watch of disturbed) watch.disturb(fault);
      return disturbed.length;
    },
    freeze: (options = {}) => freezes.add(options, front.connections.values()),
    resetConnections: (when) => {
      const isHit = ({ request }: Connection): boolean =>
        when === undefined || (request !== undefined && when(request));
      const hit = [...front.connections.values()].filter(isHit);
      for (const connection of hit) connection.reset();
      return hit.length;
    },
    refuseConnections: front.refuse,
    acceptConnections: front.accept,
    beforeWrite: before.add,
    afterWrite: after.add,
    clear: async (halfOpen = 'cut') => {
      for (const book of [faults, before, after]) book.clear();
      for (const watch of watches) watch.calm();
      freezes.clear(halfOpen);
      await front.accept();
    },
  };
}

/** The HTTPS server behind the front: it reads requests, and never ends a connection by a timeout of its own. */
async function startInner(): Promise<{
  port: number;
  certificateAuthority: string;
  server: Server;
}> {
  const { certificateAuthority, server: pair } = await makeServerCertificate({
    commonName: 'fault proxy',
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
  });
  const server = createServer({
    cert: pair.certificate,
    key: pair.privateKey,
    requestTimeout: 0,
    headersTimeout: 0,
    keepAliveTimeout: 0,
  });
  server.on('tlsClientError', () => {}); // a client that went away in the handshake, or was sent away
  server.on('connection', (socket: Socket) => void socket.unref());
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port, certificateAuthority, server };
}
