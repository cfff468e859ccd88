import knex, { type Knex } from 'knex';
import pg from 'pg';
import { PipelinedClient } from './pipelined-client.ts';
import { giveUpWhenUseless } from './useless-connection.ts';

export interface DatabaseOptions {
  /** `postgres://user:password@host:port/database?sslmode=…` */
  url: string;
  poolSize: number;
  /** Shown in pg_stat_activity. */
  applicationName: string;
  /** PostgreSQL settings of every connection, for example `{ lock_timeout: '5s' }`. */
  settings?: Readonly<Record<string, string>>;
  /** Milliseconds for which the server may be silent while it works on a statement; absent: for ever. Longer than `statement_timeout`. */
  longestSilence?: number;
  /** Whether statements that do not wait for each other share a round trip. COPY and cursors do not work then. */
  pipelining?: boolean;
}

const int8 = 20;

/** A bigint of PostgreSQL as a number. Every bigint column is checked to be at most 2^53 − 1; a sum that is not must not be rounded. */
function parseBigint(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`${text} does not fit a JavaScript integer (2^53 − 1)`);
  return value;
}

const types = {
  getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
    return oid === int8 && format !== 'binary' ? parseBigint : pg.types.getTypeParser(oid, format);
  },
};

/** `-c name=value …`, as PostgreSQL takes it at the start of a connection: no statement of its own, and none that is forgotten. */
function startOptions(settings: Readonly<Record<string, string>>): string {
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replace(/[\\ ]/g, '\\$&')}`)
    .join(' ');
}

/**
 * A pool of connections. It opens none until it is used, and opens new ones by itself after the database was away.
 * A connection that cannot be made fails at once; one that is merely busy is waited for, 30 s at most.
 * What the URL says (`options`, `application_name`) wins over what is given here.
 */
export function openDatabase({
  url,
  poolSize,
  applicationName,
  settings = {},
  longestSilence = 0,
  pipelining = false,
}: DatabaseOptions): Knex {
  const connection = {
    connectionString: url,
    types,
    application_name: applicationName,
    options: startOptions(settings),
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    connectionTimeoutMillis: 5_000,
    pipeline: pipelining,
  };
  return knex({
    client: pipelining ? PipelinedClient : 'pg',
    // Knex hands this over to pg as it is; its own type does not know all of pg's.
    connection: connection as unknown as Knex.PgConnectionConfig,
    pool: {
      min: 0,
      max: poolSize,
      acquireTimeoutMillis: 30_000,
      idleTimeoutMillis: 30_000,
      afterCreate: giveUpWhenUseless(longestSilence),
    },
    acquireConnectionTimeout: 30_000,
    // Messages of errors show the statement without the values, which may be personal data.
    compileSqlOnError: false,
    // What happens to a connection reaches whoever uses it as an error; knex would also print it.
    log: { warn: () => {} },
  });
}

/** Settings of the API's connections: nothing may hold a request, or a lock, for ever. */
export const apiSettings = {
  statement_timeout: '15s',
  lock_timeout: '10s',
  idle_in_transaction_session_timeout: '30s',
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '10',
} as const;

/** Settings of a job's connections: statements may be long, but a claim must not outlive the process, or the node, that made it. */
export const jobSettings = {
  lock_timeout: '5s',
  idle_in_transaction_session_timeout: '30s',
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
} as const;
