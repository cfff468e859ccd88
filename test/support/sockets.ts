import type { Server, Socket } from 'node:net';

/** The connections that a server has open, so that a fake can end with all of them and a test can see that none is left. */
export interface OpenSockets {
  readonly size: number;
  /** Resolves when the next one is accepted, before anything is read from it. */
  next(): Promise<void>;
  destroyAll(): void;
}

/** Counts from TCP accept to close, TLS or not. */
export function trackSockets(server: Server): OpenSockets {
  const open = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    open.add(socket);
    socket.once('close', () => open.delete(socket));
    // A client that resets must not end the process.
    socket.on('error', () => {});
  });
  return {
    get size() {
      return open.size;
    },
    next: () => new Promise((resolve) => server.once('connection', () => resolve())),
    destroyAll: () => open.forEach((socket) => socket.destroy()),
  };
}

/** Listens on a free port of 127.0.0.1 and gives the port. */
export function listen(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.once('error', reject).listen(0, '127.0.0.1', () => {
    const bound = server.address();
    resolve(typeof bound === 'object' && bound !== null ? bound.port : 0);
  });
  return promise;
}

/** Ends a server and every connection it has. */
export function close(server: Server, sockets: OpenSockets): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.close(() => resolve());
  sockets.destroyAll();
  return promise;
}
