import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Counter } from 'prom-client';
import type { RunTask } from '../adapters/postgres/runs/run.ts';
import { ConfigurationError, messageOf } from '../errors.ts';
import { type HealthServer, startHealthServer } from '../health-server.ts';
import { type Log, logEvents } from '../log.ts';
import type { Clock } from './answered.ts';
import { createApp } from './app.ts';
import { createAuthentication } from './authentication.ts';
import type { ConsoleSources } from './console/page.ts';
import type { Health } from './health.ts';
import { startHousekeeping, type Task } from './housekeeping.ts';
import { cannotListen, startHttpServer } from './http-server.ts';
import { addJobMetrics } from './job-metrics.ts';
import type { Operation } from './operation.ts';
import { createReadiness } from './readiness.ts';
import { createRequestMetrics, type RequestMetrics } from './request-metrics.ts';
import {
  lookAtSchema,
  sampleStalePasses,
  sweepConsoleSessions,
  sweepGoogleCallbacks,
  sweepIdempotencyKeys,
  whenFit,
  writeLastUse,
} from './tasks.ts';

export interface ApiDeps {
  operations: readonly Operation[];
  /** Closed when the API stops, or does not start. */
  database: Knex;
  poolSize: number;
  host: string;
  /** 0: any free one. */
  port: number;
  metricsPort: number;
  /** The first admin key. */
  bootstrapKey?: string;
  requestsPerMinute: number;
  allowedOrigins?: readonly string[];
  /** Absent: there is no /console. */
  console?: ConsoleSources;
  /** What else is done beside requests, once the schema of the database fits. */
  background?: readonly Task[];
  /** Tasks whose runs are to be missed when there are none. */
  expectedTasks?: readonly RunTask[];
  /** Metrics of the operations' own. */
  ownMetrics?: readonly Counter[];
  log: Log;
  clock?: Clock;
}

export interface RunningApi {
  port: number;
  metricsPort: number;
  /** Not ready at once; ends when what is in work is answered, after 28 s at most. */
  stop(): Promise<void>;
}

/** Milliseconds. Kubernetes ends a pod after 30 s by default. */
const longest = { firstLook: 1_000, requests: 20_000, housekeeping: 3_000, uses: 2_000, pool: 2_000 };

/**
 * Starts the API and the server of its metrics.
 * @throws ConfigurationError when a port cannot be had.
 */
export async function startApi(deps: ApiDeps): Promise<RunningApi> {
  const { database, poolSize, log } = deps;
  const metrics = createRequestMetrics({ database, poolSize });
  const authentication = createAuthentication({ database });
  const readiness = createReadiness({ database, bootstrapKey: deps.bootstrapKey, log });
  const { unfit } = readiness;
  for (const metric of deps.ownMetrics ?? []) metrics.registry.registerMetric(metric);
  addJobMetrics(metrics.registry, { database, unfit, expectedTasks: deps.expectedTasks ?? [], log });
  let stopping = false;
  const health: Health = { unfit, isStopping: () => stopping };
  const { allowedOrigins = [] } = deps;
  const app = createApp({ ...deps, allowedOrigins, authentication, metrics, health });
  const { server, metricsServer } = await listen(deps, { handle: app.callback(), metrics, health });
  // Where the database is at hand, the API is ready when it says that it has started.
  await within(longest.firstLook, readiness.look());
  const fitting = { database, unfit };
  const own = [
    lookAtSchema(readiness),
    writeLastUse(authentication, fitting),
    sweepIdempotencyKeys(fitting),
    sweepGoogleCallbacks(fitting),
  ];
  const ofConsole = deps.console === undefined ? [] : [sampleStalePasses(database), sweepConsoleSessions(database)];
  const tasks = [...own, ...[...ofConsole, ...(deps.background ?? [])].map((task) => whenFit(task, unfit))];
  const housekeeping = startHousekeeping(tasks, log);
  log.info({ event: logEvents.apiStarted, port: server.port, metrics_port: metricsServer.port });
  return {
    port: server.port,
    metricsPort: metricsServer.port,
    async stop() {
      stopping = true;
      log.info({ event: logEvents.apiStopping });
      const tidied = housekeeping.stop();
      await server.close(longest.requests);
      await within(longest.housekeeping, tidied);
      await within(longest.uses, authentication.writeUses());
      await within(longest.pool, database.destroy());
      metrics.close();
      await metricsServer.close();
      log.info({ event: logEvents.apiStopped });
    },
  };
}

interface Listening {
  handle: ReturnType<ReturnType<typeof createApp>['callback']>;
  metrics: RequestMetrics;
  health: Health;
}

async function listen({ host, port, metricsPort, database }: ApiDeps, { handle, metrics, health }: Listening) {
  let metricsServer: HealthServer | undefined;
  try {
    metricsServer = await startMetricsServer({ host, port: metricsPort }, metrics, health);
    const server = await startHttpServer({
      host,
      port,
      handle: (request, response) => void handle(request, response),
      onUnparsable: (status) => metrics.countUnparsable(status),
    });
    return { server, metricsServer };
  } catch (error) {
    metrics.close();
    await metricsServer?.close();
    await database.destroy();
    throw error;
  }
}

async function startMetricsServer(
  { host, port }: { host: string; port: number },
  { registry }: RequestMetrics,
  { unfit, isStopping }: Health,
): Promise<HealthServer> {
  const notReady = (): string[] => [isStopping() ? 'The process is ending.' : (unfit() ?? [])].flat();
  try {
    return await startHealthServer({ host, port, registry, notReady });
  } catch (error) {
    throw new ConfigurationError([cannotListen('METRICS_PORT', host, port, error)]);
  }
}

/** Waits for what must not hold the end of the process, and does not mind if it fails. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const limit = sleep(milliseconds, undefined, { signal: enough.signal }).catch(messageOf);
  await Promise.race([work.catch(messageOf), limit]);
  enough.abort();
}
