import type { Knex } from 'knex';
import { setTimeout as sleep } from 'node:timers/promises';
import { databaseFailure } from '../adapters/postgres/failure.ts';
import {
  type Claim,
  claimMerchant,
  countPending,
  type Counts,
  type MerchantRecord,
  recordMerchant,
} from '../adapters/postgres/runs/claim.ts';
import type { Presence } from '../adapters/postgres/runs/presence.ts';
import { type RunFailure, runFailureOf } from './run-failure.ts';

/** What a task made of a merchant in one batch. What it wrote stays, with a failure too; to undo it, it throws. */
export type Batch = { counts: Counts; more: boolean } | { counts: Counts; failure: RunFailure };

/** One batch of a task for a merchant, in the transaction of its claim. */
export type Work = (transaction: Knex, claim: Claim) => Promise<Batch>;

/** What is known of a merchant once its batch is committed. */
export interface WorkedOff extends MerchantRecord {
  merchantId: string;
  milliseconds: number;
  failure: RunFailure | undefined;
}

export interface WorkerDeps {
  database: Knex;
  presence: Presence;
  /** Aborted: the batch at hand is finished, and no other begun. */
  stopping: AbortSignal;
  /** Told after the commit. */
  report: (worked: WorkedOff) => void;
}

export interface WorkerOptions {
  runId: string;
  work: Work;
  /** A transaction takes up further merchants until it has done so many cards. */
  batchSize: number;
}

/** Thrown when the connection that shows that this process lives has ended. */
export class PresenceLostError extends Error {
  constructor() {
    super('Connection terminated: the one that shows that this process works on the run');
    this.name = 'PresenceLostError';
  }
}

/** How long to wait until what others have claimed is looked at again, in milliseconds. */
const patience = 200;

/**
 * Works off what is pending of a run, together with whoever else does. What others have claimed is waited for, because it is
 * pending again when they are killed.
 * @returns whether nothing is pending any more; otherwise it was told to stop.
 * @throws what the database throws when it is away.
 */
export async function workOff(deps: WorkerDeps, options: WorkerOptions): Promise<boolean> {
  for (;;) {
    if (deps.presence.lost()) throw new PresenceLostError();
    const worked = deps.stopping.aborted ? [] : await workOnce(deps, options);
    for (const merchant of worked) deps.report(merchant);
    if (worked.length > 0) continue;
    if ((await countPending(deps.database, options.runId)) === 0) return true;
    if (deps.stopping.aborted) return false;
    await sleep(patience, undefined, { signal: deps.stopping }).catch(() => {});
  }
}

/** A transaction: at most so many merchants, since PostgreSQL keeps 64 savepoints at hand, and so long, since it holds cards. */
const limits = { merchants: 50, milliseconds: 250 };

/**
 * One transaction. Small merchants share it, since a commit costs as much as some dozens of their cards; each has a savepoint, so
 * that what fails for one undoes nothing of another.
 */
async function workOnce({ database, stopping }: WorkerDeps, options: WorkerOptions): Promise<WorkedOff[]> {
  const deadline = performance.now() + limits.milliseconds;
  return database.transaction(async (transaction) => {
    const worked: WorkedOff[] = [];
    let cards = 0;
    do {
      const claim = await claimMerchant(transaction, options.runId, worked.at(-1)?.merchantId);
      const done = claim && (await workOn(transaction, options, claim, worked.length === 0));
      if (done === undefined) break;
      worked.push(done);
      cards += done.counts.cards;
    } while (
      cards < options.batchSize &&
      worked.length < limits.merchants &&
      performance.now() < deadline &&
      !stopping.aborted
    );
    return worked;
  });
}

/**
 * Undefined: it did not work in the company of other merchants, whose cards the transaction holds. It is left pending: the
 * next transaction begins with it, alone, and may take its time.
 */
async function workOn(
  transaction: Knex,
  { runId, work }: WorkerOptions,
  claim: Claim,
  alone: boolean,
): Promise<WorkedOff | undefined> {
  const begun = performance.now();
  await transaction.raw(
    alone ? 'SAVEPOINT merchant' : "RELEASE merchant; SAVEPOINT merchant; SET LOCAL lock_timeout = '100ms'",
  );
  const batch = await attempt(transaction, () => work(transaction, claim), alone ? 3 : 1);
  if (!alone && 'thrown' in batch) return undefined;
  const failure = 'failure' in batch ? batch.failure : undefined;
  const state = failure ? 'failed' : 'more' in batch && batch.more ? 'pending' : 'done';
  const record = { state, counts: batch.counts, failure } as const;
  await recordMerchant(transaction, runId, claim, record);
  return { ...record, merchantId: claim.merchantId, milliseconds: performance.now() - begun };
}

type Attempt = Batch | { counts: Counts; failure: RunFailure; thrown: true };

/** Of a deadlock nobody is to blame: it is tried again at once. */
async function attempt(transaction: Knex, work: () => Promise<Batch>, tries: number): Promise<Attempt> {
  for (let count = 1; ; count += 1) {
    try {
      return await work();
    } catch (error) {
      if (databaseFailure(error) === 'unavailable') throw error;
      await transaction.raw('ROLLBACK TO merchant');
      const failure = runFailureOf(error);
      if (failure.reason === 'Deadlock' && count < tries) continue;
      return { counts: { cards: 0, lots: 0, points: 0n }, failure, thrown: true };
    }
  }
}
