import type { Knex } from 'knex';
import { deadAfter } from '../../../domain/wallet/retry.ts';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, executeInTurn, type Statement } from '../statement.ts';

/** With which credential a platform is used. */
export interface PlatformAccount {
  platform: Platform;
  /** Issuer id, or pass type identifier. */
  account: string;
  fingerprint: string;
}

const use: Statement = {
  name: 'wallet_platform_use',
  text: `
    INSERT INTO wallet_platforms AS platforms (platform, account, fingerprint) VALUES ($1, $2, $3)
    ON CONFLICT (platform) DO UPDATE SET account = excluded.account, fingerprint = excluded.fingerprint
      WHERE (platforms.account, platforms.fingerprint) IS DISTINCT FROM (excluded.account, excluded.fingerprint)
    RETURNING platform`,
};

const revive: Statement = {
  name: 'wallet_passes_revive',
  text: `UPDATE passes SET next_attempt_at = NULL
    WHERE platform = $1 AND stale_since IS NOT NULL AND attempts >= ${deadAfter} AND next_attempt_at > clock_timestamp()`,
};

/**
 * Makes known which credential is used. When it is a new one, dead passes of the platform may be sent at once.
 * @returns whether it is new
 */
export async function usePlatform(
  database: Knex,
  { platform, account, fingerprint }: PlatformAccount,
): Promise<boolean> {
  const changed = await execute(database, use, [platform, account, fingerprint]);
  if (changed.length > 0) await execute(database, revive, [platform]);
  return changed.length > 0;
}

const stop: Statement = {
  name: 'wallet_platform_stop',
  text: `UPDATE wallet_platforms SET stopped_at = coalesce(stopped_at, date_trunc('milliseconds', clock_timestamp())),
      stopped_reason = $2, stopped_message = $3, stopped_run = $4 WHERE platform = $1`,
};

export interface PlatformStop {
  platform: Platform;
  reason: string;
  message: string;
}

/** Sending has stopped: the platform refuses us as a whole. It stays so until something was taken again. */
export async function stopPlatform(
  database: Knex,
  { platform, reason, message }: PlatformStop,
  runId: string,
): Promise<void> {
  await execute(database, stop, [platform, reason, message, runId]);
}

const resume: Statement = {
  name: 'wallet_platform_resume',
  text: `UPDATE wallet_platforms SET stopped_at = NULL, stopped_reason = NULL, stopped_message = NULL, stopped_run = NULL
    WHERE platform = $1 AND stopped_at IS NOT NULL`,
};

/** The platform has taken something. */
export async function resumePlatform(database: Knex, platform: Platform): Promise<void> {
  await execute(database, resume, [platform]);
}

const read: Statement = {
  name: 'wallet_platforms_read',
  text: `SELECT platform, stopped_at AS "stoppedAt", stopped_reason AS reason, stopped_message AS message FROM wallet_platforms`,
};

const stale: Statement = {
  name: 'wallet_platforms_stale',
  text: `SELECT platform, count(*) AS passes FROM passes WHERE stale_since IS NOT NULL AND saved GROUP BY platform`,
};

export interface PlatformState {
  platform: Platform;
  /** null: it is not. */
  stoppedAt: Date | null;
  reason: string | null;
  message: string | null;
}

/** How sending stands on each platform that was ever used, and how many saved passes are stale. */
export async function readPlatforms(
  database: Knex,
): Promise<{ states: PlatformState[]; stale: { platform: Platform; passes: number }[] }> {
  const [states, passes] = await executeInTurn<[PlatformState, { platform: Platform; passes: number }]>(database, [
    { statement: read, values: [] },
    { statement: stale, values: [] },
  ]);
  return { states, stale: passes };
}
