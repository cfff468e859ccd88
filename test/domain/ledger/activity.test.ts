import assert from 'node:assert/strict';
import { decideEarn } from '../../../src/domain/ledger/earn.ts';
import { decideRedeem } from '../../../src/domain/ledger/redeem.ts';
import { card, cause, change, inDays, lot, now, posted, terms } from './examples.ts';

describe('earn and redeem in a program of inactivity', () => {
  const lots = [
    lot('near', 10, inDays(20)),
    lot('same', 10, inDays(365)),
    lot('longer', 10, inDays(500)),
    lot('never', 10, null),
    lot('restored', 10, inDays(10), { restoredFrom: 'expire' }),
    lot('expired', 10, now),
    lot('empty', 10, inDays(30), { remaining: 0 }),
  ];

  it('move the open lots, and none nearer', () => {
    const { lotChanges, newLots } = posted(
      decideEarn(card({ balance: 60 }, terms.inactivity), lots, { ...cause, points: 1 }, now),
    );
    assert.deepEqual(lotChanges, [change('near', 0, inDays(365))]);
    assert.deepEqual(newLots[0]?.expiresAt, inDays(365));
  });

  it('draw and move at once; what they empty stays', () => {
    const { lotChanges } = posted(
      decideRedeem(card({ balance: 60 }, terms.inactivity), lots, { ...cause, points: 15 }, now),
    );
    assert.deepEqual(lotChanges, [change('near', -5, inDays(365)), change('restored', -10, inDays(10))]);
  });

  it('leave what other programs made, once the program has changed to another mode', () => {
    assert.deepEqual(
      posted(decideEarn(card({ balance: 60 }, terms.fixed), lots, { ...cause, points: 1 }, now)).lotChanges,
      [],
    );
  });
});
