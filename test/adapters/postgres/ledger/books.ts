import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { verifyLots, verifyMerchant } from '../../../../src/adapters/postgres/ledger/verify.ts';

/** A card whose books are wrong, and how. */
export interface Fault {
  card_id: string;
  fault: string;
}

// Not the product's statement: a second way to see the same, and more.
const faults = `
  WITH entry_sums AS (SELECT card_id, sum(points) AS points, max(card_version) AS version FROM entries GROUP BY card_id),
    lot_sums AS (SELECT card_id, sum(remaining) AS remaining FROM lots GROUP BY card_id),
    moves_of_lots AS (SELECT lot_id, sum(points) AS points FROM lot_moves GROUP BY lot_id),
    moves_of_entries AS (SELECT entry_id, sum(points) AS points FROM lot_moves GROUP BY entry_id),
    lots_of_entries AS (SELECT entry_id, sum(points) AS points FROM lots GROUP BY entry_id)
  SELECT id AS card_id, 'the balance is not the sum of the entries' AS fault
    FROM cards LEFT JOIN entry_sums ON card_id = id WHERE balance <> coalesce(points, 0)
  UNION ALL
  SELECT id, 'the balance is not the sum of what remains'
    FROM cards LEFT JOIN lot_sums ON card_id = id WHERE balance <> coalesce(remaining, 0)
  UNION ALL
  SELECT card_id, 'what remains of a lot is not its points and moves'
    FROM lots LEFT JOIN moves_of_lots ON lot_id = id WHERE remaining <> lots.points + coalesce(moves_of_lots.points, 0)
  UNION ALL
  SELECT card_id, 'an entry is not the sum of its moves and lots'
    FROM entries LEFT JOIN moves_of_entries AS moves ON moves.entry_id = id LEFT JOIN lots_of_entries AS made ON made.entry_id = id
    WHERE entries.points <> coalesce(moves.points, 0) + coalesce(made.points, 0)
  UNION ALL
  SELECT card_id, 'a balance after an entry is not the running sum' FROM (
    SELECT card_id, balance_after, sum(points) OVER (PARTITION BY card_id ORDER BY card_version) AS running FROM entries
  ) AS sums WHERE balance_after <> running
  UNION ALL
  SELECT id, 'the version is before that of the last entry'
    FROM cards JOIN entry_sums ON card_id = id WHERE cards.version < entry_sums.version
  UNION ALL
  SELECT lots.card_id, 'a lot is moved by an entry of another card' FROM lot_moves
    JOIN lots ON lots.id = lot_id JOIN entries ON entries.id = lot_moves.entry_id WHERE lots.card_id <> entries.card_id
  UNION ALL
  SELECT card_id, 'a pass does not want the version of its card' FROM passes JOIN cards ON id = card_id
    WHERE voided_at IS NULL AND (wanted_version <> version OR (stale_since IS NULL) <> (version = 1))`;

/** Holds every card of the database to what must be true of its ledger, by test-only SQL and by the product's verification. */
export async function assertBooks(database: Knex): Promise<void> {
  const { rows } = await database.raw<{ rows: Fault[] }>(faults);
  assert.deepEqual(rows.slice(0, 5), [], `${rows.length} faults`);
  for (const { id } of await database<{ id: string }>('merchants').select('id')) {
    const { cards, imbalancedCards, examples } = await verifyMerchant(database, id);
    const [{ count } = { count: 0 }] = await database('cards').where({ merchant_id: id }).count<{ count: number }[]>();
    assert.deepEqual({ cards, imbalancedCards, examples }, { cards: count, imbalancedCards: 0, examples: [] });
    assert.deepEqual(await verifyLots(database, id), []);
  }
}
