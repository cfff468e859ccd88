import type { Socket } from 'node:net';
import type { ProxiedRequest } from './proxied-request.ts';

/** A client's TCP connection, as the bytes that pass between it and the proxy's own HTTPS server. */
export interface Connection {
  /** The request that it carries now, or carried last. */
  request: ProxiedRequest | undefined;
  isFrozen(): boolean;
  /** Ends it with RST, when what the inner server has written so far is on its way to the client. */
  reset(): void;
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
  const abort = (): void => {
    client.resetAndDestroy();
    inner.destroy();
  };
  const result: Connection = {
    request: undefined,
    isFrozen: () => frozen,
    reset: () => {
      const bytes = inner.bytesRead;
      // A written byte is with this end of the loopback connection at once, but Node sees it a turn of its loop later.
      setTimeout(() => (inner.bytesRead > bytes ? result.reset() : abort()), frozen ? 0 : 5);
    },
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
  return result;
}
