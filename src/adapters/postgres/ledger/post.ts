import type { Knex } from 'knex';
import type { Posting } from '../../../domain/ledger/posting.ts';
import { execute, type Statement } from '../statement.ts';
import { staleSince } from '../wallet/stale.ts';
import type { LedgerEntry, StoredCard } from './card.ts';
import { entryColumns, type EntryRow, toEntry } from './entries.ts';

// The whole posting at once. The parts do not see each other's rows, only what RETURNING hands on, and foreign keys are checked
// when all have been written. Values of changed lots are looked up by position: a join would let the planner read all lots of a merchant.
const post: Statement = {
  name: 'ledger_post',
  text: `
    WITH entry AS (
      INSERT INTO entries (merchant_id, card_id, card_version, kind, points, balance_after, occurred_at, actor, reason, reference, run_id, reverses)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
      RETURNING ${entryColumns}
    ), changed_lots AS (
      UPDATE lots SET
        remaining = remaining + ($15::bigint[])[array_position($14::uuid[], id)],
        expires_at = ($16::timestamptz[])[array_position($14::uuid[], id)]
      WHERE merchant_id = $1 AND id = ANY ($14::uuid[])
    ), moves AS (
      INSERT INTO lot_moves (merchant_id, entry_id, lot_id, points)
      SELECT $1, entry.id, change.lot_id, change.points
      FROM entry, unnest($14::uuid[], $15::bigint[]) AS change (lot_id, points)
      WHERE change.points <> 0
    ), new_lots AS (
      INSERT INTO lots (merchant_id, card_id, entry_id, points, remaining, earned_at, expires_at, restored_from)
      SELECT $1, $2, entry.id, lot.points, lot.points, lot.earned_at, lot.expires_at, lot.restored_from
      FROM entry, unnest($17::bigint[], $18::timestamptz[], $19::timestamptz[], $20::uuid[])
        AS lot (points, earned_at, expires_at, restored_from)
    ), card AS (
      UPDATE cards SET balance = $6, version = $3, last_activity_at = $13 WHERE merchant_id = $1 AND id = $2
    ), stale AS (
      UPDATE passes SET ${staleSince('$3', '$7::timestamptz')}
      WHERE merchant_id = $1 AND card_id = $2 AND voided_at IS NULL
    )
    SELECT ${entryColumns} FROM entry`,
};

/** Writes a posting of a card that this transaction has locked: entry, moves, lots, the card, and that its passes are stale. */
export async function postEntry(
  database: Knex,
  card: Pick<StoredCard, 'merchantId' | 'id' | 'version'>,
  { entry, lotChanges, newLots, balance, lastActivityAt, occurredAt }: Posting,
  runId: string | null = null,
): Promise<LedgerEntry> {
  const { kind, points, actor, reason, reference, reverses } = entry;
  const ofCard = [card.merchantId, card.id, card.version + 1];
  const ofEntry = [kind, points, balance, occurredAt, actor, reason, reference, runId, reverses, lastActivityAt];
  const ofChanges = [
    lotChanges.map(({ lotId }) => lotId),
    lotChanges.map((change) => change.points),
    lotChanges.map(({ expiresAt }) => expiresAt),
  ];
  const ofNewLots = [
    newLots.map((lot) => lot.points),
    newLots.map(({ earnedAt }) => earnedAt),
    newLots.map(({ expiresAt }) => expiresAt),
    newLots.map(({ restoredFrom }) => restoredFrom),
  ];
  const [row] = await execute<EntryRow>(database, post, [...ofCard, ...ofEntry, ...ofChanges, ...ofNewLots]);
  if (row === undefined) throw new Error('ledger_post answered no entry; the one it wrote was expected');
  return toEntry(row);
}
