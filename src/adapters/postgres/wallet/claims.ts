import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, type Statement } from '../statement.ts';
import { isDue } from './due-merchants.ts';

/** A pass that nobody else sends until the claim ends. */
export interface ClaimedPass {
  merchantId: string;
  cardId: string;
  programId: string;
  objectId: string;
  /** Outcomes in a row that counted as attempts, before this one. */
  attempts: number;
  saved: boolean;
  /** Updates that customers were told of in the last 24 hours. */
  notified: number;
  /** Only its look has changed: nothing that a customer is to be told of. */
  restyled: boolean;
  claimedAt: Date;
}

/** Seconds that a claim lasts. */
export const claimSeconds = 60;

const claimed = `
    UPDATE passes SET claimed_by = $2, claimed_until = clock_timestamp() + ${claimSeconds} * interval '1 second'
    FROM next JOIN cards ON cards.merchant_id = next.merchant_id AND cards.id = next.card_id
    WHERE passes.merchant_id = next.merchant_id AND passes.card_id = next.card_id AND passes.platform = $1
    RETURNING passes.merchant_id AS "merchantId", passes.card_id AS "cardId", cards.program_id AS "programId", object_id AS "objectId",
      attempts, saved, (SELECT count(*) FROM unnest(notified_at) AS at WHERE at > clock_timestamp() - interval '24 hours') AS notified,
      stale_since > clock_timestamp() AS restyled, date_trunc('milliseconds', clock_timestamp()) AS "claimedAt"`;

// The ordered and limited part is done merchant by merchant through the index; what others are about to claim is passed over.
const ofMerchants: Statement = {
  name: 'wallet_claim',
  text: `
    WITH next AS MATERIALIZED (
      SELECT due.merchant_id, due.card_id FROM unnest($4::uuid[]) AS merchants (id), LATERAL (
        SELECT merchant_id, card_id FROM passes WHERE platform = $1 AND merchant_id = merchants.id AND ${isDue('$3')}
        ORDER BY coalesce(next_attempt_at, '-infinity'), stale_since LIMIT $5 FOR UPDATE SKIP LOCKED
      ) AS due
    ) ${claimed}`,
};

const ofCards: Statement = {
  name: 'wallet_claim_cards',
  text: `
    WITH next AS MATERIALIZED (
      SELECT passes.merchant_id, passes.card_id FROM passes
        JOIN unnest($4::uuid[], $5::uuid[]) AS wanted (merchant_id, card_id)
          ON wanted.merchant_id = passes.merchant_id AND wanted.card_id = passes.card_id
      WHERE platform = $1 AND ${isDue('$3')} FOR UPDATE OF passes SKIP LOCKED
    ) ${claimed}`,
};

export interface WantedClaim {
  platform: Platform;
  /** Another one for each claim. */
  claim: string;
  /** Passes that were to be tried by then. */
  until: Date;
}

/** Claims so many passes of each of these merchants, what changed before what only looks otherwise, the longest stale first. */
export async function claimOfMerchants(
  database: Knex,
  { platform, claim, until }: WantedClaim,
  merchants: readonly string[],
  ofEach: number,
): Promise<ClaimedPass[]> {
  return execute<ClaimedPass>(database, ofMerchants, [platform, claim, until, merchants, ofEach]);
}

export interface CardKey {
  merchantId: string;
  cardId: string;
}

/** Claims the passes of these cards that may be sent. */
export async function claimOfCards(
  database: Knex,
  { platform, claim, until }: WantedClaim,
  cards: readonly CardKey[],
): Promise<ClaimedPass[]> {
  const ids = [cards.map(({ merchantId }) => merchantId), cards.map(({ cardId }) => cardId)];
  return execute<ClaimedPass>(database, ofCards, [platform, claim, until, ...ids]);
}

const release: Statement = {
  name: 'wallet_claim_release',
  text: `
    UPDATE passes SET claimed_by = NULL, claimed_until = NULL
    FROM unnest($2::uuid[], $3::uuid[], $4::text[]) AS left_over (merchant_id, card_id, claim)
    WHERE passes.merchant_id = left_over.merchant_id AND passes.card_id = left_over.card_id AND platform = $1 AND claimed_by = claim`,
};

/** Gives back claims of passes of which nothing was sent. */
export async function releaseClaims(
  database: Knex,
  platform: Platform,
  passes: readonly (CardKey & { claim: string })[],
): Promise<void> {
  if (passes.length === 0) return;
  const columns = (['merchantId', 'cardId', 'claim'] as const).map((name) => passes.map((pass) => pass[name]));
  await execute(database, release, [platform, ...columns]);
}
