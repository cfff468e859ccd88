import type { Socket } from 'node:net';
import type { ProxiedRequest } from './proxied-request.ts';

/** A client's TCP connection, as the bytes that pass between it and the proxy's own HTTPS server. */
export interface Connection {
  /** The request that it carries now, or carried last. */
  request: ProxiedRequest | undefined;
  isFrozen(): boolean;
  /** Ends it with RST at once. */
  reset: () => void;
  /** Ends it with RST when what the inner server has written so far is on its way to the client. */
  resetWhenFlushed: () => void;
  /** Nothing passes any more in either direction, and neither side is told. */
  freeze(): void;
  /** Everything held back passes, and what follows. */
  thaw(): void;
  /** Settles once nothing holds the connection. */
  thawed(): Promise<void>;
}

export function joinConnection(client: Socket, inner: Socket): Connection {
  const waiting: (() => void)[] = [];
  let frozen = false;
  const flow = (): void => {
    client.pipe(inner);
    inner.pipe(client);
  };
  client.setNoDelay();
  inner.setNoDelay();
  client.on('error', () => inner.destroy());
  inner.on('error', () => {});
  client.once('close', () => inner.destroy());
  inner.once('close', () => frozen || client.destroySoon());
  flow();
  const reset = (): void => {
    client.resetAndDestroy();
    inner.destroy();
  };
  // A written byte is at this end of the loopback connection at once, but Node reads it in a later turn of its loop:
  // the immediate comes after that turn's reading, however late the timer is.
  const resetWhenFlushed = (): void => {
    const bytes = inner.bytesRead;
    setTimeout(() => setImmediate(() => (inner.bytesRead > bytes ? resetWhenFlushed() : reset())), 5);
  };
  return {
    request: undefined,
    isFrozen: () => frozen,
    reset,
    resetWhenFlushed,
    freeze: () => {
      frozen = true;
      client.unpipe(inner).pause();
      inner.unpipe(client).pause();
    },
    thaw: () => {
      frozen = false;
      flow();
      if (inner.destroyed) client.destroySoon();
      for (const go of waiting.splice(0)) go();
    },
    thawed: () => new Promise((resolve) => (frozen ? waiting.push(resolve) : resolve())),
  };
}
