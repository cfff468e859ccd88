import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestDatabase } from './postgres/databases.ts';
import { sharedPostgres } from './postgres/shared-postgres.ts';
import { type ServingProcess, startServingProcess } from './serving-process.ts';

/** `bin/loyalty api` as a child of this process, started or about to end with a reason. */
export type ApiProcess = ServingProcess;

/** Runs `bin/loyalty api` as users do, on free ports of 127.0.0.1, with an environment of its own. */
export function startApiProcess(environment: Record<string, string>): ApiProcess {
  return startServingProcess({
    command: 'api',
    environment: { METRICS_PORT: '0', ...environment },
    name: 'the API',
    deadlineSeconds: 30,
  });
}

export interface ApiCall {
  /** An API key; absent: no Authorization. */
  key?: string;
  /** Sent as JSON; a string or bytes are sent as they are. */
  body?: unknown;
  headers?: Record<string, string>;
}

export interface ApiAnswer {
  status: number;
  headers: Headers;
  text: string;
  /** The body read as JSON; undefined where there is none. */
  body: unknown;
}

/** An API that listens. */
export interface RunningApi extends ApiProcess {
  database: TestDatabase;
  /** `http://127.0.0.1:port`, and the one of /metrics. */
  url: string;
  metricsUrl: string;
  /** The first admin key. */
  adminKey: string;
  /** @param path from the root, such as /api/v1/store/loyalty/cards */
  call(method: string, path: string, call?: ApiCall): Promise<ApiAnswer>;
  /** Ends the process (SIGTERM) and removes the database, if it was made for it. */
  end(): Promise<void>;
}

export interface RunningApiOptions {
  /** Absent: a new one of the shared PostgreSQL. */
  database?: TestDatabase;
  /** The first admin key of another API on this database, which stays valid then. Absent: a new one, which ends an earlier one. */
  adminKey?: string;
  environment?: Record<string, string>;
}

/** A key as the API makes them: 256 random bits. */
export function newApiKey(): string {
  return `olk_${randomBytes(32).toString('base64url')}`;
}

/** Starts an API with a first admin key on a migrated database, and waits until it listens. */
export async function startApi(options: RunningApiOptions = {}): Promise<RunningApi> {
  const { database, adminKey = newApiKey(), environment = {} } = options;
  const own = database ?? (await (await sharedPostgres()).createDatabase());
  const folder = mkdtempSync(join(tmpdir(), 'orion-api-'));
  const keyFile = join(folder, 'admin-key');
  writeFileSync(keyFile, adminKey, { mode: 0o600 });
  const api = startApiProcess({ DATABASE_URL: own.url, BOOTSTRAP_ADMIN_KEY_FILE: keyFile, ...environment });
  void api.exited.then(() => rmSync(folder, { recursive: true, force: true }));
  const started = await api.whenLogged('api.started').catch((error: unknown) => {
    api.kill('SIGKILL');
    throw error;
  });
  const url = `http://127.0.0.1:${Number(started['port'])}`;
  return {
    ...api,
    database: own,
    url,
    metricsUrl: `http://127.0.0.1:${Number(started['metrics_port'])}`,
    adminKey,
    call: (method, path, options) => callApi(`${url}${path}`, method, options),
    async end() {
      await api.stop();
      if (database === undefined) await own.drop();
    },
  };
}

/** One request, 30 s at most. */
export async function callApi(url: string, method: string, { key, body, headers }: ApiCall = {}): Promise<ApiAnswer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(30_000),
    headers: {
      ...(key !== undefined && { authorization: `Bearer ${key}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: sent(body) }),
  });
  const text = await response.text();
  const isJson = /^application\/([a-z.-]+\+)?json\b/.test(response.headers.get('content-type') ?? '');
  return { status: response.status, headers: response.headers, text, body: isJson ? JSON.parse(text) : undefined };
}

function sent(body: unknown): string | Uint8Array<ArrayBuffer> {
  return typeof body === 'string' || body instanceof Uint8Array
    ? (body as string | Uint8Array<ArrayBuffer>)
    : JSON.stringify(body);
}
