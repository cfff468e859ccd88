import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { earn, redeem } from '../../../../src/adapters/postgres/ledger/change.ts';
import { expireCards } from '../../../../src/adapters/postgres/ledger/expire.ts';
import { verifyMerchant } from '../../../../src/adapters/postgres/ledger/verify.ts';
import { type CardRows, cause, changed, createWorld, whenWaiting, type World } from './world.ts';

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number, 12));

/** Test only: as expireCards does it, but with the lock in a CTE of the statement that writes. */
const lockWithin = `
  WITH locked AS MATERIALIZED (
    SELECT id FROM cards WHERE merchant_id = :merchantId AND id = :cardId FOR UPDATE
  ), due AS MATERIALIZED (
    SELECT card_id, uuid_v7() AS entry_id, sum(lots.remaining)::bigint AS points, array_agg(lots.id) AS ids, array_agg(remaining) AS remainders
    FROM locked JOIN lots ON lots.merchant_id = :merchantId AND lots.card_id = locked.id
    WHERE remaining > 0 AND expires_at <= :asOf GROUP BY card_id
  ), zeroed AS (
    UPDATE lots SET remaining = 0 FROM due WHERE merchant_id = :merchantId AND id = ANY (ids)
  ), card AS (
    UPDATE cards SET balance = balance - points, version = version + 1 FROM due
    WHERE merchant_id = :merchantId AND id = due.card_id RETURNING id, version, balance, entry_id, points
  ), entry AS (
    INSERT INTO entries (merchant_id, id, card_id, card_version, kind, points, balance_after, occurred_at, actor)
    SELECT :merchantId, entry_id, id, version, 'expire', -points, balance, :asOf, 'test' FROM card
  )
  INSERT INTO lot_moves (merchant_id, entry_id, lot_id, points)
  SELECT :merchantId, entry_id, lot.id, -lot.remaining FROM due, unnest(ids, remainders) AS lot (id, remaining)`;

for (const version of [18, 15] as const) {
  describe(`who waited for a card, on PostgreSQL ${version}`, () => {
    let world: World;
    let card: CardRows;

    before(async () => {
      world = await createWorld(version);
    });
    after(() => world[Symbol.asyncDispose]());
    beforeEach(async () => {
      const merchantId = await world.merchant('UTC');
      card = await world.card(
        merchantId,
        await world.program(merchantId, { mode: 'fixed', days: 10, rounding: 'none' }),
      );
      for (const now of [day(1), day(5)]) {
        await world.database.transaction((transaction) => earn(transaction, { ...card, ...cause, points: 100, now }));
      }
    });

    /** Lets the work wait for a redemption of 60 points that has the card and is not committed. */
    async function behindRedemption<T>(work: (transaction: Knex) => Promise<T>): Promise<T> {
      const redeeming = await world.database.transaction();
      changed(await redeem(redeeming, { ...card, ...cause, points: 60, now: day(9) }));
      const working = world.database.transaction(work);
      await whenWaiting(world);
      await redeeming.commit();
      return working;
    }

    it('sees what was spent meanwhile', async () => {
      const { merchantId, cardId } = card;
      const change = { ...cause, merchantId, asOf: day(12), now: day(12), runId: null, cards: [cardId] };
      assert.equal((await behindRedemption((transaction) => expireCards(transaction, change))).points, 40n);
      assert.deepEqual((await verifyMerchant(world.database, merchantId)).examples, []);
      const waited = await behindRedemption((transaction) =>
        redeem(transaction, { ...card, ...cause, points: 40, now: day(9) }),
      );
      assert.equal(changed(waited).card.balance, 0);
      assert.deepEqual((await verifyMerchant(world.database, merchantId)).examples, []);
    });

    it('would not, were the lock within the statement that writes: its lots are from before', async () => {
      const { merchantId, cardId } = card;
      const values = { merchantId, cardId, asOf: day(12) };
      await behindRedemption((transaction) => transaction.raw(lockWithin, values));
      const wrong = [{ card_id: cardId, balance: 40, entries: 40, lots: 100 }];
      assert.deepEqual((await verifyMerchant(world.database, merchantId)).examples, wrong);
    });
  });
}
