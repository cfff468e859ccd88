import assert from 'node:assert/strict';
import { decideExpire } from '../../../src/domain/ledger/expire.ts';
import { card, cause, change, inDays, lot, now } from './examples.ts';

describe('expire', () => {
  it('zeroes what is due, in one entry, on a card of any status', () => {
    const lots = [
      lot('a', 10, now),
      lot('b', 10, inDays(-1), { remaining: 3 }),
      lot('c', 10, inDays(-1), { remaining: 0 }),
      lot('d', 10, inDays(1)),
    ];
    for (const status of ['active', 'frozen', 'closed'] as const) {
      assert.deepEqual(decideExpire(card({ balance: 23, status }), lots, cause, now), {
        entry: { kind: 'expire', points: -13, ...cause, reverses: null },
        lotChanges: [change('a', -10, now), change('b', -3, inDays(-1))],
        newLots: [],
        balance: 10,
        lastActivityAt: null,
        occurredAt: now,
      });
    }
  });

  it('does nothing where nothing is due', () => {
    assert.equal(
      decideExpire(card({ balance: 10 }), [lot('a', 10, inDays(1)), lot('b', 10, null)], cause, now),
      undefined,
    );
  });
});
