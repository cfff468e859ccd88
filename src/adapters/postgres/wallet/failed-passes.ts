import type { Knex } from 'knex';
import { deadAfter } from '../../../domain/wallet/retry.ts';
import { execute, type Statement } from '../statement.ts';

/** A pass that the wallet has not got because sending it failed. */
export interface FailedPass {
  merchantId: string;
  merchantName: string;
  cardId: string;
  platform: 'google' | 'apple';
  /** Outcome of the last try. */
  reason: string;
  message: string | null;
  attempts: number;
  staleSince: Date;
  /** When it is tried again; null: with the next run. */
  nextAttemptAt: Date | null;
  /** Not before the card changes. */
  waitsForChange: boolean;
}

/** Behind which a page begins. */
export interface FailedPosition {
  merchantId: string;
  cardId: string;
  platform: string;
}

const list: Statement = {
  name: 'wallet_failed_passes',
  text: `
    SELECT passes.merchant_id AS "merchantId", merchants.name AS "merchantName", card_id AS "cardId", platform, last_reason AS reason,
      last_error AS message, attempts, stale_since AS "staleSince",
      CASE WHEN isfinite(next_attempt_at) THEN next_attempt_at END AS "nextAttemptAt",
      coalesce(next_attempt_at = 'infinity', false) AS "waitsForChange"
    FROM passes JOIN merchants ON merchants.id = passes.merchant_id
    WHERE stale_since IS NOT NULL AND last_reason IS NOT NULL AND ($1::text IS NULL OR last_reason = $1)
      AND ($2::uuid IS NULL OR (passes.merchant_id, card_id, platform) > ($2, $3::uuid, $4::text))
    ORDER BY passes.merchant_id, card_id, platform LIMIT $5`,
};

export interface WantedFailedPasses {
  /** Only these; undefined: all. */
  reason: string | undefined;
  after: FailedPosition | undefined;
  limit: number;
}

/** In the order of merchants and cards. */
export async function listFailedPasses(database: Knex, wanted: WantedFailedPasses): Promise<FailedPass[]> {
  const { reason, after, limit } = wanted;
  const values = [reason, after?.merchantId, after?.cardId, after?.platform, limit];
  return execute<FailedPass>(database, list, values);
}

const sum: Statement = {
  name: 'wallet_failed_passes_sum',
  text: `
    SELECT platform, last_reason AS reason, count(*) AS passes, count(*) FILTER (WHERE attempts >= ${deadAfter}) AS dead
    FROM passes WHERE stale_since IS NOT NULL AND last_reason IS NOT NULL
    GROUP BY platform, last_reason ORDER BY count(*) DESC, platform, last_reason`,
};

export interface FailedSum {
  platform: 'google' | 'apple';
  reason: string;
  passes: number;
  /** Of them: given up, but for one try a day. */
  dead: number;
}

/** How many failed why. */
export async function sumFailedPasses(database: Knex): Promise<FailedSum[]> {
  return execute<FailedSum>(database, sum, []);
}

const stopped: Statement = {
  name: 'wallet_stopped_platforms',
  text: `SELECT platform, stopped_at AS "stoppedAt", stopped_reason AS reason, stopped_message AS message
    FROM wallet_platforms WHERE stopped_at IS NOT NULL ORDER BY platform`,
};

/** A platform that refuses us as a whole. */
export interface StoppedPlatform {
  platform: 'google' | 'apple';
  stoppedAt: Date;
  reason: string | null;
  message: string | null;
}

export async function listStoppedPlatforms(database: Knex): Promise<StoppedPlatform[]> {
  return execute<StoppedPlatform>(database, stopped, []);
}
