import assert from 'node:assert/strict';
import { decideRedeem } from '../../../src/domain/ledger/redeem.ts';
import { card, cause, change, inDays, lot, now, posted } from './examples.ts';

describe('redeem', () => {
  it('draws from the lot that expires first, then from the one earned first, then by id; from those that never expire last', () => {
    const lots = [
      lot('never', 10, null),
      lot('b', 10, inDays(5)),
      lot('a', 10, inDays(5)),
      lot('older', 10, inDays(5), { earnedAt: inDays(-9) }),
      lot('first', 10, inDays(1)),
      lot('gone', 10, inDays(-1)),
    ];
    const drawn = (points: number) =>
      Object.fromEntries(
        posted(decideRedeem(card({ balance: 60 }), lots, { ...cause, points }, now)).lotChanges.map((moved) => [
          moved.lotId,
          moved.points,
        ]),
      );
    assert.deepEqual(drawn(9), { first: -9 });
    assert.deepEqual(drawn(19), { first: -10, older: -9 });
    assert.deepEqual(drawn(29), { first: -10, older: -10, a: -9 });
    assert.deepEqual(drawn(39), { first: -10, older: -10, a: -10, b: -9 });
    assert.deepEqual(drawn(50), { first: -10, older: -10, a: -10, b: -10, never: -10 });
  });

  it('is an activity', () => {
    const lots = [lot('a', 10, null)];
    assert.deepEqual(posted(decideRedeem(card({ balance: 10 }), lots, { ...cause, points: 10 }, now)), {
      entry: { kind: 'redeem', points: -10, ...cause, reverses: null },
      lotChanges: [change('a', -10, null)],
      newLots: [],
      balance: 0,
      lastActivityAt: now,
      occurredAt: now,
    });
  });

  it('is refused beyond the available points, expired ones not counted', () => {
    const lots = [lot('a', 10, inDays(1)), lot('expired', 10, now)];
    assert.deepEqual(decideRedeem(card({ balance: 20 }), lots, { ...cause, points: 11 }, now), {
      code: 'insufficient-points',
      detail: 'The card has 10 points available, but 11 are needed.',
      numbers: { available_points: 10, requested_points: 11 },
    });
  });
});
