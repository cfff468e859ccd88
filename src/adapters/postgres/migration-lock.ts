import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';

/** Key of the advisory lock: "loyalty" in ASCII. Advisory locks are of one database, so that two databases of a server do not meet. */
export const migrationLockKey = 0x6c_6f_79_61_6c_74_79n;

export interface LockDeps {
  knex: Knex;
  /** Called when another process has the lock, and then every ten seconds. */
  waiting: (seconds: number) => void;
}

const lookEverySeconds = 0.25;
const sayEverySeconds = 10;

/**
 * Runs `work` while no other process does the same on this database. The lock belongs to a transaction on a connection
 * of its own, so it goes when this process does, however it ends, and poolers of transactions keep it apart.
 */
export async function withMigrationLock<T>({ knex, waiting }: LockDeps, work: () => Promise<T>): Promise<T> {
  return knex.transaction(async (transaction) => {
    // It is idle while the migrations run, which may take longer than a server lets transactions idle.
    await transaction.raw('SET LOCAL idle_in_transaction_session_timeout = 0');
    for (let seconds = 0; !(await tryLock(transaction)); seconds += lookEverySeconds) {
      if (seconds % sayEverySeconds === 0) waiting(seconds);
      await sleep(lookEverySeconds * 1000);
    }
    return work();
  });
}

async function tryLock(transaction: Knex.Transaction): Promise<boolean> {
  const { rows } = await transaction.raw<{ rows: { locked: boolean }[] }>(
    'SELECT pg_try_advisory_xact_lock(?) AS locked',
    [migrationLockKey.toString()],
  );
  return rows[0]?.locked === true;
}
