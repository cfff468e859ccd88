import { createServer } from 'node:net';

// Below the range that Linux and macOS take for outgoing connections: while an API server is down for a restart, no
// client on the machine can come by its port by chance.
const lowest = 20_000;
const highest = 29_999;

/** A TCP port of 127.0.0.1 on which nothing listens now; somebody else may take it before its user does. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = lowest + Math.floor(Math.random() * (highest - lowest + 1));
    if (await canListen(port)) return port;
  }
  throw new Error(`100 random ports of ${lowest}–${highest} on 127.0.0.1 are all taken: end what listens on them`);
}

/**
 * Starts what needs a port, and again with other ports when somebody else has come first: many tests start servers
 * side by side.
 */
export async function withFreePorts<T>(start: (port: number, second: number) => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start(await freePort(), await freePort());
    } catch (error) {
      if (attempt === 5 || !String(error).includes('address already in use')) throw error;
    }
  }
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}
