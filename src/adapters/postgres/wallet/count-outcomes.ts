import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import type { WalletOutcome } from '../../../domain/wallet/retry.ts';
import { execute, type Statement } from '../statement.ts';

const count: Statement = {
  name: 'wallet_outcomes_count',
  text: `
    INSERT INTO wallet_outcomes AS outcomes (platform, outcome, requests)
    SELECT $1, * FROM unnest($2::text[], $3::bigint[]) AS counted (outcome, requests) ORDER BY outcome
    ON CONFLICT (platform, outcome) DO UPDATE SET requests = outcomes.requests + excluded.requests`,
};

/** Adds to what `loyalty_wallet_requests_total` shows: passes that were sent, by outcome; by Apple pushes. */
export async function countOutcomes(
  database: Knex,
  platform: Platform,
  counts: ReadonlyMap<WalletOutcome, number>,
): Promise<void> {
  if (counts.size > 0) await execute(database, count, [platform, [...counts.keys()], [...counts.values()]]);
}
