import assert from 'node:assert/strict';
import { decideVoid } from '../../../src/domain/ledger/void.ts';
import { maximumPoints } from '../../../src/domain/ledger/rules.ts';
import { card, cause, change, entry, inDays, lot, now, posted, refusedCode, terms } from './examples.ts';

describe('void', () => {
  it('takes an earn back whose lot is untouched', () => {
    const earned = { ...entry('earn', 10), id: 'earn-a' };
    assert.deepEqual(
      posted(decideVoid(card({ balance: 30 }), earned, [lot('a', 10, inDays(1)), lot('b', 20, null)], cause, now)),
      {
        entry: { kind: 'void', points: -10, ...cause, reverses: 'earn-a' },
        lotChanges: [change('a', -10, inDays(1))],
        newLots: [],
        balance: 20,
        lastActivityAt: null,
        occurredAt: now,
      },
    );
  });

  it('does not take back what is spent, or has expired, zeroed or not', () => {
    const earned = { ...entry('earn', 10), id: 'earn-a' };
    const gone = [lot('a', 10, inDays(1), { remaining: 9 }), lot('a', 10, now), lot('a', 10, now, { remaining: 0 })];
    for (const made of gone)
      assert.equal(refusedCode(decideVoid(card({ balance: 9 }), earned, [made], cause, now)), 'points-spent');
    const spent = decideVoid(card({ balance: 9 }), earned, gone.slice(0, 1), cause, now);
    assert.deepEqual('numbers' in spent && spent.numbers, { entry_points: 10, remaining_points: 9 });
  });

  it('gives points back to the lots that they came from', () => {
    const lots = [lot('a', 10, inDays(1), { remaining: 0 }), lot('b', 10, inDays(2), { remaining: 4 })];
    const { lotChanges, newLots, balance } = posted(
      decideVoid(card({ balance: 4 }), entry('redeem', -15, { a: -10, b: -5 }), lots, cause, now),
    );
    assert.deepEqual(lotChanges, [change('a', 10, inDays(1)), change('b', 5, inDays(2))]);
    assert.deepEqual([newLots, balance], [[], 19]);
  });

  it('makes one new lot for a full period of what would return to expired lots', () => {
    const lots = [
      lot('a', 10, inDays(-2), { remaining: 0 }),
      lot('b', 10, now, { remaining: 5 }),
      lot('c', 10, null, { remaining: 0 }),
    ];
    const adjusted = entry('adjust', -16, { a: -10, b: -5, c: -1 });
    const { lotChanges, newLots, balance } = posted(decideVoid(card({ balance: 5 }), adjusted, lots, cause, now));
    assert.deepEqual(lotChanges, [change('c', 1, null)]);
    assert.deepEqual(newLots, [{ points: 15, earnedAt: now, expiresAt: inDays(365), restoredFrom: 'entry' }]);
    assert.equal(balance, 21);
  });

  it('gives a lot that was empty meanwhile the expiry that the last activity would have given it', () => {
    const state = card({ balance: 0, lastActivityAt: inDays(-5) }, terms.inactivity);
    const lots = [
      lot('a', 10, inDays(1), { remaining: 0 }),
      lot('restored', 10, inDays(1), { remaining: 0, restoredFrom: 'expire' }),
      lot('longer', 10, inDays(400), { remaining: 0 }),
    ];
    const redeemed = entry('redeem', -30, { a: -10, restored: -10, longer: -10 });
    const { lotChanges, lastActivityAt } = posted(decideVoid(state, redeemed, lots, cause, now));
    assert.deepEqual(lotChanges, [
      change('a', 10, inDays(360)),
      change('restored', 10, inDays(1)),
      change('longer', 10, inDays(400)),
    ]);
    assert.deepEqual(lastActivityAt, inDays(-5));
  });

  it('is refused a second time, for other kinds, and beyond the limit', () => {
    const lots = [lot('a', 10, null, { remaining: 0 })];
    const redeemed = entry('redeem', -10, { a: -10 });
    assert.equal(
      refusedCode(decideVoid(card(), { ...redeemed, reversedBy: 'other' }, lots, cause, now)),
      'already-voided',
    );
    for (const kind of ['void', 'expire', 'restore'] as const) {
      assert.equal(refusedCode(decideVoid(card(), entry(kind, -10), lots, cause, now)), 'not-voidable');
    }
    assert.equal(
      refusedCode(decideVoid(card({ balance: maximumPoints - 9 }), redeemed, lots, cause, now)),
      'balance-limit',
    );
  });

  it('says that it was not handed a lot which it needs', () => {
    assert.throws(
      () => decideVoid(card(), entry('redeem', -10, { a: -10 }), [], cause, now),
      /Entry entry moved lot a/,
    );
  });
});
