import type { Knex } from 'knex';
import { deadAfter } from '../../../domain/wallet/retry.ts';
import { execute, type Statement } from '../statement.ts';
import type { RunTask } from './run.ts';

/** What /metrics says of a task. Instants are seconds of the epoch. */
export interface TaskFigures {
  task: RunTask;
  /** There was a run of it. */
  known: boolean;
  /** When its runs can have been recorded from. */
  since: number | null;
  /** End of the last run of all merchants in which none failed. */
  lastSuccess: number | null;
  /** End of the last run of all merchants that came to one, whether or not merchants failed. */
  lastRun: number | null;
  /** Seconds that the last run of all merchants took. */
  duration: number | null;
  /** Merchants whose latest outcome is that they failed. */
  failedMerchants: number;
}

// What failed is found by an index of its own; for each, the next outcome of the merchant decides.
const tasks: Statement = {
  name: 'metrics_tasks',
  text: `
    WITH failed AS MATERIALIZED (
      SELECT runs.task, failed.merchant_id, failed.run_id FROM run_merchants AS failed JOIN runs ON runs.id = failed.run_id
      WHERE failed.state = 'failed' AND NOT runs.dry_run
    ), open AS MATERIALIZED (
      SELECT task, count(*) AS merchants FROM failed WHERE (
        SELECT later.run_id FROM run_merchants AS later JOIN runs ON runs.id = later.run_id
        WHERE later.merchant_id = failed.merchant_id AND later.run_id > failed.run_id AND later.state IN ('done', 'failed')
          AND runs.task = failed.task AND NOT runs.dry_run
        ORDER BY later.run_id LIMIT 1
      ) IS NULL GROUP BY task
    )
    SELECT names.task, EXISTS (SELECT FROM runs WHERE task = names.task) AS known,
      (SELECT extract(epoch FROM migration_time)::float8 FROM knex_migrations WHERE name = '0005-runs' LIMIT 1) AS since,
      (SELECT extract(epoch FROM finished_at)::float8 FROM runs WHERE task = names.task AND state = 'done' AND full_run AND NOT dry_run
        ORDER BY id DESC LIMIT 1) AS "lastSuccess",
      (SELECT extract(epoch FROM finished_at)::float8 FROM runs
        WHERE task = names.task AND state IN ('done', 'partial', 'failed') AND full_run AND NOT dry_run
        ORDER BY id DESC LIMIT 1) AS "lastRun",
      (SELECT extract(epoch FROM finished_at - started_at)::float8 FROM runs
        WHERE task = names.task AND state IN ('done', 'partial', 'failed') AND full_run AND NOT dry_run
        ORDER BY id DESC LIMIT 1) AS duration,
      coalesce((SELECT merchants FROM open WHERE task = names.task), 0) AS "failedMerchants"
    FROM unnest(ARRAY['expire-points', 'sync-wallets', 'verify-ledger', 'restore']) AS names (task)`,
};

// The totals of runs that are closed, and what unfinished ones have come to: it only grows.
const expired: Statement = {
  name: 'metrics_expired_points',
  text: `
    SELECT coalesce(sum(coalesce((totals->>'points')::numeric,
      (SELECT sum(points) FROM run_merchants WHERE run_id = runs.id))), 0)::float8 AS points
    FROM runs WHERE task = 'expire-points'`,
};

export interface StaleFigures {
  platform: 'google' | 'apple';
  passes: number;
  /** Seconds since the first of them became stale that is to be sent. */
  age: number;
  /** Passes that are tried once a day only. */
  dead: number;
  /** Whether sending was stopped; null: nothing was ever sent. */
  stopped: boolean | null;
}

const stale: Statement = {
  name: 'metrics_stale_passes',
  text: `
    SELECT platforms.platform, coalesce(passes, 0) AS passes, coalesce(greatest(age, 0), 0) AS age, coalesce(dead, 0) AS dead,
      CASE WHEN wallet_platforms.platform IS NOT NULL THEN stopped_at IS NOT NULL END AS stopped
    FROM unnest(ARRAY['google', 'apple']) AS platforms (platform) LEFT JOIN (
      SELECT platform, count(*) FILTER (WHERE saved) AS passes, count(*) FILTER (WHERE attempts >= ${deadAfter}) AS dead,
        extract(epoch FROM clock_timestamp() - min(stale_since) FILTER (WHERE saved AND attempts < ${deadAfter}
          AND next_attempt_at IS DISTINCT FROM 'infinity'))::float8 AS age
      FROM passes WHERE stale_since IS NOT NULL GROUP BY platform
    ) AS stale ON stale.platform = platforms.platform LEFT JOIN wallet_platforms ON wallet_platforms.platform = platforms.platform`,
};

export interface RequestFigures {
  platform: 'google' | 'apple';
  outcome: string;
  requests: number;
}

const requests: Statement = {
  name: 'metrics_wallet_requests',
  text: 'SELECT platform, outcome, requests FROM wallet_outcomes ORDER BY platform, outcome',
};

/** Of both platforms. */
export async function readStaleFigures(database: Knex): Promise<StaleFigures[]> {
  return execute<StaleFigures>(database, stale, []);
}

export interface LedgerFigures {
  /** Of the latest verification of each merchant. */
  imbalancedCards: number;
  /** When the merchant was verified who was not for longest; null: there is no merchant. */
  lastVerified: number | null;
}

// Of a merchant who was never verified, the ledger was empty, and so in balance, when it was made.
const ledger: Statement = {
  name: 'metrics_ledger',
  text: `
    SELECT coalesce(sum(imbalanced_cards), 0)::float8 AS "imbalancedCards",
      extract(epoch FROM min(coalesce(verified_at, created_at)))::float8 AS "lastVerified"
    FROM merchants LEFT JOIN LATERAL (
      SELECT verified_at, imbalanced_cards FROM ledger_verifications WHERE merchant_id = merchants.id
      ORDER BY verified_at DESC LIMIT 1
    ) AS latest ON true`,
};

export interface DatabaseFigures {
  tasks: TaskFigures[];
  /** By all runs ever. */
  expiredPoints: number;
  stale: StaleFigures[];
  requests: RequestFigures[];
  ledger: LedgerFigures;
}

/** Everything that /metrics says from the database, by five statements on one connection after the other. */
export async function readFigures(database: Knex): Promise<DatabaseFigures> {
  const [points] = await execute<{ points: number }>(database, expired, []);
  const [verified] = await execute<LedgerFigures>(database, ledger, []);
  return {
    tasks: await execute<TaskFigures>(database, tasks, []),
    expiredPoints: points?.points ?? 0,
    stale: await readStaleFigures(database),
    requests: await execute<RequestFigures>(database, requests, []),
    ledger: verified ?? { imbalancedCards: 0, lastVerified: null },
  };
}
