import type { Knex } from 'knex';
import { refuseIfClosed } from '../../../domain/ledger/rules.ts';
import type { Refusal } from '../../../domain/ledger/refusal.ts';
import { execute, type Statement } from '../statement.ts';
import { staleSince } from '../wallet/stale.ts';
import { type Card, type StoredCard, viewCard } from './card.ts';
import type { CardChange } from './change.ts';
import { lockCard } from './lock.ts';

const setStatus: Statement = {
  name: 'ledger_set_status',
  text: `
    WITH stale AS (
      UPDATE passes SET ${staleSince('$4', '$5::timestamptz')}
      WHERE merchant_id = $1 AND card_id = $2 AND voided_at IS NULL
    )
    UPDATE cards SET status = $3, version = $4 WHERE merchant_id = $1 AND id = $2`,
};

/** Freezes a card: nothing is earned, redeemed or voided until it is unfrozen. Frozen already: nothing changes. Needs a transaction. */
export function freeze(database: Knex, change: CardChange): Promise<{ card: Card } | Refusal | undefined> {
  return changeStatus(database, change, 'frozen');
}

/** Makes a frozen card active again. Active already: nothing changes. Needs a transaction. */
export function unfreeze(database: Knex, change: CardChange): Promise<{ card: Card } | Refusal | undefined> {
  return changeStatus(database, change, 'active');
}

async function changeStatus(
  database: Knex,
  change: CardChange,
  status: 'active' | 'frozen',
): Promise<{ card: Card } | Refusal | undefined> {
  const locked = await lockCard(database, change);
  if (locked === undefined) return undefined;
  const { card, lots, instant } = locked;
  const refusal = refuseIfClosed(card);
  if (refusal !== undefined) return refusal;
  if (card.status === status) return { card: viewCard(card, lots, instant) };
  const changed: StoredCard = { ...card, status, version: card.version + 1 };
  await execute(database, setStatus, [card.merchantId, card.id, status, changed.version, instant]);
  return { card: viewCard(changed, lots, instant) };
}
