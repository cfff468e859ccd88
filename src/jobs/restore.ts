import type { Knex } from 'knex';
import { databaseFailure } from '../adapters/postgres/failure.ts';
import { restoreEntries } from '../adapters/postgres/ledger/restore-entries.ts';
import { closeRun } from '../adapters/postgres/runs/close.ts';
import { readSums } from '../adapters/postgres/runs/outcomes.ts';
import { enterRun, type Presence } from '../adapters/postgres/runs/presence.ts';
import { reportRun, type RunReport } from '../adapters/postgres/runs/report.ts';
import {
  type CardFailure,
  nextRestorable,
  recordCardFailures,
  unfinishedRestores,
} from '../adapters/postgres/runs/restore.ts';
import { isRefusal, type RefusalCode } from '../domain/ledger/refusal.ts';
import { messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';
import type { RunFailureReason } from '../domain/runs/run-failure-reasons.ts';
import { createProgress, jsonNumber } from './run-progress.ts';
import { type Work, workOff } from './run-worker.ts';

/** What a restore is asked for; kept with its run as `parameters`. */
export interface RestoreParameters {
  /** The run of expire-points whose points come back. */
  restored_run: string;
  /** Only of this merchant. */
  merchant_id?: string;
  /** RFC 3339; null: never; absent: after the full period of each card's program. */
  expires_at?: string | null;
  reason: string;
}

/** Entries of a transaction. */
const batchSize = 1_000;

const nothing = { cards: 0, lots: 0, points: 0n };

const failureOfRefusal: Partial<Record<RefusalCode, RunFailureReason>> = {
  'card-closed': 'CardClosed',
  'balance-limit': 'BalanceLimit',
  'expiry-in-past': 'ExpiryInPast',
};

const cardMessages: Partial<Record<RefusalCode, string>> = {
  'card-closed': 'The customer of the card was erased',
  'balance-limit': 'The balance of the card would be too large',
};

/**
 * Restores a merchant's entries batch by batch. Where it has come to is kept in memory: whoever takes over begins anew and passes over
 * what has come back. An entry is restored once whoever else does it, by a unique index.
 */
export function restorePoints(run: RunReport, limit: number = batchSize): Work {
  const { restored_run: restoredRun, expires_at: expiry, reason } = run.parameters as unknown as RestoreParameters;
  const expiresAt = typeof expiry === 'string' ? new Date(expiry) : expiry;
  const positions = new Map<string, string>();
  return async (transaction, { merchantId }) => {
    const wanted = { merchantId, runId: restoredRun, after: positions.get(merchantId), limit };
    const entryIds = await nextRestorable(transaction, wanted);
    const cause = { actor: run.actor, reason, reference: null };
    const change = { merchantId, entryIds, expiresAt, runId: run.id, ...cause };
    const restored = await restoreEntries(transaction, change);
    if (isRefusal(restored)) {
      const failed = failureOfRefusal[restored.code] ?? 'InternalError';
      return { counts: nothing, failure: { reason: failed, message: restored.detail } };
    }
    const { cards, entries: lots, points, refused } = restored;
    await recordCardFailures(transaction, run.id, merchantId, refused.map(cardFailure));
    const last = entryIds.at(-1);
    if (last !== undefined) positions.set(merchantId, last);
    return { counts: { cards, lots, points }, more: entryIds.length === limit };
  };
}

function cardFailure({ entryId, cardId, code }: { entryId: string; cardId: string; code: RefusalCode }): CardFailure {
  const reason = failureOfRefusal[code] ?? 'InternalError';
  return { cardId, reason, message: `${cardMessages[code] ?? code}: the entry ${entryId} was not restored.` };
}

export interface RestoreDeps {
  /** In which runs are looked for. */
  database: Knex;
  /** In which they are worked off; two connections are enough. */
  workDatabase: Knex;
  log: Log;
}

/**
 * Works off the restores that are not finished, the oldest first, together with the other replicas. One that its replica has left,
 * however that ended, is gone on with by whoever looks next.
 * @param stopping aborted: the batch at hand is finished, and no other begun.
 */
export async function workOffRestores(deps: RestoreDeps, stopping: AbortSignal): Promise<void> {
  for (const runId of await lookFor(deps.database)) {
    if (stopping.aborted) return;
    try {
      await workOffRestore(deps, runId, stopping);
    } catch (error) {
      deps.log.warn({ event: logEvents.restoreInterrupted, run_id: runId, reason: messageOf(error) });
    }
  }
}

/** While the database is away, requests tell so; there is nothing to be done then. */
async function lookFor(database: Knex): Promise<string[]> {
  try {
    return await unfinishedRestores(database);
  } catch (error) {
    if (databaseFailure(error) !== undefined) return [];
    throw error;
  }
}

async function workOffRestore({ workDatabase, log }: RestoreDeps, runId: string, stopping: AbortSignal): Promise<void> {
  const presence = await enterRun(workDatabase, runId);
  try {
    const run = await reportRun(workDatabase, runId);
    if (run?.state !== 'running') return;
    log.info({ event: logEvents.restoreStarted, run_id: runId, restored_run: run.parameters['restored_run'] });
    if (await work({ workDatabase, log, presence, stopping }, run)) await finish(workDatabase, log, runId);
    else log.warn({ event: logEvents.restoreInterrupted, run_id: runId, reason: 'told to stop' });
  } finally {
    await presence.leave();
  }
}

interface WorkDeps extends Pick<RestoreDeps, 'workDatabase' | 'log'> {
  presence: Presence;
  stopping: AbortSignal;
}

function work({ workDatabase: database, log, presence, stopping }: WorkDeps, run: RunReport): Promise<boolean> {
  const events = { done: logEvents.restoreMerchantDone, failed: logEvents.restoreMerchantFailed };
  const progress = createProgress({ log, terminal: undefined }, { runId: run.id, pending: 0, events });
  const options = { runId: run.id, work: restorePoints(run), batchSize };
  return workOff({ database, presence, stopping, report: (worked) => progress.report(worked) }, options);
}

async function finish(database: Knex, log: Log, runId: string): Promise<void> {
  await closeRun(database, runId);
  const { state } = (await reportRun(database, runId)) ?? {};
  const sums = await readSums(database, runId);
  log.info({ event: logEvents.restoreFinished, run_id: runId, state, ...sums, points: jsonNumber(sums.points) });
}
