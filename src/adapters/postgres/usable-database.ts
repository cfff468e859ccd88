import type { Knex } from 'knex';
import { ExitError, exitCodes, messageOf } from '../../errors.ts';
import { databaseFailure } from './failure.ts';

/** Where a database is, from its URL; never its password. */
export interface DatabaseAddress {
  host: string;
  port: string;
  database: string;
  user: string;
}

/** Reads a `postgres://` URL as libpq and pg do. */
export function databaseAddress(url: string): DatabaseAddress {
  const { searchParams, hostname, port, pathname, username } = new URL(url);
  const user = decodeURIComponent(username) || searchParams.get('user') || 'the user of the process';
  return {
    host: searchParams.get('host') ?? (decodeURIComponent(hostname) || 'localhost'),
    port: searchParams.get('port') ?? (port || '5432'),
    database: decodeURIComponent(pathname.slice(1)) || user,
    user,
  };
}

/** As messages name it: `database "loyalty" on db.example.org:5432`. */
export function describeDatabase(url: string): string {
  const { host, port, database } = databaseAddress(url);
  return `database "${database}" on ${host}:${port}`;
}

/** https://www.postgresql.org/support/versioning/: 15 is the oldest that we test on. */
const oldestVersion = 150_000;

/** What a server says about itself: `server_version_num`, `server_version`, and the database's encoding. */
export interface ServerFacts {
  number: number;
  version: string;
  encoding: string;
}

/** Problems of a server that we cannot work on, in words; empty: none. */
export function unsuitable({ number, version, encoding }: ServerFacts): string[] {
  const problems: string[] = [];
  if (number < oldestVersion) problems.push(`It is PostgreSQL ${version}: 15 or newer is needed.`);
  if (encoding !== 'UTF8') {
    problems.push(
      `Its encoding is ${encoding}: UTF8 is needed (CREATE DATABASE … ENCODING 'UTF8' TEMPLATE template0).`,
    );
  }
  return problems;
}

/**
 * Asks the server what it is.
 * @throws ExitError (78) when it is not a PostgreSQL that we can work on.
 */
export async function requireSuitable(knex: Knex, url: string): Promise<ServerFacts> {
  const { rows } = await knex.raw<{ rows: ServerFacts[] }>(
    `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
            getdatabaseencoding() AS encoding`,
  );
  const [facts] = rows;
  if (facts === undefined) throw new Error('the server did not say what it is');
  const problems = unsuitable(facts);
  if (problems.length === 0) return facts;
  throw new ExitError(exitCodes.configuration, `The ${describeDatabase(url)} cannot be used. ${problems.join(' ')}`);
}

const untrusted = /^(CERT_|DEPTH_ZERO|SELF_SIGNED|UNABLE_TO_|ERR_TLS_CERT)/;

/** What to do about an error of the database that whoever operates it can mend; undefined: it is not one. */
function advice(error: unknown, { user, database }: DatabaseAddress): string | undefined {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = messageOf(error);
  if (code === '28P01') return `it refuses the password of the user "${user}". Correct DATABASE_URL.`;
  if (code.startsWith('28')) return `it refuses the user "${user}": ${message}. Correct DATABASE_URL or pg_hba.conf.`;
  if (code === '3D000')
    return `there is no such database. Create it (CREATE DATABASE "${database}") or correct DATABASE_URL.`;
  if (code === '42501') {
    const grant = message.includes('schema public') ? ` (GRANT CREATE ON SCHEMA public TO "${user}")` : '';
    return `the user "${user}" lacks a right: ${message}. Grant it${grant}, or use the owner of the database.`;
  }
  if (untrusted.test(code)) {
    return `its TLS certificate is not trusted (${code}). Name its authority by sslrootcert in DATABASE_URL or by NODE_EXTRA_CA_CERTS.`;
  }
  if (message.includes('does not support SSL'))
    return 'it does not speak TLS. Use sslmode=disable in DATABASE_URL, or turn it on there.';
  return undefined;
}

/**
 * An error of working with the database of this URL, as one that ends a command: 78 when the settings are at fault, 75
 * when it is away or busy. Anything else is given back as it is. Neither says the password.
 */
export function explainDatabaseError(error: unknown, url: string): unknown {
  if (error instanceof ExitError) return error;
  const address = databaseAddress(url);
  const heading = `The ${describeDatabase(url)} cannot be used`;
  const found = advice(error, address);
  if (found !== undefined) return new ExitError(exitCodes.configuration, `${heading}: ${found}`, { cause: error });
  const failure = databaseFailure(error);
  if (failure === undefined) return error;
  const why = error instanceof AggregateError ? error.errors.map(messageOf).join(', ') : messageOf(error);
  const what = failure === 'busy' ? 'it is busy' : 'it cannot be reached, or is going down';
  return new ExitError(exitCodes.temporary, `${heading}: ${what} (${why}). Try again.`, { cause: error });
}
