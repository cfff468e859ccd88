import assert from 'node:assert/strict';
import { decideEarn } from '../../../src/domain/ledger/earn.ts';
import { maximumPoints } from '../../../src/domain/ledger/rules.ts';
import { card, cause, inDays, now, posted, terms } from './examples.ts';

describe('earn', () => {
  it('makes a lot on the terms of the program', () => {
    assert.deepEqual(decideEarn(card({ balance: 50 }), [], { ...cause, points: 30 }, now), {
      entry: { kind: 'earn', points: 30, ...cause, reverses: null },
      lotChanges: [],
      newLots: [{ points: 30, earnedAt: now, expiresAt: inDays(365), restoredFrom: null }],
      balance: 80,
      lastActivityAt: now,
      occurredAt: now,
    });
  });

  it('makes a lot that never expires where the program says so', () => {
    assert.equal(
      posted(decideEarn(card({}, terms.none), [], { ...cause, points: 1 }, now)).newLots[0]?.expiresAt,
      null,
    );
  });

  it('reaches the limit, and not a point beyond it', () => {
    assert.equal(
      posted(decideEarn(card({ balance: maximumPoints - 5 }), [], { ...cause, points: 5 }, now)).balance,
      maximumPoints,
    );
    assert.deepEqual(decideEarn(card({ balance: maximumPoints - 5 }), [], { ...cause, points: 6 }, now), {
      code: 'balance-limit',
      detail:
        'A card holds at most 9007199254740991 points; this one has 9007199254740986, and 6 more were to be added.',
      numbers: { balance: maximumPoints - 5, requested_points: 6, limit: maximumPoints },
    });
  });

  for (const points of [0, 0.5, NaN, Infinity, maximumPoints + 1]) {
    it(`throws at ${points} points`, () => {
      assert.throws(() => decideEarn(card(), [], { ...cause, points }, now), RangeError);
    });
  }
});
