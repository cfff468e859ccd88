import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { execute, type Statement } from '../statement.ts';

/** That a process works on a run: a lock in an open transaction on a connection of its own, which ends with the process however it ends. */
export interface Presence {
  /** The connection has ended: others may take the run for abandoned. */
  lost(): boolean;
  leave(): Promise<void>;
}

/** SQL of the key of a run's advisory locks, from the SQL of its id. */
export const lockKey = (runId: string): string => `hashtextextended(${runId}::text, 0)`;

const enter: Statement = { name: 'runs_enter', text: `SELECT pg_advisory_xact_lock_shared(${lockKey('$1')})` };

/**
 * Makes known that this process works on the run; takes a connection of the pool until `leave`. The transaction has neither an
 * id nor a snapshot: it holds up no vacuum. A lock of the session would stick to a connection of PgBouncer.
 */
export async function enterRun(database: Knex, runId: string): Promise<Presence> {
  const transaction = await database.transaction();
  try {
    await transaction.raw('SET LOCAL idle_in_transaction_session_timeout = 0');
    await execute(transaction, enter, [runId]);
  } catch (error) {
    await transaction.rollback();
    throw error;
  }
  let lost = false;
  const connection = (await transaction.client.acquireConnection()) as ClientBase;
  connection.once('end', () => (lost = true));
  return {
    lost: () => lost,
    async leave() {
      if (!lost) await transaction.rollback();
    },
  };
}
