import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../control-plane/ports.ts';
import { startWatchdog } from '../control-plane/watchdog.ts';
import { type PostgresVersion, postgresFolder } from './binaries.ts';
import { type Cluster, initialize, type Postmaster, readLog, startPostmaster } from './cluster.ts';
import { createDatabases, type TestDatabase } from './databases.ts';
import { operatingUser, runnableFolder } from './operating-user.ts';

export type { PostgresVersion } from './binaries.ts';
export type { TestDatabase } from './databases.ts';

/** A real PostgreSQL of its own, in a temporary folder and on a free port of 127.0.0.1. */
export interface TestPostgres {
  version: PostgresVersion;
  port: number;
  /** Of the postmaster that runs now. */
  pid(): number;
  /** As the superuser, to `postgres` or the database named. */
  url(database?: string): string;
  /** A new database with the schema of this checkout. */
  createDatabase(): Promise<TestDatabase>;
  /** A new database without anything. */
  emptyDatabase(): Promise<TestDatabase>;
  /** What the server has logged since the first start. */
  log(): Promise<string>;
  /** SIGKILL to the postmaster: its children end by themselves, and all connections with them. */
  kill9(): Promise<void>;
  /** Starts again on the same port and data, after `kill9` or (by a fast shutdown) without. */
  restart(): Promise<void>;
  /** Ends it and removes its folder. Without this call it happens when this process ends, however that may be. */
  stop(): Promise<void>;
}

export interface PostgresOptions {
  version?: PostgresVersion;
  /** Whether a commit must outlive a crash, as in production; without it all is faster. */
  durable?: boolean;
  /** `name=value` */
  settings?: string[];
}

const always = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=200',
  'wal_level=minimal',
  'max_wal_senders=0',
  // In the data folder, so that nothing of a killed server is left in /dev/shm.
  'dynamic_shared_memory_type=mmap',
];
const fast = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

/** Starts one, in about a second. */
export async function startPostgres(options: PostgresOptions = {}): Promise<TestPostgres> {
  const { version = 18, durable = false, settings = [] } = options;
  const directory = await mkdtemp(join(tmpdir(), 'orion-postgres-'));
  const watchdog = startWatchdog({ remove: directory, signal: 'QUIT' });
  const user = await operatingUser();
  const programs = await runnableFolder(postgresFolder(version), user, join(directory, 'programs'));
  const cluster = { programs, directory, user, watchdog, settings: [...always, ...(durable ? [] : fast), ...settings] };
  const password = randomBytes(12).toString('hex');
  await initialize(cluster, password);
  const { port, postmaster } = await startOnFreePort(cluster);
  let running = postmaster;
  const url = (database = 'postgres'): string => `postgres://postgres:${password}@127.0.0.1:${port}/${database}`;
  return {
    version,
    port,
    pid: () => running.pid,
    url,
    ...createDatabases(url),
    log: () => readLog(cluster),
    kill9: () => running.end('SIGKILL'),
    restart: async () => {
      await running.end('SIGINT');
      running = await startAgain(cluster, port);
    },
    stop: async () => {
      await running.end('SIGQUIT');
      await watchdog.release();
    },
  };
}

async function startOnFreePort(cluster: Cluster): Promise<{ port: number; postmaster: Postmaster }> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort();
    try {
      return { port, postmaster: await startPostmaster(cluster, port) };
    } catch (error) {
      if (attempt === 5 || !String(error).includes('Address already in use')) throw error;
    }
  }
}

/** After a kill -9 the children of the old server take a moment to notice, and the new one does not start before. */
async function startAgain(cluster: Cluster, port: number): Promise<Postmaster> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      return await startPostmaster(cluster, port);
    } catch (error) {
      const early = /pre-existing shared memory block|Address already in use/.test(String(error));
      if (!early || Date.now() > deadline) throw error;
      await sleep(50);
    }
  }
}
