import type { Knex } from 'knex';
import { jobSettings, openDatabase } from '../adapters/postgres/database.ts';
import { requireSchema } from '../adapters/postgres/require-schema.ts';
import { explainDatabaseError, requireSuitable } from '../adapters/postgres/usable-database.ts';
import { ExitError, exitCodes, messageOf } from '../errors.ts';
import { writeTermination } from '../jobs/run-termination.ts';

/** How long the batch at hand may take after SIGTERM, in milliseconds: within 5 s the process is to have ended. */
const grace = 4_000;

/**
 * Aborted by SIGTERM or SIGINT: the batch at hand is finished, and no other begun. One that takes longer is undone, since the process
 * ends without its commit.
 */
export function untilSignal(terminationLog: () => string): AbortSignal {
  const stopping = new AbortController();
  const stop = (): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    setTimeout(() => {
      const message = 'Stopped by a signal within a batch that took longer than 4 s: it is undone. Try again.\n';
      process.stderr.write(message);
      writeTermination(terminationLog(), message);
      process.exit(exitCodes.temporary);
    }, grace).unref();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, stop);
  return stopping.signal;
}

export interface JobDatabase {
  url: string;
  /** Such as `loyalty expire-points`. */
  applicationName: string;
  /** Beside those of every job. */
  settings?: Readonly<Record<string, string>>;
  /** Connections; two when absent, one to work and one to show that it lives. */
  poolSize?: number;
}

/** Opens the database for a job. What goes wrong there ends the command as it should. */
export async function withJobDatabase(
  { url, applicationName, settings, poolSize = 2 }: JobDatabase,
  body: (database: Knex) => Promise<void>,
): Promise<void> {
  const database = openDatabase({ url, poolSize, applicationName, settings: { ...jobSettings, ...settings } });
  try {
    await requireSuitable(database, url);
    await requireSchema(database, url);
    await body(database);
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await database.destroy();
  }
}

/** Runs a job; an error that ends it is the termination message, too. */
export async function endWithTermination(terminationLog: () => string, job: () => Promise<void>): Promise<void> {
  try {
    await job();
  } catch (error) {
    const known = error instanceof ExitError;
    writeTermination(terminationLog(), `${known ? error.message : `Internal error: ${messageOf(error)}`}\n`);
    throw error;
  }
}
