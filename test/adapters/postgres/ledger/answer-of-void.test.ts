import assert from 'node:assert/strict';
import { earn, redeem, voidEntry } from '../../../../src/adapters/postgres/ledger/change.ts';
import type { Card } from '../../../../src/adapters/postgres/ledger/card.ts';
import { readCard } from '../../../../src/adapters/postgres/ledger/read-card.ts';
import { cause, createWorld, type World } from './world.ts';

describe('the card that a void answers', () => {
  let world: World;
  before(async () => (world = await createWorld()));
  after(() => world[Symbol.asyncDispose]());

  const begin = new Date('2026-01-01T10:00:00.000Z');
  const later = new Date('2026-01-05T10:00:00.000Z');
  const expired = new Date('2026-03-01T10:00:00.000Z');
  /** 60 and 40 points are earned, so many are redeemed, and that is voided. */
  const cases: { name: string; redeemed: number; voidedAt: Date; card: Partial<Card> }[] = [
    { name: 'all lots were spent', redeemed: 100, voidedAt: later, card: { balance: 100, availablePoints: 100 } },
    { name: 'one lot was spent', redeemed: 70, voidedAt: later, card: { balance: 100, availablePoints: 100 } },
    { name: 'no lot was spent', redeemed: 10, voidedAt: later, card: { balance: 100, availablePoints: 100 } },
    {
      name: 'the lots have expired meanwhile',
      redeemed: 70,
      voidedAt: expired,
      card: { balance: 100, availablePoints: 70 },
    },
  ];
  for (const { name, redeemed, voidedAt, card } of cases) {
    it(`is as a later look finds it: ${name}`, async () => {
      const { database } = world;
      const merchantId = await world.merchant();
      const terms = { mode: 'fixed', days: 30, rounding: 'none' } as const;
      const { cardId } = await world.card(merchantId, await world.program(merchantId, terms));
      const change = { merchantId, cardId, ...cause };
      const book = <T>(perform: (transaction: typeof database) => Promise<T>): Promise<T> =>
        database.transaction(perform);
      for (const points of [60, 40]) await book((inside) => earn(inside, { ...change, points, now: begin }));
      const drawn = await book((inside) => redeem(inside, { ...change, points: redeemed, now: begin }));
      assert.ok(drawn && 'entry' in drawn);
      const entryId = drawn.entry.id;
      const voided = await book((inside) => voidEntry(inside, { ...change, entryId, now: voidedAt }));
      assert.ok(voided && 'card' in voided);
      assert.deepEqual({ ...voided.card, ...card }, voided.card);
      assert.deepEqual(voided.card, await readCard(database, { ...change, now: voidedAt }));
    });
  }
});
