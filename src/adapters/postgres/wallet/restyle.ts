import type { Knex } from 'knex';
import { execute, type Statement } from '../statement.ts';
import type { ProgramKey } from './program-content.ts';

/** A program whose passes do not all know yet that they are to look otherwise. */
export interface ChangedProgram extends ProgramKey {
  /** The card up to which passes are marked; null: none is. */
  cursor: string | null;
}

const changed: Statement = {
  name: 'wallet_programs_changed',
  text: `
    SELECT merchant_id AS "merchantId", id AS "programId", wallet_mark_cursor AS cursor
    FROM programs WHERE wallet_marked_version < wallet_version AND ($1::uuid[] IS NULL OR merchant_id = ANY ($1))
    ORDER BY merchant_id, id LIMIT 1`,
};

/** The first changed program of these merchants (undefined: of all). */
export async function nextChangedProgram(
  database: Knex,
  merchants: readonly string[] | undefined,
): Promise<ChangedProgram | undefined> {
  return (await execute<ChangedProgram>(database, changed, [merchants]))[0];
}

/**
 * When the new look is due, by platform. iPhones are told of it once in so long, since iOS slows a pass type down that pushes too often.
 * Google takes it at once, but behind every change of points, and at its rate a large program needs hours: it ages only after a day.
 */
const coalesced = { apple: '2 hours', google: '24 hours' } as const;

// Cards are locked in the order in which the ledger locks them, so that it waits and nobody waits in a circle.
// A pass that is stale already is sent with its new look anyway; what waits for a change is tried with the next turn of its wallet.
const batch: Statement = {
  name: 'wallet_programs_mark',
  text: `
    WITH program AS MATERIALIZED (
      SELECT merchant_id, id, wallet_mark_cursor FROM programs
      WHERE merchant_id = $1 AND id = $2 AND wallet_mark_cursor IS NOT DISTINCT FROM $3::uuid FOR UPDATE
    ), next AS MATERIALIZED (
      SELECT cards.id, cards.program_id FROM program JOIN cards ON cards.merchant_id = program.merchant_id
        AND cards.id > coalesce(wallet_mark_cursor, '00000000-0000-0000-0000-000000000000')
      ORDER BY cards.id LIMIT $4 FOR NO KEY UPDATE OF cards
    ), marked AS (
      UPDATE passes SET wanted_version = wanted_version + 1,
        stale_since = coalesce(stale_since, clock_timestamp() + CASE platform WHEN 'apple' THEN interval '${coalesced.apple}' ELSE interval '${coalesced.google}' END),
        next_attempt_at = CASE
          WHEN stale_since IS NOT NULL AND next_attempt_at IS DISTINCT FROM 'infinity' THEN next_attempt_at
          WHEN platform = 'apple' THEN clock_timestamp() + interval '${coalesced.apple}'
          ELSE greatest(nullif(next_attempt_at, 'infinity'), $5::timestamptz) END,
        modified_at = greatest(date_trunc('seconds', clock_timestamp()), modified_at + interval '1 second'),
        changed_xid = pg_current_xact_id()
      FROM next WHERE passes.merchant_id = $1 AND passes.card_id = next.id AND next.program_id = $2 AND voided_at IS NULL
      RETURNING platform
    ), class AS (
      UPDATE google_classes SET next_attempt_at = NULL
      WHERE merchant_id = $1 AND program_id = $2 AND $3::uuid IS NULL AND EXISTS (SELECT FROM program)
    ), moved AS (
      UPDATE programs SET wallet_mark_cursor = (SELECT max(id::text)::uuid FROM next),
        wallet_marking_version = CASE WHEN $3::uuid IS NULL THEN wallet_version ELSE wallet_marking_version END
      FROM program
      WHERE programs.merchant_id = program.merchant_id AND programs.id = program.id AND EXISTS (SELECT FROM next)
    )
    SELECT (SELECT count(*) FROM program) AS programs, (SELECT count(*) FROM next) AS cards, (SELECT max(id::text) FROM next) AS cursor,
      (SELECT count(*) FROM marked) AS passes, EXISTS (SELECT FROM marked WHERE platform = 'google') AS google`,
};

export interface Marked {
  /** 0: somebody else has moved the cursor. */
  programs: number;
  /** Cards that were looked at; 0: there are no more. */
  cards: number;
  cursor: string | null;
  passes: number;
  /** Some of them are of Google. */
  google: boolean;
}

/** Marks the passes of the next cards behind the cursor, and moves it. `due`: when those of Google may be sent. */
export async function markPasses(
  database: Knex,
  { merchantId, programId, cursor }: ChangedProgram,
  { limit, due }: { limit: number; due: Date },
): Promise<Marked> {
  const [marked] = await execute<Marked>(database, batch, [merchantId, programId, cursor, limit, due]);
  if (marked === undefined) throw new Error('wallet_programs_mark answered no row; one was expected');
  return marked;
}

const finish: Statement = {
  name: 'wallet_programs_marked',
  text: `
    UPDATE programs SET wallet_mark_cursor = NULL, wallet_marking_version = NULL,
      wallet_marked_version = CASE WHEN $3::uuid IS NULL THEN wallet_version ELSE coalesce(wallet_marking_version, wallet_marked_version) END
    WHERE merchant_id = $1 AND id = $2 AND wallet_mark_cursor IS NOT DISTINCT FROM $3::uuid`,
};

/** Every pass is marked for the version that the program had when the first was; a later one begins anew. */
export async function finishMarking(database: Knex, { merchantId, programId, cursor }: ChangedProgram): Promise<void> {
  await execute(database, finish, [merchantId, programId, cursor]);
}
