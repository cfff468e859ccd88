import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';

export interface HeededCallback {
  nonce: string;
  objectId: string;
  /** Whether a customer has the object now. */
  saved: boolean;
}

// What nobody had is brought up to date rarely: once somebody has it, at once.
const record: Statement = {
  name: 'wallet_google_callback',
  text: `
    WITH heeded AS (
      INSERT INTO google_callbacks (nonce) VALUES ($1) ON CONFLICT (nonce) DO NOTHING RETURNING nonce
    ), pass AS (
      UPDATE passes SET saved = $3, next_attempt_at = CASE WHEN $3 THEN NULL ELSE next_attempt_at END
      FROM heeded WHERE object_id = $2 AND platform = 'google'
      RETURNING card_id
    )
    SELECT EXISTS (SELECT FROM heeded) AS heeded, (SELECT card_id FROM pass LIMIT 1) AS "cardId"`,
};

/**
 * Heeds a callback once: the pass is saved, or no longer.
 * @returns whether it was not heeded before; and the card, null when there is no such pass
 */
export async function recordCallback(
  database: Knex,
  { nonce, objectId, saved }: HeededCallback,
): Promise<{ heeded: boolean; cardId: string | null }> {
  const [row] = await execute<{ heeded: boolean; cardId: string | null }>(database, record, [nonce, objectId, saved]);
  return row ?? { heeded: false, cardId: null };
}

const sweep: Statement = {
  name: 'wallet_google_callbacks_sweep',
  text: `
    DELETE FROM google_callbacks WHERE nonce IN (
      SELECT nonce FROM google_callbacks WHERE received_at < $1 ORDER BY received_at LIMIT $2 FOR UPDATE SKIP LOCKED
    ) RETURNING nonce`,
};

/** Forgets nonces of before an instant, so many at most. @returns how many there were */
export async function sweepCallbacks(database: Knex, before: Date, limit: number): Promise<number> {
  return (await execute(database, sweep, [before, limit])).length;
}
