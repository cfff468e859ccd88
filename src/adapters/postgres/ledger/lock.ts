import type { Knex } from 'knex';
import type { Lot } from '../../../domain/ledger/posting.ts';
import { executeInTurn, type Statement } from '../statement.ts';
import { cardColumns, type CardRow, cardTables, type StoredCard, toCard } from './card.ts';
import { openLots, openLotsIn, type OpenLotRow } from './lots.ts';

// One statement, and nothing is written in it: whoever waited for the lock reads lots in a statement of its own, which sees
// what was committed meanwhile. Locked in a CTE of the statement that also writes, the ledger came apart.
const lock: Statement = {
  name: 'ledger_lock_card',
  text: `SELECT ${cardColumns} FROM ${cardTables}
    WHERE cards.merchant_id = $1 AND cards.id = $2
    ORDER BY cards.id FOR UPDATE OF cards`,
};

/** A locked card, its open lots, and the instant of the change. */
export interface LockedCard {
  card: StoredCard;
  /** Those that have anything remaining, expired ones too. */
  lots: Lot[];
  instant: Date;
}

/**
 * Locks a card until the transaction ends, and then reads its lots.
 * @param now absent: the database's clock, once the card is locked
 * @returns undefined: this merchant has no card of that id
 */
export async function lockCard(
  database: Knex,
  { merchantId, cardId, now }: { merchantId: string; cardId: string; now?: Date | undefined },
): Promise<LockedCard | undefined> {
  const [[locked], open] = await executeInTurn<[CardRow, OpenLotRow]>(database, [
    { statement: lock, values: [merchantId, cardId] },
    { statement: openLots, values: [merchantId, cardId, now] },
  ]);
  return locked && { card: toCard(locked), ...openLotsIn(open) };
}
