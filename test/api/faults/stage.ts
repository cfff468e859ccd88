import type { Knex } from 'knex';
import { apiSettings, openDatabase } from '../../../src/adapters/postgres/database.ts';
import { createRandom, type Random } from '../../../src/demo-data/random.ts';
import { type RunningApi, startApi } from '../../support/api-process.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { startPostgres, type TestPostgres } from '../../support/postgres/postgres.ts';
import { startTcpProxy, type TcpProxy } from '../../support/tcp-proxy.ts';
import { admin, createWorld, type NewCard, type World } from '../world.ts';
import type { Change } from './change.ts';
import { type Load, type LoadOptions, startLoad } from './load.ts';

/** A durable PostgreSQL of its own, a network before it that can fail, and an API that reaches it by that network only. */
export interface Stage extends AsyncDisposable {
  postgres: TestPostgres;
  database: TestDatabase;
  /** Not by the proxy: what tests look with. */
  direct: Knex;
  proxy: TcpProxy;
  api: RunningApi;
  world: World;
  cards: NewCard[];
  journal: Change[];
  random: Random;
  /** Starts a further API on the same database. */
  replica(): Promise<RunningApi>;
  load(options?: Partial<Pick<LoadOptions, 'urls' | 'clients'>>): Load;
}

/**
 * As in production but with a shorter wait for locks, so that tests need not wait; and PostgreSQL looks seldom whether its client is still
 * there, so that a COMMIT of which nobody can be told happens.
 */
const settings = { ...apiSettings, lock_timeout: '700ms', client_connection_check_interval: '10s' };
const environment = { DATABASE_POOL_SIZE: '12', DATABASE_TIMEOUT_SECONDS: '2', RATE_LIMIT_PER_MINUTE: '100000000' };

export async function createStage(seed: number): Promise<Stage> {
  const postgres = await startPostgres({ durable: true, settings: ['max_connections=60'] });
  const database = await postgres.createDatabase();
  const proxy = await startTcpProxy(postgres);
  const url = new URL(proxy.url(database.url));
  const options = Object.entries(settings).map(([name, value]) => `-c ${name}=${value}`);
  url.searchParams.set('options', options.join(' '));
  const started: RunningApi[] = [];
  const replica = async (): Promise<RunningApi> => {
    const running = await startApi({ database: { ...database, url: url.href }, environment });
    started.push(running);
    return running;
  };
  const api = await replica();
  const world = { ...(await createWorld(api)), adminKey: await newAdminKey(api) };
  const cards = await Promise.all(Array.from({ length: 24 }, () => world.newCard()));
  const direct = openDatabase({ url: database.url, poolSize: 2, applicationName: 'test' });
  const random = createRandom('faults', seed);
  const journal: Change[] = [];
  return {
    postgres,
    database,
    direct,
    proxy,
    api,
    world,
    cards,
    journal,
    random,
    replica,
    load: (given = {}) => startLoad({ world, cards, random, journal, urls: () => [api.url], clients: 16, ...given }),
    async [Symbol.asyncDispose]() {
      await direct.destroy();
      for (const running of started) running.kill('SIGKILL');
      await Promise.all(started.map(({ exited }) => exited));
      proxy.stop();
      await postgres.stop();
    },
  };
}

/** The first one of an API ends when the next replica starts with another. */
async function newAdminKey(api: RunningApi): Promise<string> {
  const body = { name: 'Load', scope: 'admin' };
  const made = await api.call('POST', `${admin}/api-keys`, { key: api.adminKey, body });
  return (made.body as { key: string }).key;
}

/** SEED of the environment, else a new one. */
export function seedOf({ SEED }: NodeJS.ProcessEnv): number {
  return SEED === undefined ? Math.floor(Math.random() * 2 ** 32) : Number(SEED);
}
