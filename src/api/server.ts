import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import { sweepKeys } from '../adapters/postgres/access/idempotency-keys.ts';
import { ConfigurationError, messageOf } from '../errors.ts';
import { type HealthServer, startHealthServer } from '../health-server.ts';
import { type Log, logEvents } from '../log.ts';
import type { Clock } from './answered.ts';
import { createApp } from './app.ts';
import { createAuthentication } from './authentication.ts';
import { startHousekeeping, type Task } from './housekeeping.ts';
import { cannotListen, type HttpServer, startHttpServer } from './http-server.ts';
import type { Operation } from './operation.ts';
import { createReadiness } from './readiness.ts';
import { createRequestMetrics } from './request-metrics.ts';

export interface ApiDeps {
  operations: readonly Operation[];
  /** Closed when the API stops. */
  database: Knex;
  poolSize: number;
  host: string;
  /** 0: any free one. */
  port: number;
  metricsPort: number;
  bootstrapKey?: string;
  requestsPerMinute: number;
  allowedOrigins?: readonly string[];
  log: Log;
  clock?: Clock;
}

export interface RunningApi {
  port: number;
  metricsPort: number;
  /** Not ready at once; ends when what is in work is answered, after 25 s at most. */
  stop(): Promise<void>;
}

/** Milliseconds. Kubernetes ends a pod after 30 s by default. */
const longest = { firstLook: 1_000, requests: 20_000, housekeeping: 3_000, pool: 2_000 };
const idempotencyHours = 48;

/**
 * Starts the API and the server of its metrics.
 * @throws ConfigurationError when a port cannot be had.
 */
export async function startApi(deps: ApiDeps): Promise<RunningApi> {
  const { database, poolSize, host, log } = deps;
  const metrics = createRequestMetrics({ database, poolSize });
  const authentication = createAuthentication({ database });
  const readiness = createReadiness({ database, bootstrapKey: deps.bootstrapKey, log });
  let stopping = false;
  const health = { unfit: readiness.unfit, isStopping: () => stopping };
  const { allowedOrigins = [] } = deps;
  const app = createApp({ ...deps, allowedOrigins, authentication, metrics, health });
  const metricsServer = await startMetricsServer(deps, metrics.registry, health);
  const server = await startServer({
    host,
    port: deps.port,
    handle: app.callback(),
    onUnparsable: metrics.countUnparsable,
    onFailure: async () => {
      metrics.close();
      await metricsServer.close();
      await database.destroy();
    },
  });
  // Where the database is at hand, the API is ready when it says that it has started.
  await within(longest.firstLook, readiness.look());
  const tasks = [lookTask(readiness), usesTask(authentication, readiness), sweepTask(database, readiness)];
  const housekeeping = startHousekeeping(tasks, log);
  log.info({ event: logEvents.apiStarted, port: server.port, metrics_port: metricsServer.port });
  return {
    port: server.port,
    metricsPort: metricsServer.port,
    async stop() {
      stopping = true;
      log.info({ event: logEvents.apiStopping });
      await server.close(longest.requests);
      await within(longest.housekeeping, housekeeping.stop());
      await within(longest.housekeeping, authentication.writeUses());
      await within(longest.pool, database.destroy());
      metrics.close();
      await metricsServer.close();
      log.info({ event: logEvents.apiStopped });
    },
  };
}

type Health = { unfit(): string | undefined; isStopping(): boolean };

async function startMetricsServer(
  { host, metricsPort, database }: ApiDeps,
  registry: Parameters<typeof startHealthServer>[0]['registry'],
  health: Health,
): Promise<HealthServer> {
  const notReady = (): string[] => (health.isStopping() ? ['The process is ending.'] : [health.unfit() ?? []].flat());
  try {
    return await startHealthServer({ host, port: metricsPort, registry, notReady });
  } catch (error) {
    await database.destroy();
    throw new ConfigurationError([cannotListen('METRICS_PORT', host, metricsPort, error)]);
  }
}

async function startServer({
  onFailure,
  ...options
}: Parameters<typeof startHttpServer>[0] & { onFailure(): Promise<void> }): Promise<HttpServer> {
  try {
    return await startHttpServer(options);
  } catch (error) {
    await onFailure();
    throw error;
  }
}

function lookTask(readiness: ReturnType<typeof createReadiness>): Task {
  return { name: 'look at the schema', milliseconds: 1_000, turn: () => readiness.look() };
}

function usesTask(
  { writeUses }: Pick<ReturnType<typeof createAuthentication>, 'writeUses'>,
  { unfit }: Pick<ReturnType<typeof createReadiness>, 'unfit'>,
): Task {
  const turn = async (): Promise<void> => (unfit() === undefined ? writeUses() : undefined);
  return { name: 'write the last use of keys', milliseconds: 10_000, turn };
}

const sweep = { batch: 1_000, batches: 200, milliseconds: 60_000 };

/** Removes Idempotency-Keys that are older than they are kept. */
function sweepTask(database: Knex, { unfit }: Pick<ReturnType<typeof createReadiness>, 'unfit'>): Task {
  async function turn(): Promise<void> {
    if (unfit() !== undefined) return;
    const before = new Date(Date.now() - idempotencyHours * 3_600_000);
    for (let count = 0; count < sweep.batches; count += 1) {
      if ((await sweepKeys(database, before, sweep.batch)) < sweep.batch) return;
    }
  }
  return { name: 'sweep Idempotency-Keys', milliseconds: sweep.milliseconds, turn };
}

/** Waits for what must not hold the end of the process, and does not mind if it fails. */
async function within(milliseconds: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  await Promise.race([
    work.catch(messageOf),
    sleep(milliseconds, undefined, { signal: enough.signal }).catch(messageOf),
  ]);
  enough.abort();
}
