import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Knex } from 'knex';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricName, metrics } from '../metrics.ts';
import type { ApiMiddleware } from './context.ts';

export interface RequestMetrics {
  registry: Registry;
  measured: ApiMiddleware;
  countUnparsable(status: number): void;
  /** Ends the measurement of the event loop. */
  close(): void;
}

/** Counts of tarn, the pool inside knex. */
interface Pool {
  numUsed(): number;
  numFree(): number;
  numPendingCreates(): number;
  numPendingAcquires(): number;
}

const notShown = [
  'nodejs_eventloop_lag_seconds',
  ...['min', 'max', 'mean', 'stddev', 'p50', 'p90', 'p99'].map((figure) => `nodejs_eventloop_lag_${figure}_seconds`),
  // Gauges whose names end like counters: promtool objects.
  ...['handles', 'requests', 'resources'].map((what) => `nodejs_active_${what}_total`),
];

/** Metrics of the API's process: requests, pool, event loop, and Node's own. */
export function createRequestMetrics({ database, poolSize }: { database: Knex; poolSize: number }): RequestMetrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 1_000 });
  for (const name of notShown) registry.removeSingleMetric(name);
  const of = <Name extends MetricName>(name: Name) => ({
    name,
    help: metrics[name].help,
    labelNames: metrics[name].labels as readonly string[],
    registers: [registry],
  });
  const duration = new Histogram({
    ...of('loyalty_http_request_duration_seconds'),
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  });
  const inFlight = new Gauge(of('loyalty_http_requests_in_flight'));
  const unparsable = new Counter(of('loyalty_http_unparsable_requests_total'));
  const pool = (database.client as { pool: Pool }).pool;
  new Gauge({
    ...of('loyalty_database_pool_connections'),
    collect() {
      this.set({ state: 'used' }, pool.numUsed());
      this.set({ state: 'idle' }, pool.numFree());
      this.set({ state: 'opening' }, pool.numPendingCreates());
    },
  });
  new Gauge({
    ...of('loyalty_database_pool_waiting'),
    collect() {
      this.set(pool.numPendingAcquires());
    },
  });
  new Gauge(of('loyalty_database_pool_size')).set(poolSize);
  const delay = monitorEventLoopDelay({ resolution: 20 });
  delay.enable();
  new Gauge({
    ...of('loyalty_event_loop_lag_seconds'),
    collect() {
      // Nanoseconds. The timer's own interval is part of what is measured.
      for (const percentile of [50, 99, 100]) {
        const seconds = Math.max(0, delay.percentile(percentile) / 1e9 - 0.02);
        this.set({ percentile: String(percentile) }, delay.count === 0 ? 0 : seconds);
      }
      delay.reset();
    },
  });
  return {
    registry,
    countUnparsable: (status) => unparsable.inc({ status: String(status) }),
    close: () => void delay.disable(),
    measured: async function measure(context, next) {
      inFlight.inc();
      try {
        await next();
      } finally {
        inFlight.dec();
        const { route = 'none', startedAt } = context.state;
        const labels = { method: context.method, route, status: String(context.status) };
        duration.observe(labels, (performance.now() - startedAt) / 1000);
      }
    },
  };
}
