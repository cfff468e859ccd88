import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, type Statement } from '../statement.ts';

/** SQL: whether the pass may be sent, when the parameter is the instant until which passes are due. */
export const isDue = (until: string): string =>
  `stale_since IS NOT NULL AND coalesce(next_attempt_at, '-infinity') <= ${until}::timestamptz
      AND (claimed_until IS NULL OR claimed_until < clock_timestamp())`;

// A loose index scan: one probe for each merchant, however many passes he has. Those who have only passes that wait are passed over.
const merchants: Statement = {
  name: 'wallet_merchants_due',
  text: `
    WITH RECURSIVE stale AS (
      (SELECT merchant_id FROM passes WHERE platform = $1 AND stale_since IS NOT NULL AND merchant_id > $2 ORDER BY merchant_id LIMIT 1)
      UNION ALL
      SELECT (SELECT merchant_id FROM passes WHERE platform = $1 AND stale_since IS NOT NULL AND merchant_id > stale.merchant_id
        ORDER BY merchant_id LIMIT 1) FROM stale WHERE stale.merchant_id IS NOT NULL
    )
    SELECT merchant_id AS id FROM stale WHERE merchant_id IS NOT NULL AND EXISTS (
      SELECT FROM passes WHERE platform = $1 AND passes.merchant_id = stale.merchant_id AND ${isDue('$3')}
    ) LIMIT $4`,
};

export interface WantedMerchants {
  platform: Platform;
  /** The merchant behind whom they begin; undefined: with the first. */
  after: string | undefined;
  /** Passes that were to be tried by then. */
  until: Date;
  limit: number;
}

const nil = '00000000-0000-0000-0000-000000000000';

/** The next merchants with passes that may be sent, in the order of their ids. */
export async function merchantsDue(database: Knex, wanted: WantedMerchants): Promise<string[]> {
  const { platform, after = nil, until, limit } = wanted;
  return (await execute<{ id: string }>(database, merchants, [platform, after, until, limit])).map(({ id }) => id);
}
