import type { Knex } from 'knex';
import { execute } from '../statement.ts';

/** Who is signed in to the console. A session is the key's: it ends with it. */

/** Seconds that a session lasts without a request, and at most. */
export const sessionSeconds = { idle: 1_800, most: 43_200 } as const;

export interface ConsoleSession {
  keyId: string;
  /** Of the API key. */
  name: string;
  scope: 'admin' | 'admin:read';
}

const alive = `created_at > clock_timestamp() - interval '${sessionSeconds.most} s'
  AND last_seen_at > clock_timestamp() - interval '${sessionSeconds.idle} s'`;

const open = {
  name: 'open-console-session',
  text: 'INSERT INTO console_sessions (hash, api_key_id) VALUES ($1, $2)',
};

export async function openSession(database: Knex, hash: Buffer, keyId: string): Promise<void> {
  await execute(database, open, [hash, keyId]);
}

// The last use is written once a minute at most; 60 s too few of half an hour do not matter.
const find = {
  name: 'find-console-session',
  text: `
    WITH found AS (
      SELECT console_sessions.hash, api_keys.id AS "keyId", name, scope
      FROM (SELECT * FROM console_sessions WHERE hash = $1 AND ${alive}) AS console_sessions
        JOIN api_keys ON api_keys.id = api_key_id
      WHERE revoked_at IS NULL AND scope IN ('admin', 'admin:read')
    ), seen AS (
      UPDATE console_sessions SET last_seen_at = date_trunc('milliseconds', clock_timestamp()) FROM found
      WHERE console_sessions.hash = found.hash AND last_seen_at < clock_timestamp() - interval '60 s'
    )
    SELECT "keyId", name, scope FROM found`,
};

/** The session, if neither it nor its key has ended. Nothing is remembered: a key that is revoked ends it at once, on every replica. */
export async function findSession(database: Knex, hash: Buffer): Promise<ConsoleSession | undefined> {
  const [found] = await execute<ConsoleSession>(database, find, [hash]);
  return found;
}

const end = { name: 'end-console-session', text: 'DELETE FROM console_sessions WHERE hash = $1' };

export async function endSession(database: Knex, hash: Buffer): Promise<void> {
  await execute(database, end, [hash]);
}

const sweep = { name: 'sweep-console-sessions', text: `DELETE FROM console_sessions WHERE NOT (${alive})` };

/** Removes those that have ended by themselves. */
export async function sweepSessions(database: Knex): Promise<void> {
  await execute(database, sweep, []);
}
