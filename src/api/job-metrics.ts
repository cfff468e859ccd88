import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Metric, Registry } from 'prom-client';
import { type DatabaseFigures, readFigures, type TaskFigures } from '../adapters/postgres/runs/report-metrics.ts';
import type { RunTask } from '../adapters/postgres/runs/run.ts';
import { messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';
import { type MetricName, metrics } from '../metrics.ts';

export interface JobMetricsDeps {
  database: Knex;
  /** Why the database does not fit yet; undefined: it does. */
  unfit: () => string | undefined;
  /** Tasks whose runs are to be missed when there are none. */
  expectedTasks: readonly RunTask[];
  log: Log;
  /** Milliseconds that only grow; absent: performance.now(). */
  elapsed?: () => number;
}

/** Milliseconds. A scrape waits no longer for the database; Prometheus would give up after 10 s. */
const limits = { between: 15_000, wait: 2_000 };

interface Sample {
  labels?: Record<string, string>;
  value: number;
}

interface Figures extends DatabaseFigures {
  /** Seconds since they were read. */
  age: number;
}

/**
 * Metrics of what jobs have left in the database: runs, the ledger, passes. Every replica shows the same. They are read when there is
 * a scrape, at most every 15 s. While the database is away the last values stay, so that no alert resolves for want of a series.
 */
export function addJobMetrics(registry: Registry, deps: JobMetricsDeps): void {
  const figures = createReader(deps);
  const add = (name: MetricName, samples: (figures: Figures) => Sample[]): void => {
    const { help, type } = metrics[name];
    const get = async (): Promise<object> => {
      const known = await figures();
      const values = known === undefined ? [] : samples(known);
      return {
        name,
        help,
        type,
        aggregator: 'max',
        values: values.map(({ labels = {}, value }) => ({ labels, value })),
      };
    };
    // Unlike a gauge of the library, it has no series while nothing is known: a 0 would be an alert.
    registry.registerMetric({ name, help, type, get } as unknown as Metric);
  };
  const isExpected = ({ task }: TaskFigures): boolean => deps.expectedTasks.includes(task);
  const ofTasks = (value: (figures: TaskFigures) => number | null) => (figures: Figures) =>
    figures.tasks.flatMap((task) => sampleOf(value(task), { task: task.task }));
  add(
    'loyalty_job_last_success_timestamp_seconds',
    ofTasks(({ lastSuccess }) => lastSuccess),
  );
  add(
    'loyalty_job_last_run_timestamp_seconds',
    ofTasks(({ lastRun }) => lastRun),
  );
  add(
    'loyalty_job_expected_since_timestamp_seconds',
    ofTasks((task) => (isExpected(task) ? task.since : null)),
  );
  add(
    'loyalty_job_last_run_duration_seconds',
    ofTasks(({ duration }) => duration),
  );
  add(
    'loyalty_job_failed_merchants',
    ofTasks((task) => (task.known || isExpected(task) ? task.failedMerchants : null)),
  );
  add('loyalty_expired_points_total', ({ expiredPoints }) => [{ value: expiredPoints }]);
  add('loyalty_stale_passes', ({ stale }) =>
    stale.map(({ platform, passes }) => ({ labels: { platform }, value: passes })),
  );
  add('loyalty_oldest_stale_pass_age_seconds', ({ stale, age: since }) =>
    stale.map(({ platform, passes, age }) => ({ labels: { platform }, value: passes > 0 ? age + since : 0 })),
  );
  add('loyalty_dead_passes', ({ stale }) => stale.map(({ platform, dead }) => ({ labels: { platform }, value: dead })));
  add('loyalty_wallet_platform_stopped', ({ stale }) =>
    stale.flatMap(({ platform, stopped }) => sampleOf(stopped === null ? null : Number(stopped), { platform })),
  );
  add('loyalty_wallet_requests_total', ({ requests }) =>
    requests.map(({ platform, outcome, requests: value }) => ({ labels: { platform, outcome }, value })),
  );
  add('loyalty_ledger_imbalanced_cards', ({ ledger }) => [{ value: ledger.imbalancedCards }]);
  add('loyalty_ledger_last_verified_timestamp_seconds', ({ ledger }) => sampleOf(ledger.lastVerified));
  add('loyalty_job_metrics_age_seconds', ({ age }) => [{ value: age }]);
}

function sampleOf(value: number | null, labels: Record<string, string> = {}): Sample[] {
  return value === null ? [] : [{ labels, value }];
}

/** What was read last, or is being read if that does not take too long; undefined: nothing was read yet. */
function createReader({ database, unfit, log, elapsed = () => performance.now() }: JobMetricsDeps) {
  let last: { figures: DatabaseFigures; at: number } | undefined;
  let begun = -Infinity;
  let reading: Promise<void> | undefined;
  let failing = false;

  async function read(): Promise<void> {
    try {
      const at = elapsed();
      last = { figures: await readFigures(database), at };
      failing = false;
    } catch (error) {
      if (!failing) log.warn({ event: logEvents.jobMetricsNotRead, reason: messageOf(error) });
      failing = true;
    }
  }

  function begin(): void {
    begun = elapsed();
    const ended = read().finally(() => (reading = undefined));
    reading = Promise.race([ended, sleep(limits.wait, undefined, { ref: false })]);
  }

  return async (): Promise<Figures | undefined> => {
    if (reading === undefined && unfit() === undefined && elapsed() - begun >= limits.between) begin();
    await reading;
    return last && { ...last.figures, age: (elapsed() - last.at) / 1_000 };
  };
}
