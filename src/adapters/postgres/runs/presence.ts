import type { Knex } from 'knex';
import type { ClientBase } from 'pg';

/** That a process works on a run: a lock in an open transaction on a connection of its own, which ends with the process however it ends. */
export interface Presence {
  /** The connection has ended: others may take the run for abandoned. */
  lost(): boolean;
  leave(): Promise<void>;
}

/** SQL of the key of a run's advisory locks, from the SQL of its id. */
export const lockKey = (runId: string): string => `hashtextextended(${runId}::text, 0)`;

const enter = `SELECT pg_advisory_xact_lock_shared(${lockKey('$1')})`;

interface ConnectionSource {
  acquireConnection(): Promise<ClientBase>;
  releaseConnection(connection: ClientBase): Promise<void>;
}

/**
 * Makes known that this process works on the run; takes a connection of the pool until `leave`. The transaction has neither an
 * id nor a snapshot: it holds up no vacuum. A lock of the session would stick to a connection of PgBouncer.
 */
export async function enterRun(database: Knex, runId: string): Promise<Presence> {
  const source = database.client as ConnectionSource;
  const connection = await source.acquireConnection();
  let lost = false;
  connection.once('end', () => (lost = true));
  // Not knex's transaction, whose rollback never answers on a connection that is ending.
  const leave = async (): Promise<void> => {
    if (!lost) await connection.query('ROLLBACK').catch(() => (lost = true));
    await source.releaseConnection(connection);
  };
  try {
    await connection.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
    await connection.query(enter, [runId]);
  } catch (error) {
    await leave();
    throw error;
  }
  return { lost: () => lost, leave };
}
