import type { Knex } from 'knex';
import { execute } from '../statement.ts';

/** What was answered under each Idempotency-Key, kept for 48 hours. */

/** Whose key it is, and which. */
export interface IdempotencyKey {
  /** Undefined: of an admin key. */
  merchantId: string | undefined;
  apiKeyId: string;
  key: string;
}

export interface StoredAnswer {
  /** SHA-256 of the request that it was the answer to. */
  fingerprint: Buffer;
  status: number;
  headers: Record<string, string>;
  /** JSON; null: there was no body. */
  body: string | null;
}

/** The merchant of admin keys, which belong to none. */
export const noMerchant = '00000000-0000-0000-0000-000000000000';

function identity({ merchantId, apiKeyId, key }: IdempotencyKey): [string, string, string] {
  return [merchantId ?? noMerchant, apiKeyId, key];
}

const claim = {
  name: 'claim-idempotency-key',
  text: `
    INSERT INTO idempotency_keys (merchant_id, api_key_id, key, fingerprint) VALUES ($1, $2, $3, $4)
    ON CONFLICT (merchant_id, api_key_id, key) DO NOTHING RETURNING true AS claimed`,
};

/**
 * Claims the key within the transaction of its request. While another transaction holds it, this waits for that one's end.
 * @returns false: it has been used; {@link findAnswer} has what for.
 */
export async function claimKey(transaction: Knex, key: IdempotencyKey, fingerprint: Buffer): Promise<boolean> {
  const rows = await execute(transaction, claim, [...identity(key), fingerprint]);
  return rows.length > 0;
}

const store = {
  name: 'store-answer-under-idempotency-key',
  text: `
    UPDATE idempotency_keys SET status = $4, headers = $5, body = $6
    WHERE merchant_id = $1 AND api_key_id = $2 AND key = $3`,
};

/** Stores the answer under a key that this transaction has claimed. */
export async function storeAnswer(
  transaction: Knex,
  key: IdempotencyKey,
  { status, headers, body }: Omit<StoredAnswer, 'fingerprint'>,
): Promise<void> {
  await execute(transaction, store, [...identity(key), status, JSON.stringify(headers), body]);
}

const storeRefused = {
  name: 'store-refusal-under-idempotency-key',
  text: `
    INSERT INTO idempotency_keys (merchant_id, api_key_id, key, fingerprint, status, headers, body)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (merchant_id, api_key_id, key) DO NOTHING RETURNING true AS stored`,
};

/** Stores a refusal, whose transaction was rolled back. @returns false: the key has been used meanwhile. */
export async function storeRefusal(database: Knex, key: IdempotencyKey, answer: StoredAnswer): Promise<boolean> {
  const { fingerprint, status, headers, body } = answer;
  const values = [...identity(key), fingerprint, status, JSON.stringify(headers), body];
  return (await execute(database, storeRefused, values)).length > 0;
}

const find = {
  name: 'find-answer-under-idempotency-key',
  text: `
    SELECT fingerprint, status, headers, body FROM idempotency_keys
    WHERE merchant_id = $1 AND api_key_id = $2 AND key = $3 AND status IS NOT NULL`,
};

export async function findAnswer(database: Knex, key: IdempotencyKey): Promise<StoredAnswer | undefined> {
  const [found] = await execute<StoredAnswer>(database, find, identity(key));
  return found;
}

const sweep = {
  name: 'sweep-idempotency-keys',
  text: `
    DELETE FROM idempotency_keys WHERE ctid = ANY (ARRAY (
      SELECT ctid FROM idempotency_keys WHERE created_at < $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))
    RETURNING true AS swept`,
};

/** Removes at most `limit` keys from before that instant. @returns how many. */
export async function sweepKeys(database: Knex, before: Date, limit: number): Promise<number> {
  return (await execute(database, sweep, [before, limit])).length;
}
