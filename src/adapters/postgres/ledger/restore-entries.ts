import type { Knex } from 'knex';
import { expiryInstant } from '../../../domain/ledger/expiry.ts';
import type { Cause } from '../../../domain/ledger/posting.ts';
import { type Refusal, type RefusalCode } from '../../../domain/ledger/refusal.ts';
import { maximumPoints, refusePastExpiry } from '../../../domain/ledger/rules.ts';
import { execute, type Statement } from '../statement.ts';
import { staleSince } from '../wallet/stale.ts';
import { type TermsRow, toTerms } from './card.ts';
import { clock } from '../lot-row.ts';

const lockCards: Statement = {
  name: 'ledger_lock_cards_of_entries',
  text: `SELECT id FROM cards
    WHERE merchant_id = $1
      AND id = ANY (ARRAY(SELECT card_id FROM entries WHERE merchant_id = $1 AND id = ANY ($2::uuid[])))
    ORDER BY id FOR UPDATE`,
};

const readTerms: Statement = {
  name: 'ledger_terms_of_merchant',
  text: `SELECT ${clock('$2')} AS now, merchants.timezone, programs.id, programs.expiry_mode, programs.expiry_days, programs.expiry_rounding
    FROM merchants JOIN programs ON programs.merchant_id = merchants.id WHERE merchants.id = $1`,
};

// The rule of the domain's decideRestore, for many entries. Those of one card follow each other in the order they were written; the
// sum before the limit is a prefix of them, so that versions have no gap.
const restoreAll: Statement = {
  name: 'ledger_restore_entries',
  text: `
    WITH wanted AS MATERIALIZED (
      SELECT entries.id, entries.card_id, -entries.points AS points, uuid_v7() AS entry_id, cards.status, program.expires_at,
        cards.version + row_number() OVER so_far AS version, cards.balance + sum(-entries.points) OVER so_far AS balance
      FROM entries
        JOIN cards ON cards.merchant_id = $1 AND cards.id = entries.card_id
        JOIN unnest($3::uuid[], $4::timestamptz[]) AS program (id, expires_at) ON program.id = cards.program_id
      WHERE entries.merchant_id = $1 AND entries.id = ANY ($2::uuid[]) AND entries.kind = 'expire'
        AND NOT EXISTS (SELECT FROM entries AS reversal WHERE reversal.merchant_id = $1 AND reversal.reverses = entries.id)
      WINDOW so_far AS (PARTITION BY entries.card_id ORDER BY entries.card_version)
    ), restored AS MATERIALIZED (
      SELECT * FROM wanted WHERE status <> 'closed' AND balance <= ${maximumPoints}
    ), entry AS (
      INSERT INTO entries (merchant_id, id, card_id, card_version, kind, points, balance_after, occurred_at, actor, reason, reference, run_id, reverses)
      SELECT $1, entry_id, card_id, version, 'restore', points, balance, $5, $6, $7, $8, $9, id FROM restored
    ), lot AS (
      INSERT INTO lots (merchant_id, card_id, entry_id, points, remaining, earned_at, expires_at, restored_from)
      SELECT $1, card_id, entry_id, points, points, $5, expires_at, id FROM restored
    ), total AS MATERIALIZED (
      SELECT card_id, max(version) AS version, max(balance)::bigint AS balance FROM restored GROUP BY card_id
    ), card AS (
      UPDATE cards SET balance = total.balance, version = total.version FROM total WHERE merchant_id = $1 AND id = total.card_id
    ), stale AS (
      UPDATE passes SET ${staleSince('total.version', '$5::timestamptz')}
      FROM total WHERE merchant_id = $1 AND passes.card_id = total.card_id AND voided_at IS NULL
    )
    SELECT (SELECT count(*) FROM total) AS cards, count(*) AS entries, coalesce(sum(points), 0)::text AS points,
      (SELECT coalesce(json_agg(json_build_object('entryId', id, 'cardId', card_id, 'code',
          CASE status WHEN 'closed' THEN 'card-closed' ELSE 'balance-limit' END)), '[]')
        FROM wanted WHERE status = 'closed' OR balance > ${maximumPoints}) AS refused
    FROM restored`,
};

export interface RestoreEntries extends Cause {
  merchantId: string;
  /** Expire entries of any of the merchant's cards. Others, and those that are restored already, are passed over. */
  entryIds: readonly string[];
  /** When the restored points expire; absent, after the full period of each card's program from now; null, never. */
  expiresAt?: Date | null | undefined;
  runId: string | null;
  /** When it happens; absent: the database's clock. */
  now?: Date | undefined;
}

export interface RestoredEntries {
  cards: number;
  entries: number;
  points: bigint;
  refused: { entryId: string; cardId: string; code: RefusalCode }[];
}

/** Brings the points of many expire entries back, as `restore` does for one card. A refusal is of the whole. Needs a transaction. */
export async function restoreEntries(database: Knex, change: RestoreEntries): Promise<RestoredEntries | Refusal> {
  const { merchantId, entryIds } = change;
  await execute(database, lockCards, [merchantId, entryIds]);
  const terms = await execute<TermsRow & { now: Date; timezone: string; id: string }>(database, readTerms, [
    merchantId,
    change.now,
  ]);
  const [first] = terms;
  if (first === undefined) return { cards: 0, entries: 0, points: 0n, refused: [] };
  const { now } = first;
  const refusal = refusePastExpiry(change.expiresAt, now);
  if (refusal !== undefined) return refusal;
  const programs = terms.map((row) => ({
    id: row.id,
    expiresAt: change.expiresAt === undefined ? expiryInstant(now, toTerms(row), row.timezone) : change.expiresAt,
  }));
  return writeRestorations(database, { ...change, programs, now });
}

/** What is to be written of cards that this transaction has locked. `programs`: when points of their cards expire that come back. */
interface Restorations extends Cause {
  merchantId: string;
  entryIds: readonly string[];
  programs: readonly { id: string; expiresAt: Date | null }[];
  runId: string | null;
  now: Date;
}

/**
 * Writes them, each card once: a transaction that updates a row a second time locks what its foreign keys point to, and whoever erases
 * the customer at the same time would wait for it in a circle.
 */
export async function writeRestorations(database: Knex, change: Restorations): Promise<RestoredEntries> {
  const { merchantId, entryIds, programs, now, actor, reason, reference, runId } = change;
  const expiries = programs.map(({ expiresAt }) => expiresAt);
  const ids = programs.map(({ id }) => id);
  const values = [merchantId, entryIds, ids, expiries, now, actor, reason, reference, runId];
  const [row] = await execute<Omit<RestoredEntries, 'points'> & { points: string }>(database, restoreAll, values);
  if (row === undefined) throw new Error('ledger_restore_entries answered no row; one with sums was expected');
  return { ...row, points: BigInt(row.points) };
}
