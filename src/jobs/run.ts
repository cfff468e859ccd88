import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { abandonOthers } from '../adapters/postgres/runs/abandon.ts';
import { countPending } from '../adapters/postgres/runs/claim.ts';
import { merchantsNotOfRun, resetFailedMerchants } from '../adapters/postgres/runs/enlist.ts';
import { enterRun, type Presence } from '../adapters/postgres/runs/presence.ts';
import { findRun, insertRun, lockRun, reopenRun, type Run, type RunTask } from '../adapters/postgres/runs/run.ts';
import { ExitError, exitCodes } from '../errors.ts';

/** Which run a process wants to work on. */
export interface RunRequest {
  task: RunTask;
  /** RUN_UID: processes that give the same work on the same run. Undefined: a run of its own. */
  key: string | undefined;
  /** RUN_NAME, for people. */
  name: string | undefined;
  /** Undefined: the database's clock, or that of the run that is resumed. */
  asOf: Date | undefined;
  /** Ids that exist; undefined: all. */
  merchants: readonly string[] | undefined;
  /** Whether it is of all merchants, but not of everything that it could be of: such a run is not the job's success. */
  inPart?: boolean;
  /** Id or key of a run whose failed merchants are to be tried again. */
  resume: string | undefined;
  /** Kept with the run, for people. */
  parameters: Readonly<Record<string, unknown>>;
  actor: string;
  /** Puts the merchants of a new run on its list. */
  enlist: (transaction: Knex, run: Run) => Promise<void>;
}

/** A run that this process works on. */
export interface OpenRun {
  run: Run;
  /** It was there already. */
  joined: boolean;
  /** Merchants that are not finished. */
  pending: number;
  /** Runs that were found without anybody who works on them. */
  abandoned: readonly string[];
  presence: Presence;
}

/**
 * Opens the run of this key, joins the one that is there (a pod that is tried again, or one of several), or resumes one. It is not
 * open for anybody before this process is known to work on it.
 * @throws ExitError (64) when the run is not there, or is another than what is asked for.
 */
export async function openRun(database: Knex, request: RunRequest): Promise<OpenRun> {
  const opened = await openOrJoin(database, request);
  try {
    const abandoned = await abandonOthers(database, request.task, opened.run.id);
    return { ...opened, pending: await countPending(database, opened.run.id), abandoned };
  } catch (error) {
    await opened.presence.leave();
    throw error;
  }
}

type Opened = Pick<OpenRun, 'run' | 'joined' | 'presence'>;

async function openOrJoin(database: Knex, request: RunRequest): Promise<Opened> {
  if (request.resume !== undefined) return joinRun(database, request, request.resume);
  const key = request.key ?? randomUUID();
  return (await startRun(database, request, key)) ?? (await joinRun(database, request, key));
}

/** Undefined: there is a run of this key. */
async function startRun(database: Knex, request: RunRequest, key: string): Promise<Opened | undefined> {
  let presence: Presence | undefined;
  try {
    return await database.transaction(async (transaction) => {
      const { merchants, parameters, name = null } = request;
      const scope = merchants && { merchants: merchants.toSorted() };
      const fullRun = merchants === undefined && request.inPart !== true;
      const values = { ...request, key, name, fullRun, parameters: { ...parameters, ...scope } };
      const run = await insertRun(transaction, values);
      if (run === undefined) return undefined;
      await request.enlist(transaction, run);
      presence = await enterRun(database, run.id);
      return { run, joined: false, presence };
    });
  } catch (error) {
    await presence?.leave();
    throw error;
  }
}

async function joinRun(database: Knex, request: RunRequest, idOrKey: string): Promise<Opened> {
  const found = await findRun(database, request.task, idOrKey);
  if (found === undefined) {
    throw usage(`There is no run ${idOrKey} of ${request.task}. GET /api/v1/admin/loyalty/runs lists them.`);
  }
  const presence = await enterRun(database, found.id);
  try {
    const run = await database.transaction((transaction) => resume(transaction, request, found.id));
    return { run, joined: true, presence };
  } catch (error) {
    await presence.leave();
    throw error;
  }
}

async function resume(transaction: Knex, request: RunRequest, runId: string): Promise<Run> {
  const run = await lockRun(transaction, runId);
  requireSameAsOf(run, request);
  if (request.resume === undefined) requireSameMerchants(run, request);
  // Not again when the pod that a person's resume made is tried again: a failure would never be the last word.
  else if (request.key === undefined || run.parameters['resumed_by'] !== request.key) {
    await requireMerchantsOf(transaction, run, request.merchants ?? []);
    await resetFailedMerchants(transaction, runId, request.merchants);
  }
  const unfinished = (await countPending(transaction, runId)) > 0 || run.state === 'abandoned';
  const added = { ...request.parameters, ...(request.resume && request.key && { resumed_by: request.key }) };
  return unfinished && (run.state !== 'running' || request.resume !== undefined)
    ? reopenRun(transaction, runId, added)
    : run;
}

function requireSameAsOf({ id, asOf }: Run, request: RunRequest): void {
  if (request.asOf === undefined || request.asOf.getTime() === asOf.getTime()) return;
  throw usage(
    `The run ${id} is as of ${asOf.toISOString()} and stays so; as of ${request.asOf.toISOString()} is another run. ` +
      'Leave --as-of (AS_OF) out, or start a run of its own, without --resume and with another RUN_UID.',
  );
}

function requireSameMerchants({ id, parameters }: Run, { merchants }: RunRequest): void {
  const wanted = merchants?.toSorted().join();
  const stored = Array.isArray(parameters['merchants']) ? parameters['merchants'].join() : undefined;
  if (wanted === stored) return;
  throw usage(
    `The run ${id} is of ${stored ?? 'all merchants'}, not of ${wanted ?? 'all'}. Start a run of its own, with another RUN_UID.`,
  );
}

async function requireMerchantsOf(transaction: Knex, { id }: Run, merchants: readonly string[]): Promise<void> {
  const missing = await merchantsNotOfRun(transaction, id, merchants);
  if (missing.length > 0) throw usage(`The run ${id} is not of ${missing.join(', ')}: it cannot be resumed for them.`);
}

function usage(message: string): ExitError {
  return new ExitError(exitCodes.usage, `${message} Nothing was done.`);
}
