import assert from 'node:assert/strict';
import { earn, redeem, voidEntry } from '../../../../src/adapters/postgres/ledger/change.ts';
import { restore } from '../../../../src/adapters/postgres/ledger/restore.ts';
import { eraseCustomer } from '../../../../src/adapters/postgres/ledger/erase.ts';
import { expireCards } from '../../../../src/adapters/postgres/ledger/expire.ts';
import { readCard } from '../../../../src/adapters/postgres/ledger/read-card.ts';
import { isRefusal } from '../../../../src/domain/ledger/refusal.ts';
import { assertBooks } from './books.ts';
import { type CardRows, cause, changed, createWorld, refused, whenWaiting, type World } from './world.ts';

const connections = 16;

for (const version of [18, 15] as const) {
  describe(`many at one card, on PostgreSQL ${version}`, () => {
    let world: World;
    let card: CardRows;

    before(async () => {
      world = await createWorld(version, connections);
    });
    after(() => world[Symbol.asyncDispose]());
    beforeEach(async () => {
      const merchantId = await world.merchant();
      card = await world.card(
        merchantId,
        await world.program(merchantId, { mode: 'fixed', days: 1, rounding: 'none' }),
      );
    });
    afterEach(() => assertBooks(world.database));

    it('redeem 100 points each, 1,000 of them: 5,000 points are enough for 50', async () => {
      for (let lot = 0; lot < 50; lot += 1) {
        await world.database.transaction((transaction) => earn(transaction, { ...card, ...cause, points: 100 }));
      }
      const redemptions = Array.from({ length: 1000 }, () =>
        world.database.transaction((transaction) => redeem(transaction, { ...card, ...cause, points: 100 })),
      );
      const answers = await Promise.all(redemptions);
      assert.equal(answers.filter((answer) => answer && !isRefusal(answer)).length, 50);
      assert.equal(
        answers.filter((answer) => answer && isRefusal(answer) && answer.code === 'insufficient-points').length,
        950,
      );
      assert.partialDeepStrictEqual(await readCard(world.database, card), { balance: 0, availablePoints: 0 });
    });

    it('void the same entry, 50 of them: one does', async () => {
      const { entry } = changed(
        await world.database.transaction((transaction) => earn(transaction, { ...card, ...cause, points: 100 })),
      );
      const voids = Array.from({ length: 50 }, () =>
        world.database.transaction((transaction) => voidEntry(transaction, { ...card, ...cause, entryId: entry.id })),
      );
      const answers = await Promise.all(voids);
      assert.equal(answers.filter((answer) => answer && !isRefusal(answer)).length, 1);
      assert.equal(answers.filter((answer) => refused(answer) === 'already-voided').length, 49);
    });

    it('expire and restore the same points, 30 of each: each is done once', async () => {
      const { merchantId, cardId } = card;
      const past = new Date('2026-01-01T00:00:00Z');
      const asOf = new Date('2026-02-01T00:00:00Z');
      await world.database.transaction((transaction) =>
        earn(transaction, { ...card, ...cause, points: 100, now: past }),
      );
      const change = { ...cause, merchantId, asOf, runId: null, cards: [cardId] };
      const expired = await Promise.all(
        Array.from({ length: 30 }, () => world.database.transaction((transaction) => expireCards(transaction, change))),
      );
      assert.equal(
        expired.reduce((sum, { points }) => sum + points, 0n),
        100n,
      );
      const restored = await Promise.all(
        Array.from({ length: 30 }, () =>
          world.database.transaction((transaction) => restore(transaction, { ...card, ...cause })),
        ),
      );
      assert.equal(restored.filter((answer) => answer && !isRefusal(answer)).length, 1);
      assert.equal(restored.filter((answer) => refused(answer) === 'nothing-to-restore').length, 29);
    });

    it('restore several entries while the customer is erased: neither waits for the other in a circle', async () => {
      const { merchantId, cardId } = card;
      for (let month = 0; month < 4; month += 1) {
        const now = new Date(Date.UTC(2026, month, 1));
        await world.database.transaction((transaction) => earn(transaction, { ...card, ...cause, points: 100, now }));
        const asOf = new Date(Date.UTC(2026, month, 20));
        const change = { ...cause, merchantId, asOf, now: asOf, runId: null, cards: [cardId] };
        await world.database.transaction((transaction) => expireCards(transaction, change));
      }
      // The erasure has the customer and waits for the card while the restoration, which has the card, writes.
      const restoring = await world.database.transaction();
      await restoring('cards').where({ id: cardId }).forUpdate();
      const erasing = Promise.allSettled([
        world.database.transaction((transaction) => eraseCustomer(transaction, card)),
      ]);
      await whenWaiting(world);
      const answer = changed(await restore(restoring, { ...card, ...cause }));
      await restoring.commit();
      const [erased] = await erasing;
      assert.partialDeepStrictEqual(erased, { status: 'fulfilled', value: { cards: 1 } });
      assert.equal(answer.entries.length, 4);
    });
  });
}
