import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { assertBooks } from '../../adapters/postgres/ledger/books.ts';
import { bookedEntry, type BookedBody, type Change } from './change.ts';
import { send } from './load.ts';

type Row = BookedBody['entry'];

/** How often each outcome was found in the ledger. */
export interface Kept {
  acknowledged: number;
  refused: number;
  /** Sent without a key and not acknowledged: booked, and not booked. */
  unknownBooked: number;
  unknownLost: number;
}

/**
 * Holds the ledger to what clients were told: every acknowledged change is there as it was answered, once; what was refused is not; what
 * nobody knows is there at most once; nothing else is there; and all books add up.
 */
export async function assertKept(journal: readonly Change[], database: Knex): Promise<Kept> {
  const rows: Row[] = await database('entries')
    .whereNotNull('reference')
    .select('id', 'card_id', 'kind', 'points', 'balance_after', 'card_version', 'reference');
  const byReference = new Map(rows.map((row) => [row.reference, row]));
  assert.equal(byReference.size, rows.length, 'a change is there twice');
  const kept: Kept = { acknowledged: 0, refused: 0, unknownBooked: 0, unknownLost: 0 };
  for (const change of journal) {
    const row = byReference.get(change.body.reference);
    byReference.delete(change.body.reference);
    count(kept, change, row);
  }
  assert.deepEqual([...byReference.values()], [], 'a change is there that nobody sent');
  await assertBooks(database);
  return kept;
}

function count(kept: Kept, change: Change, row: Row | undefined): void {
  const { outcome } = change;
  if (outcome === 'acknowledged') {
    assert.deepEqual(row, pick(bookedEntry(change)), `acknowledged: ${JSON.stringify(change)}`);
    kept.acknowledged += 1;
  } else if (outcome === 'refused') {
    assert.equal(row, undefined, `refused, and there: ${JSON.stringify(change)}`);
    kept.refused += 1;
  } else {
    assert.equal(outcome, 'unknown', JSON.stringify(change));
    if (row === undefined) kept.unknownLost += 1;
    else kept.unknownBooked += 1;
  }
}

function pick({ id, card_id, kind, points, balance_after, card_version, reference }: Row): Row {
  return { id, card_id, kind, points, balance_after, card_version, reference };
}

/** Sends settled changes again: whoever has a key gets the answer that settled it, to the letter, and nothing is booked. */
export async function assertReplayed(changes: readonly Change[], url: string): Promise<void> {
  for (const change of changes) {
    const { status, text, headers } = await send(change, url);
    assert.deepEqual(
      { status, text, replayed: headers.get('idempotency-replayed') },
      { status: change.answer?.status, text: change.answer?.text, replayed: 'true' },
    );
  }
}

/** Those of which a repeat is most telling: they took more than one attempt; the last ones. */
export function repeated(journal: readonly Change[], most: number): Change[] {
  return journal
    .filter(({ idempotencyKey, attempts, answer }) => idempotencyKey && attempts > 1 && answer)
    .slice(-most);
}
