import { connect, createServer, type Server, type Socket } from 'node:net';
import { freePort } from './control-plane/ports.ts';

/** A TCP proxy on 127.0.0.1 whose network can fail. It knows nothing of what it carries: put it before PostgreSQL. */
export interface TcpProxy {
  port: number;
  /** The URL of the server behind it, by way of the proxy. */
  url(behind: string): string;
  /** How many connections are open. */
  connections(): number;
  /** How many were taken since the start. */
  taken(): number;
  /** Resets every open connection (RST on both sides); new ones are taken. */
  cut(): void;
  /** New connections are refused, as by a machine on which nothing listens; open ones go on. */
  refuse(): void;
  /** Nothing gets through, and nobody is told: not data, not an end, not a reset. New connections are taken, and hang. */
  hang(): void;
  /** All is well again; what was held back by `hang` goes on. */
  heal(): Promise<void>;
  stop(): void;
}

interface Link {
  pause(): void;
  resume(): void;
  reset(): void;
}

export async function startTcpProxy(target: { port: number; host?: string }): Promise<TcpProxy> {
  const links = new Set<Link>();
  let [hung, taken] = [false, 0];
  let server: Server | undefined;
  const port = await freePort();

  const listen = async (): Promise<void> => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const listening = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (client) => {
      taken += 1;
      const upstream = connect({ host: '127.0.0.1', ...target, allowHalfOpen: true, noDelay: true });
      const link = tie(client, upstream, () => links.delete(link));
      links.add(link);
      if (!hung) link.resume();
    });
    listening.once('error', reject).listen(port, '127.0.0.1', resolve);
    await promise;
    server = listening;
  };
  const refuse = (): void => {
    server?.close();
    server = undefined;
  };
  const cut = (): void => links.forEach((link) => link.reset());

  await listen();
  return {
    port,
    url: (behind) => {
      const url = new URL(behind);
      url.host = `127.0.0.1:${port}`;
      return url.href;
    },
    connections: () => links.size,
    taken: () => taken,
    cut,
    refuse,
    hang: () => {
      hung = true;
      links.forEach((link) => link.pause());
    },
    heal: async () => {
      hung = false;
      if (server === undefined) await listen();
      links.forEach((link) => link.resume());
    },
    stop: () => {
      refuse();
      cut();
    },
  };
}

/** Carries bytes both ways while it is not paused; begins paused. */
function tie(client: Socket, upstream: Socket, closed: () => void): Link {
  let paused = true;
  let broken = false;
  const both = [client, upstream];
  const reset = (): void => {
    for (const socket of both) if (!socket.destroyed) socket.resetAndDestroy();
    closed();
  };
  const carry = (from: Socket, to: Socket): void => {
    from.on('data', (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => paused || from.resume());
    from.on('end', () => to.end());
    from.on('error', () => (broken = true));
    from.on('close', () => {
      if (from.readableEnded && !broken) return client.destroyed && upstream.destroyed ? closed() : undefined;
      broken = true;
      if (!paused) reset();
    });
  };
  carry(client, upstream);
  carry(upstream, client);
  const pause = (): void => {
    paused = true;
    for (const socket of both) socket.pause();
  };
  const resume = (): void => {
    paused = false;
    if (broken) return reset();
    for (const socket of both) socket.resume();
  };
  pause();
  return { pause, resume, reset };
}
