import type { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';

/** What pg's Client has and its types do not show, and knex's mark of a connection that its pool must not give out again. */
interface PooledConnection {
  readyForQuery: boolean;
  connection: EventEmitter & { readonly stream: Socket };
  __knex__disposed?: unknown;
}

const readOnly = '25006';

/**
 * Gives connections up that are open and of no use: the pool opens others. Called for each new one of a pool.
 * - The server is silent for `milliseconds` while it works on a statement. It or the network has vanished without a word; TCP alone would
 *   notice only after many minutes. The statement fails with ETIMEDOUT. While the connection is idle, silence is no matter.
 * - The server takes no writes any more: after a failover, the one that it leads to has become the standby.
 */
export function giveUpWhenUseless(milliseconds: number) {
  return function watch(pooled: PooledConnection, done: (error: null, pooled: PooledConnection) => void): void {
    const { connection } = pooled;
    connection.stream.setTimeout(milliseconds, () => {
      if (pooled.readyForQuery) return;
      const message = `the database gave no answer within ${milliseconds / 1000} s`;
      connection.stream.destroy(Object.assign(new Error(message), { code: 'ETIMEDOUT' }));
    });
    connection.on('errorMessage', (error: { code?: string }) => {
      if (error.code === readOnly) pooled.__knex__disposed = error;
    });
    done(null, pooled);
  };
}
