import type { Knex } from 'knex';
import { apiSettings, openDatabase } from '../../../src/adapters/postgres/database.ts';
import { apiKeyHash, newApiKey } from '../../../src/api/api-key.ts';
import { type ApiDeps, type RunningApi, startApi } from '../../../src/api/server.ts';
import { createLog } from '../../../src/log.ts';
import { type ApiAnswer, type ApiCall, callApi } from '../../support/api-process.ts';
import type { LogLine } from '../../support/serving-process.ts';
import type { TestDatabase } from '../../support/postgres/postgres.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { type TestOperations, testOperations } from './test-operations.ts';

export interface Scene extends TestOperations {
  api: RunningApi;
  url: string;
  metricsUrl: string;
  /** The test's own connection. */
  database: Knex;
  adminKey: string;
  lines(): LogLine[];
  call(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  /** As `call`, with the admin key. */
  asAdmin(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  newKey(scope: 'store' | 'admin' | 'admin:read'): Promise<{ key: string; id: string }>;
  end(): Promise<void>;
}

export interface SceneOptions extends Partial<Pick<ApiDeps, 'requestsPerMinute' | 'allowedOrigins' | 'poolSize'>> {
  testDatabase?: TestDatabase;
  /** Where the API finds the database, when not at its own address. */
  databaseUrl?: string;
  /** Absent: a new one. */
  bootstrapKey?: string;
}

/** The pipeline of the API in this process, on a database of its own, with operations made for tests. */
export async function startScene(options: SceneOptions = {}): Promise<Scene> {
  const { testDatabase = await (await sharedPostgres()).createDatabase(), poolSize = 10, ...limits } = options;
  const { databaseUrl = testDatabase.url, ...rest } = limits;
  const open = (url: string): Knex => openDatabase({ url, poolSize, applicationName: 'test', settings: apiSettings });
  const database = open(testDatabase.url);
  const lines: LogLine[] = [];
  const log = createLog(
    { level: 'debug', format: 'json' },
    { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) },
  );
  const operations = testOperations();
  const adminKey = options.bootstrapKey ?? newApiKey();
  const api = await startApi({
    operations: operations.list,
    database: open(databaseUrl),
    poolSize,
    host: '127.0.0.1',
    port: 0,
    metricsPort: 0,
    bootstrapKey: adminKey,
    requestsPerMinute: 60_000,
    log,
    ...rest,
  });
  const url = `http://127.0.0.1:${api.port}`;
  const call = (method: string, path: string, given?: ApiCall): Promise<ApiAnswer> =>
    callApi(`${url}${path}`, method, given);
  return {
    ...operations,
    api,
    url,
    metricsUrl: `http://127.0.0.1:${api.metricsPort}`,
    database,
    adminKey,
    lines: () => lines,
    call,
    asAdmin: (method, path, given) => call(method, path, { key: adminKey, ...given }),
    newKey: (scope) => newKey(database, scope),
    async end() {
      operations.gate.open();
      await api.stop();
      await database.destroy();
      await testDatabase.drop();
    },
  };
}

async function newKey(database: Knex, scope: string): Promise<{ key: string; id: string }> {
  const key = newApiKey();
  const merchants =
    scope === 'store' ? await database('merchants').insert({ name: 'Shop', timezone: 'UTC' }).returning('id') : [];
  const [row] = await database('api_keys')
    .insert({ name: scope, scope, merchant_id: merchants[0]?.id ?? null, hash: apiKeyHash(key), created_by: 'test' })
    .returning<{ id: string }[]>('id');
  if (row === undefined) throw new Error('no row came back');
  return { key, id: row.id };
}

/** How often an effect of that name is in the database. */
export async function effectsOf(database: Knex, name: string): Promise<number> {
  const rows = await database('audit').where({ action: 'test', subject_id: name });
  return rows.length;
}
