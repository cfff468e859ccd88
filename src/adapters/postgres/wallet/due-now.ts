import type { Knex } from 'knex';
import type { Platform } from '../../../domain/wallet/pass-content.ts';
import { execute, type Statement } from '../statement.ts';
import type { CardKey } from './claims.ts';

const set = 'next_attempt_at = NULL, stale_since = least(stale_since, clock_timestamp())';

// One platform at a time and nobody waited for: a transaction of the ledger changes both passes of a card.
const dueCards: Statement = {
  name: 'wallet_due_now_cards',
  text: `
    WITH next AS MATERIALIZED (
      SELECT passes.merchant_id, passes.card_id FROM passes JOIN unnest($2::uuid[], $3::uuid[]) AS wanted (merchant_id, card_id)
        ON passes.merchant_id = wanted.merchant_id AND passes.card_id = wanted.card_id
      WHERE platform = $1 AND stale_since IS NOT NULL FOR UPDATE OF passes SKIP LOCKED
    )
    UPDATE passes SET ${set} FROM next
    WHERE passes.merchant_id = next.merchant_id AND passes.card_id = next.card_id AND platform = $1 RETURNING passes.card_id`,
};

const dueMerchants: Statement = {
  name: 'wallet_due_now_merchants',
  text: `
    WITH next AS MATERIALIZED (
      SELECT merchant_id, card_id FROM passes WHERE platform = $1 AND merchant_id = ANY ($2::uuid[]) AND stale_since IS NOT NULL
        AND (next_attempt_at IS NOT NULL OR stale_since > clock_timestamp()) FOR UPDATE SKIP LOCKED
    )
    UPDATE passes SET ${set} FROM next
    WHERE passes.merchant_id = next.merchant_id AND passes.card_id = next.card_id AND platform = $1`,
};

const staleOfMerchants: Statement = {
  name: 'wallet_stale_of_merchants',
  text: `SELECT count(*) AS passes FROM passes WHERE platform = $1 AND merchant_id = ANY ($2::uuid[]) AND stale_since IS NOT NULL`,
};

/** Has the stale passes of cards sent with the next claim, however long they were to wait. @returns how many there are. */
export async function dueNowOfCards(database: Knex, platform: Platform, cards: readonly CardKey[]): Promise<number> {
  const ids = [cards.map(({ merchantId }) => merchantId), cards.map(({ cardId }) => cardId)];
  return (await execute(database, dueCards, [platform, ...ids])).length;
}

/** As {@link dueNowOfCards}, of all cards of merchants. */
export async function dueNowOfMerchants(
  database: Knex,
  platform: Platform,
  merchants: readonly string[],
): Promise<number> {
  await execute(database, dueMerchants, [platform, merchants]);
  const [row] = await execute<{ passes: number }>(database, staleOfMerchants, [platform, merchants]);
  return row?.passes ?? 0;
}

const findCards: Statement = {
  name: 'wallet_cards_by_id',
  text: 'SELECT merchant_id AS "merchantId", id AS "cardId" FROM cards WHERE id = ANY ($1::uuid[]) ORDER BY merchant_id, id',
};

/** The cards of these ids, whosever they are; those that are not there are left out. */
export async function findCardsById(database: Knex, ids: readonly string[]): Promise<CardKey[]> {
  return execute<CardKey>(database, findCards, [ids]);
}

const failed: Statement = {
  name: 'wallet_failed_cards',
  text: `SELECT DISTINCT merchant_id AS "merchantId", card_id AS "cardId" FROM run_failures
    WHERE run_id = $1 AND card_id IS NOT NULL AND platform IS NOT NULL AND ($2::text IS NULL OR platform = $2)
    ORDER BY merchant_id, card_id`,
};

/** The cards of which passes failed in a run. */
export async function failedCardsOf(database: Knex, runId: string, platform: Platform | undefined): Promise<CardKey[]> {
  return execute<CardKey>(database, failed, [runId, platform]);
}

// Devices would not fetch what has the version that they have, so it gets another one. What was synced since the instant is not sent once more: a run that goes on after a kill begins here again.
const again: Statement = {
  name: 'wallet_send_again',
  text: `
    WITH next AS MATERIALIZED (
      SELECT merchant_id, card_id FROM passes WHERE platform = $1 AND (merchant_id, card_id) > ($2::uuid, $3::uuid)
        AND ($4::uuid[] IS NULL OR merchant_id = ANY ($4)) AND ($5::uuid[] IS NULL OR card_id = ANY ($5))
      ORDER BY merchant_id, card_id LIMIT $7 FOR UPDATE
    ), marked AS (
      UPDATE passes SET wanted_version = CASE WHEN stale_since IS NULL THEN wanted_version + 1 ELSE wanted_version END,
        modified_at = CASE WHEN stale_since IS NULL
          THEN greatest(date_trunc('seconds', clock_timestamp()), modified_at + interval '1 second') ELSE modified_at END,
        changed_xid = CASE WHEN stale_since IS NULL THEN pg_current_xact_id() ELSE changed_xid END,
        stale_since = coalesce(least(stale_since, clock_timestamp()), clock_timestamp()), next_attempt_at = NULL
      FROM next WHERE passes.merchant_id = next.merchant_id AND passes.card_id = next.card_id AND platform = $1
        AND (stale_since IS NOT NULL OR voided_at IS NULL AND (synced_at IS NULL OR synced_at < $6::timestamptz))
    )
    SELECT merchant_id AS "merchantId", card_id AS "cardId" FROM next ORDER BY merchant_id DESC, card_id DESC LIMIT 1`,
};

export interface SendAgain {
  platform: Platform;
  merchants: readonly string[] | undefined;
  cards: readonly string[] | undefined;
  /** Passes that were synced since then are left alone. */
  since: Date;
  limit: number;
}

/** Makes passes stale although their wallets have them, so many at once. @returns behind which to go on; undefined: there are no more. */
export async function sendAgain(
  database: Knex,
  { platform, merchants, cards, since, limit }: SendAgain,
  { merchantId, cardId }: CardKey,
): Promise<CardKey | undefined> {
  const values = [platform, merchantId, cardId, merchants, cards, since, limit];
  return (await execute<CardKey>(database, again, values))[0];
}
