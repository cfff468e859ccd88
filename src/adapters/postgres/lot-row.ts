import type { Lot } from '../../domain/ledger/posting.ts';

export interface LotRow {
  lot_id: string | null;
  entry_id: string;
  points: number;
  remaining: number;
  earned_at: Date;
  expires_at: Date | null;
  restored_from: string | null;
}

/** The columns of a {@link LotRow}. */
export const lotColumns =
  'lots.id AS lot_id, lots.entry_id, lots.points, lots.remaining, lots.earned_at, lots.expires_at, lots.restored_from';

/** The instant that is given, else the database's own clock; instants are kept to the millisecond. */
export const clock = (parameter: string): string =>
  `coalesce(${parameter}::timestamptz, date_trunc('milliseconds', clock_timestamp()))`;

/** One lot, or none: a left join gives a row without. */
export function toLot(row: LotRow): Lot[] {
  if (row.lot_id === null) return [];
  const { lot_id: id, entry_id: entryId, points, remaining } = row;
  return [
    {
      id,
      entryId,
      points,
      remaining,
      earnedAt: row.earned_at,
      expiresAt: row.expires_at,
      restoredFrom: row.restored_from,
    },
  ];
}
