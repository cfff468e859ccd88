import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { Socket } from 'node:net';
import { withFreePorts } from '../control-plane/ports.ts';
import { joinConnection } from './connection.ts';
import type { Connection } from './connection.ts';

/** The TCP side of the proxy: accepts clients and joins each to the inner HTTPS server. */
export interface Front {
  port: number;
  /** By the port from which each reaches the inner server, which is how that server knows them. */
  connections: Map<number, Connection>;
  /** Stops listening: connecting then gives ECONNREFUSED; connections that exist go on. */
  refuse: () => Promise<void>;
  /** Listens again, on the same port. */
  accept: () => Promise<void>;
  stop(): Promise<void>;
}

/** Starts on a free port; `onConnection` sees a connection before any byte has passed. */
export async function startFront(innerPort: number, onConnection: (connection: Connection) => void): Promise<Front> {
  const connections = new Map<number, Connection>();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    // Nothing of a proxy keeps its process alive: a test that fails before its stop() must not hang the whole run.
    sockets.add(client.unref());
    client.once('close', () => sockets.delete(client));
    client.on('error', () => {});
    const inner = connect({ port: innerPort, host: '127.0.0.1' }).unref();
    inner.once('error', () => client.destroy());
    inner.once('connect', () => {
      if (client.destroyed) return void inner.destroy();
      const key = inner.localPort ?? 0;
      const connection = joinConnection(client, inner);
      connections.set(key, connection);
      inner.once('close', () => connection.isFrozen() || connections.delete(key));
      onConnection(connection);
    });
  });
  const listen = async (port: number): Promise<void> => {
    server.listen({ port, host: '127.0.0.1' }).unref();
    await once(server, 'listening');
  };
  const port = await withFreePorts(async (free) => {
    await listen(free);
    return free;
  });
  return {
    port,
    connections,
    refuse: async () => void (server.listening && server.close()),
    accept: async () => void (server.listening || (await listen(port))),
    stop: async () => {
      if (server.listening) server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
