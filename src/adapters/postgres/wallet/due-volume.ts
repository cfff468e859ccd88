import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, type Statement } from '../statement.ts';

/** What would be sent, by platform. */
export interface DueVolume {
  platform: Platform;
  merchants: number;
  /** Passes that are due now. */
  due: number;
  /** Stale passes that wait for their next try, or for a change. */
  waiting: number;
}

const volume: Statement = {
  name: 'wallet_due_volume',
  text: `
    SELECT platforms.platform, count(DISTINCT merchant_id) FILTER (WHERE due) AS merchants, count(*) FILTER (WHERE due) AS due,
      count(merchant_id) FILTER (WHERE NOT due) AS waiting
    FROM unnest($1::text[]) AS platforms (platform) LEFT JOIN LATERAL (
      SELECT merchant_id, $4::boolean OR (stale_since IS NOT NULL
        AND ($3::uuid[] IS NOT NULL OR $2::uuid[] IS NOT NULL OR coalesce(next_attempt_at, '-infinity') <= clock_timestamp())) AS due
      FROM passes WHERE passes.platform = platforms.platform AND ($2::uuid[] IS NULL OR merchant_id = ANY ($2))
        AND ($3::uuid[] IS NULL OR card_id = ANY ($3)) AND ($4::boolean OR stale_since IS NOT NULL)
    ) AS passes ON true GROUP BY platforms.platform ORDER BY platforms.platform DESC`,
};

export interface WantedVolume {
  platforms: readonly Platform[];
  merchants: readonly string[] | undefined;
  cards: readonly string[] | undefined;
  full: boolean;
}

/** Counts the passes that a run with this scope would send. */
export async function readDueVolume(database: Knex, wanted: WantedVolume): Promise<DueVolume[]> {
  return execute<DueVolume>(database, volume, [wanted.platforms, wanted.merchants, wanted.cards, wanted.full]);
}
