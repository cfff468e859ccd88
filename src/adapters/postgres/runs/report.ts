import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { Run, RunState, RunTask } from './run.ts';
import { type RunSums, sumsOf } from './sums.ts';

/** A run as it is told to people. */
export interface RunReport extends Run {
  actor: string;
  /** As of now while it is not finished. Points beyond what a number holds are rounded. */
  totals: RunSums;
}

const columns = `id, task, run_key AS key, name, state, as_of AS "asOf", full_run AS "fullRun", parameters, actor,
  started_at AS "startedAt", finished_at AS "finishedAt",
  coalesce(totals, (SELECT to_jsonb(sums) FROM (${sumsOf('runs.id')}) AS sums)) AS totals`;

const list: Statement = {
  name: 'runs_list',
  text: `SELECT ${columns} FROM runs
    WHERE ($1::text IS NULL OR task = $1) AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR EXISTS (
      SELECT FROM run_merchants WHERE merchant_id = $3 AND run_id = runs.id)) AND ($4::uuid IS NULL OR id < $4)
    ORDER BY id DESC LIMIT $5`,
};

export interface WantedRuns {
  task: RunTask | undefined;
  state: RunState | undefined;
  /** Runs that this merchant was on the list of. */
  merchantId: string | undefined;
  /** The id behind which they begin. */
  before: string | undefined;
  limit: number;
}

/** Runs, newest first. */
export async function listRuns(database: Knex, wanted: WantedRuns): Promise<RunReport[]> {
  const { task, state, merchantId, before, limit } = wanted;
  return execute<RunReport>(database, list, [task, state, merchantId, before, limit]);
}

const read: Statement = { name: 'runs_report', text: `SELECT ${columns} FROM runs WHERE id = $1` };

export async function reportRun(database: Knex, id: string): Promise<RunReport | undefined> {
  return (await execute<RunReport>(database, read, [id]))[0];
}

/** What became of a merchant in a run. */
export interface MerchantReport {
  merchantId: string;
  merchantName: string;
  state: 'pending' | 'done' | 'failed' | 'skipped';
  reason: string | null;
  message: string | null;
  cards: number;
  lots: number;
  points: number;
  startedAt: Date | null;
  finishedAt: Date | null;
}

const merchants: Statement = {
  name: 'run_merchants_report',
  text: `SELECT merchant_id AS "merchantId", merchants.name AS "merchantName", state, reason, message, cards, lots,
      points::float8 AS points, started_at AS "startedAt", finished_at AS "finishedAt"
    FROM run_merchants JOIN merchants ON merchants.id = merchant_id
    WHERE run_id = $1 AND ($2::text IS NULL OR state = $2) AND ($3::uuid IS NULL OR merchant_id > $3)
      AND ($4::uuid IS NULL OR merchant_id = $4)
    ORDER BY merchant_id LIMIT $5`,
};

export interface WantedMerchants {
  runId: string;
  state: MerchantReport['state'] | undefined;
  /** This one alone. */
  merchantId?: string;
  /** The merchant behind whom they begin. */
  after: string | undefined;
  limit: number;
}

/** Merchants of a run, in the order of their ids. */
export async function listRunMerchants(database: Knex, wanted: WantedMerchants): Promise<MerchantReport[]> {
  const { runId, state, after, merchantId, limit } = wanted;
  return execute<MerchantReport>(database, merchants, [runId, state, after, merchantId, limit]);
}

/** What failed in a run: a merchant as a whole, or one card. */
export interface FailureReport {
  id: string;
  merchantId: string;
  merchantName: string;
  cardId: string | null;
  platform: 'google' | 'apple' | null;
  reason: string;
  message: string;
  occurredAt: Date;
}

const failures: Statement = {
  name: 'run_failures_report',
  text: `SELECT run_failures.id, merchant_id AS "merchantId", merchants.name AS "merchantName", card_id AS "cardId", platform, reason,
      message, occurred_at AS "occurredAt"
    FROM run_failures JOIN merchants ON merchants.id = merchant_id
    WHERE run_id = $1 AND ($2::uuid IS NULL OR merchant_id = $2) AND ($3::uuid IS NULL OR run_failures.id > $3)
    ORDER BY run_failures.id LIMIT $4`,
};

export interface WantedFailures {
  runId: string;
  merchantId: string | undefined;
  /** The failure behind which they begin. */
  after: string | undefined;
  limit: number;
}

/** Failures of a run, in the order in which they occurred. */
export async function listRunFailures(database: Knex, wanted: WantedFailures): Promise<FailureReport[]> {
  const { runId, merchantId, after, limit } = wanted;
  return execute<FailureReport>(database, failures, [runId, merchantId, after, limit]);
}

const lastSync: Statement = {
  name: 'runs_last_sync',
  text: `
    WITH last AS MATERIALIZED (
      SELECT id, finished_at FROM runs WHERE task = 'sync-wallets' AND state IN ('done', 'partial', 'failed') AND NOT dry_run
      ORDER BY id DESC LIMIT 1
    )
    SELECT platform, last.id AS run, last.finished_at AS "finishedAt",
      (SELECT count(*) FROM run_failures WHERE run_id = last.id AND run_failures.platform = platforms.platform) AS failed
    FROM last, unnest(ARRAY['google', 'apple']) AS platforms (platform)`,
};

export interface LastSync {
  platform: 'google' | 'apple';
  run: string;
  finishedAt: Date;
  /** Passes of the platform that failed in it. */
  failed: number;
}

/** The last finished run of sync-wallets, for each platform; none: there was no run. */
export async function readLastSync(database: Knex): Promise<LastSync[]> {
  return execute<LastSync>(database, lastSync, []);
}
