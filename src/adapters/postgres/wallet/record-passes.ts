import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, type Statement } from '../statement.ts';

/** What came of a claimed pass. */
export interface PassRecord {
  merchantId: string;
  cardId: string;
  claim: string;
  claimedAt: Date;
  /** passes.wanted_version of what was sent. */
  version: number;
  /** The wallet has it. */
  synced: boolean;
  /** Customers were told. */
  notified: boolean;
  /** Whether a customer has it in a wallet; null: the answer does not say. `false` is heeded only of a pass that was saved when it was claimed. */
  saved: boolean | null;
  attempts: number;
  /** Not before; null: at once, once it is stale again; `infinity`: when the card changes. */
  nextAttemptAt: Date | 'infinity' | null;
  reason: string | null;
  message: string | null;
  /** What was sent may still arrive: nobody sends anything before the claim ends. */
  rests: boolean;
}

// A row that somebody else has locked is left for the next time: whoever waits for rows while he holds others may wait in a circle with a
// transaction of the ledger. What changed while it was sent is stale from the claim on, and has not failed for good.
const record: Statement = {
  name: 'wallet_passes_record',
  text: `
    WITH outcomes AS MATERIALIZED (
      SELECT * FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::bigint[], $7::boolean[], $8::boolean[], $9::boolean[],
          $10::integer[], $11::timestamptz[], $12::text[], $13::text[], $14::boolean[])
        AS outcome (merchant_id, card_id, claim, claimed_at, version, synced, notified, saved, attempts, next_attempt_at, reason, message, rests)
    ), free AS MATERIALIZED (
      SELECT passes.merchant_id, passes.card_id FROM passes JOIN outcomes
        ON passes.merchant_id = outcomes.merchant_id AND passes.card_id = outcomes.card_id
      WHERE platform = $1 AND claimed_by = claim FOR UPDATE OF passes SKIP LOCKED
    )
    UPDATE passes SET
      claimed_by = NULL,
      claimed_until = CASE WHEN rests THEN claimed_until END,
      synced_version = CASE WHEN synced THEN greatest(version, synced_version) ELSE synced_version END,
      synced_at = CASE WHEN synced THEN date_trunc('milliseconds', clock_timestamp()) ELSE synced_at END,
      stale_since = CASE WHEN NOT synced THEN stale_since WHEN wanted_version > version THEN claimed_at END,
      saved = CASE WHEN outcomes.saved IS NULL THEN passes.saved ELSE outcomes.saved END,
      notified_at = CASE WHEN notified THEN (passes.notified_at || clock_timestamp())[greatest(1, cardinality(passes.notified_at) - 1):] ELSE passes.notified_at END,
      attempts = outcomes.attempts,
      next_attempt_at = CASE WHEN wanted_version > version AND outcomes.next_attempt_at = 'infinity' THEN NULL ELSE outcomes.next_attempt_at END,
      last_reason = reason,
      last_error = message
    FROM outcomes JOIN free ON free.merchant_id = outcomes.merchant_id AND free.card_id = outcomes.card_id
    WHERE passes.merchant_id = outcomes.merchant_id AND passes.card_id = outcomes.card_id AND platform = $1 AND claimed_by = claim
    RETURNING passes.card_id AS "cardId"`,
};

const ours: Statement = {
  name: 'wallet_passes_ours',
  text: `
    SELECT passes.card_id AS "cardId" FROM passes JOIN unnest($2::uuid[], $3::uuid[], $4::text[]) AS outcome (merchant_id, card_id, claim)
      ON passes.merchant_id = outcome.merchant_id AND passes.card_id = outcome.card_id
    WHERE platform = $1 AND claimed_by = claim`,
};

/**
 * Writes outcomes of passes whose claims are still ours; those of others' are dropped, since somebody else has them.
 * @returns those that are ours and somebody has locked at the moment: to be written later.
 */
export async function recordPasses(
  database: Knex,
  platform: Platform,
  records: readonly PassRecord[],
): Promise<PassRecord[]> {
  const keys = (['merchantId', 'cardId', 'claim'] as const).map((name) => records.map((each) => each[name]));
  const values = (
    [
      'claimedAt',
      'version',
      'synced',
      'notified',
      'saved',
      'attempts',
      'nextAttemptAt',
      'reason',
      'message',
      'rests',
    ] as const
  ).map((name) => records.map((each) => each[name]));
  const written = await cardsOf(execute(database, record, [platform, ...keys, ...values]));
  if (written.size === records.length) return [];
  const left = await cardsOf(execute(database, ours, [platform, ...keys]));
  return records.filter(({ cardId }) => left.has(cardId));
}

async function cardsOf(rows: Promise<{ cardId: string }[]>): Promise<Set<string>> {
  return new Set((await rows).map(({ cardId }) => cardId));
}
