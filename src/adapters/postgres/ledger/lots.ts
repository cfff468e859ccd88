import type { Knex } from 'knex';
import type { Lot, Posting } from '../../../domain/ledger/posting.ts';
import { clock, lotColumns, type LotRow, toLot } from '../lot-row.ts';
import { execute, type Statement } from '../statement.ts';

/** The lots of a card that have anything remaining, and the instant of the change: the one that is given or the database's clock. */
export const openLots: Statement = {
  name: 'ledger_open_lots',
  text: `SELECT clock.now, ${lotColumns} FROM (SELECT ${clock('$3')} AS now) AS clock
    LEFT JOIN lots ON lots.merchant_id = $1 AND lots.card_id = $2 AND lots.remaining > 0
    ORDER BY lots.expires_at NULLS LAST, lots.earned_at, lots.id`,
};

const lotsOfEntry: Statement = {
  name: 'ledger_lots_of_entry',
  text: `SELECT ${lotColumns} FROM lots WHERE lots.merchant_id = $1 AND lots.entry_id = $2
    UNION ALL
    SELECT ${lotColumns} FROM lot_moves JOIN lots ON lots.merchant_id = lot_moves.merchant_id AND lots.id = lot_moves.lot_id
    WHERE lot_moves.merchant_id = $1 AND lot_moves.entry_id = $2`,
};

export type OpenLotRow = LotRow & { now: Date };

/** What {@link openLots} answered. */
export function openLotsIn(rows: readonly OpenLotRow[]): { lots: Lot[]; instant: Date } {
  const [first] = rows;
  if (first === undefined)
    throw new Error('ledger_open_lots answered no row; at least one, with the clock, was expected');
  return { lots: rows.flatMap(toLot), instant: first.now };
}

/** The lots that an entry made or moved, whatever remains in them. */
export async function readLotsOfEntry(database: Knex, merchantId: string, entryId: string): Promise<Lot[]> {
  return (await execute<LotRow>(database, lotsOfEntry, [merchantId, entryId])).flatMap(toLot);
}

/** The lots that have anything remaining after a posting. The new ones have no id: they are for looking at. */
export function lotsAfter(lots: readonly Lot[], { lotChanges, newLots }: Posting): Lot[] {
  const changes = new Map(lotChanges.map((change) => [change.lotId, change]));
  const kept = lots.map((lot) => {
    const change = changes.get(lot.id);
    return change ? { ...lot, remaining: lot.remaining + change.points, expiresAt: change.expiresAt } : lot;
  });
  const made = newLots.map((lot) => ({ ...lot, id: '', entryId: '', remaining: lot.points }));
  return [...kept, ...made].filter(({ remaining }) => remaining > 0);
}
