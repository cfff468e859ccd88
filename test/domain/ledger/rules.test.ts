import assert from 'node:assert/strict';
import { decideAdjust } from '../../../src/domain/ledger/adjust.ts';
import { decideEarn } from '../../../src/domain/ledger/earn.ts';
import { decideRedeem } from '../../../src/domain/ledger/redeem.ts';
import { decideRestore } from '../../../src/domain/ledger/restore.ts';
import { decideVoid } from '../../../src/domain/ledger/void.ts';
import { card, cause, entry, lot, now, refusedCode } from './examples.ts';

describe('the status of a card', () => {
  const lots = [lot('a', 10, null)];
  const outcomes: [what: string, frozen: string, closed: string, decide: (state: ReturnType<typeof card>) => string][] =
    [
      [
        'earn',
        'card-frozen',
        'card-closed',
        (state) => refusedCode(decideEarn(state, lots, { ...cause, points: 1 }, now)),
      ],
      [
        'redeem',
        'card-frozen',
        'card-closed',
        (state) => refusedCode(decideRedeem(state, lots, { ...cause, points: 1 }, now)),
      ],
      [
        'void',
        'card-frozen',
        'card-closed',
        (state) => refusedCode(decideVoid(state, entry('redeem', -1, { a: -1 }), lots, cause, now)),
      ],
      [
        'adjust up',
        'posted',
        'card-closed',
        (state) => refusedCode(decideAdjust(state, lots, { ...cause, points: 1 }, now)),
      ],
      [
        'adjust down',
        'posted',
        'card-closed',
        (state) => refusedCode(decideAdjust(state, lots, { ...cause, points: -1 }, now)),
      ],
      [
        'restore',
        'posted',
        'card-closed',
        (state) => refusedCode(decideRestore(state, entry('expire', -1), cause, now)),
      ],
    ];
  for (const [what, frozen, closed, decide] of outcomes) {
    it(`${what}: frozen, ${frozen}; closed, ${closed}`, () => {
      assert.equal(decide(card({ balance: 10, status: 'frozen' })), frozen);
      assert.equal(decide(card({ balance: 10, status: 'closed' })), closed);
    });
  }
});
