import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { RunSums } from './sums.ts';

export type RunTask = 'expire-points' | 'sync-wallets' | 'verify-ledger' | 'restore';

/**
 * `running`: also while nobody works on it, until the next run of the task finds that out; then it is `abandoned`.
 * `partial`: some merchants failed; `failed`: all did.
 */
export type RunState = 'running' | 'done' | 'partial' | 'failed' | 'abandoned';

export interface Run {
  id: string;
  task: RunTask;
  /** The uid of the Job, or a random UUID: the same task with the same key is the same run. */
  key: string;
  /** For people. */
  name: string | null;
  state: RunState;
  asOf: Date;
  /** Of all merchants. */
  fullRun: boolean;
  parameters: Readonly<Record<string, unknown>>;
  startedAt: Date;
  finishedAt: Date | null;
  /** Once it is closed or abandoned. */
  totals: RunSums | null;
}

const columns = `id, task, run_key AS key, name, state, as_of AS "asOf", full_run AS "fullRun", parameters,
  started_at AS "startedAt", finished_at AS "finishedAt", totals`;

export interface NewRun extends Pick<Run, 'task' | 'key' | 'name' | 'fullRun' | 'parameters'> {
  /** Absent: the database's clock. */
  asOf: Date | undefined;
  actor: string;
}

const insert: Statement = {
  name: 'runs_insert',
  text: `INSERT INTO runs (task, run_key, name, as_of, full_run, parameters, actor)
    VALUES ($1, $2, $3, coalesce($4::timestamptz, date_trunc('milliseconds', clock_timestamp())), $5, $6, $7)
    ON CONFLICT (task, run_key) DO NOTHING RETURNING ${columns}`,
};

/** Undefined: there is such a run already; when somebody makes it at the moment, his commit is waited for. */
export async function insertRun(database: Knex, run: NewRun): Promise<Run | undefined> {
  const { task, key, name, asOf, fullRun, parameters, actor } = run;
  const values = [task, key, name, asOf, fullRun, JSON.stringify(parameters), actor];
  return (await execute<Run>(database, insert, values))[0];
}

const find: Statement = {
  name: 'runs_find',
  text: `SELECT ${columns} FROM runs WHERE task = $1 AND (run_key = $2 OR id::text = lower($2)) ORDER BY id DESC LIMIT 1`,
};

/** The run of this task with this id or key. */
export async function findRun(database: Knex, task: RunTask, idOrKey: string): Promise<Run | undefined> {
  return (await execute<Run>(database, find, [task, idOrKey]))[0];
}

const read: Statement = { name: 'runs_read', text: `SELECT ${columns} FROM runs WHERE id = $1` };
const lock: Statement = { name: 'runs_lock', text: `${read.text} FOR UPDATE` };

export async function readRun(database: Knex, id: string): Promise<Run> {
  return only(await execute<Run>(database, read, [id]), id);
}

/** Needs a transaction: until its end nobody else opens or closes the run. */
export async function lockRun(database: Knex, id: string): Promise<Run> {
  return only(await execute<Run>(database, lock, [id]), id);
}

const reopen: Statement = {
  name: 'runs_reopen',
  text: `UPDATE runs SET state = 'running', finished_at = NULL, totals = NULL, parameters = parameters || $2
    WHERE id = $1 RETURNING ${columns}`,
};

/** `parameters` are added to those that the run has. */
export async function reopenRun(database: Knex, id: string, parameters: Run['parameters']): Promise<Run> {
  return only(await execute<Run>(database, reopen, [id, JSON.stringify(parameters)]), id);
}

function only([run]: readonly Run[], id: string): Run {
  if (run === undefined) throw new Error(`there is no run ${id}: runs are never deleted`);
  return run;
}
