import type { Knex } from 'knex';
import { sweepSessions } from '../adapters/postgres/access/console-sessions.ts';
import { sweepKeys } from '../adapters/postgres/access/idempotency-keys.ts';
import { sweepCallbacks } from '../adapters/postgres/wallet/google-callbacks.ts';
import { readStaleFigures } from '../adapters/postgres/runs/report-metrics.ts';
import { addSample, isSampled } from '../adapters/postgres/wallet/stale-samples.ts';
import type { Authentication } from './authentication.ts';
import type { Task } from './housekeeping.ts';
import type { Readiness } from './readiness.ts';

/** The database, and why it is not as it is needed yet. */
interface Fitting {
  database: Knex;
  unfit: () => string | undefined;
}

export function lookAtSchema(readiness: Readiness): Task {
  return { name: 'look at the schema', milliseconds: 1_000, turn: () => readiness.look() };
}

/** Writes in batches when each API key was last used. */
export function writeLastUse(authentication: Authentication, { unfit }: Fitting): Task {
  const turn = async (): Promise<void> => (unfit() === undefined ? authentication.writeUses() : undefined);
  return { name: 'write the last use of keys', milliseconds: 10_000, turn };
}

/** How long an answer is kept under its Idempotency-Key. */
export const idempotencyHours = 48;
const sweep = { batch: 1_000, batches: 200, milliseconds: 60_000 };

/** Days for which a callback of Google is known to have been heeded; they are sent again for some hours at most. */
const callbackDays = 30;

/** Forgets callbacks of long ago. */
export function sweepGoogleCallbacks({ database, unfit }: Fitting): Task {
  async function turn(): Promise<void> {
    if (unfit() !== undefined) return;
    const before = new Date(Date.now() - callbackDays * 86_400_000);
    for (let count = 0; count < sweep.batches; count += 1) {
      if ((await sweepCallbacks(database, before, sweep.batch)) < sweep.batch) return;
    }
  }
  return { name: 'sweep callbacks of Google', milliseconds: 3_600_000, turn };
}

/** Removes answers that are older than they are kept, in batches that hold nobody up. */
export function sweepIdempotencyKeys({ database, unfit }: Fitting): Task {
  async function turn(): Promise<void> {
    if (unfit() !== undefined) return;
    const before = new Date(Date.now() - idempotencyHours * 3_600_000);
    for (let count = 0; count < sweep.batches; count += 1) {
      if ((await sweepKeys(database, before, sweep.batch)) < sweep.batch) return;
    }
  }
  return { name: 'sweep Idempotency-Keys', milliseconds: sweep.milliseconds, turn };
}

/** Counts the stale passes for the console's plot: whichever replica is the first in five minutes. */
export function sampleStalePasses(database: Knex): Task {
  async function turn(): Promise<void> {
    if (!(await isSampled(database))) await addSample(database, await readStaleFigures(database));
  }
  return { name: 'sample stale passes', milliseconds: 30_000, turn };
}

/** Removes sessions of the console that have ended by themselves. */
export function sweepConsoleSessions(database: Knex): Task {
  return { name: 'sweep sessions of the console', milliseconds: 600_000, turn: () => sweepSessions(database) };
}

/** A task that rests until the schema of the database fits. */
export function whenFit(task: Task, unfit: Fitting['unfit']): Task {
  return { ...task, turn: async (stopping) => (unfit() === undefined ? task.turn(stopping) : undefined) };
}
