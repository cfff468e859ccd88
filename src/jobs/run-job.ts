import type { Knex } from 'knex';
import { databaseFailure } from '../adapters/postgres/failure.ts';
import { closeRun } from '../adapters/postgres/runs/close.ts';
import { readOutcomes, readSums } from '../adapters/postgres/runs/outcomes.ts';
import { readRun, type Run } from '../adapters/postgres/runs/run.ts';
import { type ExitCode, exitCodes, messageOf } from '../errors.ts';
import type { Log, LogEvent } from '../log.ts';
import { type OpenRun, openRun, type RunRequest } from './run.ts';
import { createProgress, jsonNumber } from './run-progress.ts';
import type { RunReport } from './run-table.ts';
import { type Work, workOff } from './run-worker.ts';

export interface RunJobDeps {
  /** With the schema, and with two connections at least. */
  database: Knex;
  log: Log;
  /** For a progress line; undefined: each merchant is logged. */
  terminal: NodeJS.WritableStream | undefined;
  /** Aborted: the batch at hand is finished, and no other begun. */
  stopping: AbortSignal;
}

/** A task that goes merchant by merchant. */
export interface RunTaskOptions {
  events: Record<'started' | 'abandoned' | 'done' | 'failed' | 'interrupted' | 'finished', LogEvent>;
  work: (run: Run) => Work;
  batchSize: number;
  /** What became of the points: `expired`. */
  verb: string;
}

export interface RunEnd {
  exitCode: ExitCode;
  report: RunReport;
}

/** Merchants that a table shows of each kind, and a log line names. */
const shown = 20;
const named = 100;

/**
 * Opens or joins a run, works it off with whoever else does, closes it and tells what it has come to.
 * @throws ExitError (64) of {@link openRun}; what the database throws when it is away: the run then stays open.
 */
export async function runJob(deps: RunJobDeps, request: RunRequest, task: RunTaskOptions): Promise<RunEnd> {
  const open = await openRun(deps.database, request);
  try {
    logStart(deps.log, open, task);
    const finished = await work(deps, open, task);
    if (finished) await closeRun(deps.database, open.run.id);
    return await conclude(deps, open.run.id, task, finished);
  } finally {
    await open.presence.leave();
  }
}

function logStart(log: Log, { run, joined, pending, abandoned }: OpenRun, { events }: RunTaskOptions): void {
  const { id, name, asOf } = run;
  for (const runId of abandoned) log.warn({ event: events.abandoned, run_id: runId });
  log.info({ event: events.started, run_id: id, run_name: name, as_of: asOf, joined, pending });
}

async function work(
  { database, log, terminal, stopping }: RunJobDeps,
  { run, presence, pending }: OpenRun,
  { events, work: workFor, batchSize }: RunTaskOptions,
): Promise<boolean> {
  const progress = createProgress({ log, terminal }, { runId: run.id, pending, events });
  try {
    const options = { runId: run.id, work: workFor(run), batchSize };
    return await workOff({ database, presence, stopping, report: (worked) => progress.report(worked) }, options);
  } catch (error) {
    if (databaseFailure(error) !== undefined) {
      log.error({ event: events.interrupted, run_id: run.id, reason: messageOf(error) });
    }
    throw error;
  } finally {
    progress.end();
  }
}

async function conclude(
  { database, log }: RunJobDeps,
  runId: string,
  { events, verb }: RunTaskOptions,
  finished: boolean,
): Promise<RunEnd> {
  const run = await readRun(database, runId);
  const sums = await readSums(database, runId);
  const outcomes = await readOutcomes(database, runId, named);
  const exitCode = finished ? exitCodeOf(sums.failed) : exitCodes.temporary;
  const seconds = ((run.finishedAt ?? new Date()).getTime() - run.startedAt.getTime()) / 1_000;
  const heading = `${run.task} as of ${run.asOf.toISOString()}, run ${run.id}${run.name === null ? '' : ` (${run.name})`}`;
  const failed = outcomes.filter(({ state }) => state === 'failed');
  const figures = { ...sums, points: jsonNumber(sums.points), duration_ms: Math.round(seconds * 1_000) };
  const ids = { run_id: run.id, run_name: run.name };
  if (finished) {
    const failedMerchants = failed.map(({ id, reason }) => ({ merchant_id: id, reason }));
    const ending = { state: run.state, exit_code: exitCode, ...figures, failed_merchants: failedMerchants };
    log.info({ event: events.finished, ...ids, ...ending });
  } else log.warn({ event: events.interrupted, ...ids, ...figures, reason: 'told to stop' });
  const others = outcomes.filter(({ state }) => state !== 'failed');
  const rows = [...failed.slice(0, shown), ...others.slice(0, shown)];
  const notes = finished ? [] : [`Interrupted. The rest is done by: loyalty ${run.task} --resume ${run.id}`];
  return { exitCode, report: { heading, outcomes: rows, sums, verb, seconds, notes } };
}

function exitCodeOf(failed: number): ExitCode {
  return failed > 0 ? exitCodes.partial : exitCodes.done;
}
