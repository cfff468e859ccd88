import assert from 'node:assert/strict';
import { decideAdjust } from '../../../src/domain/ledger/adjust.ts';
import { maximumPoints } from '../../../src/domain/ledger/rules.ts';
import { card, cause, change, inDays, lot, now, posted, refusedCode, terms } from './examples.ts';

describe('adjust', () => {
  it('adds a lot on the terms of the program, without activity', () => {
    const lots = [lot('a', 10, inDays(1))];
    const { newLots, lotChanges, lastActivityAt } = posted(
      decideAdjust(card({ balance: 10 }, terms.inactivity), lots, { ...cause, points: 5 }, now),
    );
    assert.deepEqual(newLots, [{ points: 5, earnedAt: now, expiresAt: inDays(365), restoredFrom: null }]);
    assert.deepEqual([lotChanges, lastActivityAt], [[], null]);
  });

  for (const expiresAt of [inDays(3), null]) {
    it(`adds a lot that expires ${expiresAt === null ? 'never' : 'when it is told'}`, () => {
      assert.deepEqual(
        posted(decideAdjust(card(), [], { ...cause, points: 5, expiresAt }, now)).newLots[0]?.expiresAt,
        expiresAt,
      );
    });
  }

  it('draws without activity', () => {
    const lots = [lot('a', 10, inDays(1)), lot('b', 10, inDays(2))];
    assert.deepEqual(
      posted(decideAdjust(card({ balance: 20 }, terms.inactivity), lots, { ...cause, points: -15 }, now)),
      {
        entry: { kind: 'adjust', points: -15, ...cause, reverses: null },
        lotChanges: [change('a', -10, inDays(1)), change('b', -5, inDays(2))],
        newLots: [],
        balance: 5,
        lastActivityAt: null,
        occurredAt: now,
      },
    );
  });

  it('is refused beyond the available points and beyond the limit, and for an expiry that has passed', () => {
    const lots = [lot('a', 10, inDays(1))];
    assert.equal(
      refusedCode(decideAdjust(card({ balance: 10 }), lots, { ...cause, points: -11 }, now)),
      'insufficient-points',
    );
    assert.equal(
      refusedCode(decideAdjust(card({ balance: maximumPoints }), lots, { ...cause, points: 1 }, now)),
      'balance-limit',
    );
    assert.equal(
      refusedCode(decideAdjust(card(), lots, { ...cause, points: 1, expiresAt: now }, now)),
      'expiry-in-past',
    );
  });
});
