import assert from 'node:assert/strict';
import { availablePoints, expiringSoon } from '../../../src/domain/ledger/lots.ts';
import { inDays, lot, now } from './examples.ts';

const lots = [
  lot('never', 1, null),
  lot('last', 2, inDays(30)),
  lot('beyond', 4, new Date(inDays(30).getTime() + 1)),
  lot('soon', 8, inDays(2)),
  lot('soon too', 16, inDays(2), { remaining: 10 }),
  lot('empty', 32, inDays(2), { remaining: 0 }),
  lot('expired', 64, now),
];

describe('the lots of a card', () => {
  it('have the points available that have not expired', () => {
    assert.equal(availablePoints(lots, now), 1 + 2 + 4 + 8 + 10);
    assert.equal(availablePoints([], now), 0);
  });

  it('say how many points expire at which instant, as far ahead as is asked', () => {
    assert.deepEqual(expiringSoon(lots, now, 30), [
      { expiresAt: inDays(2), points: 18 },
      { expiresAt: inDays(30), points: 2 },
    ]);
    assert.deepEqual(expiringSoon(lots, now, 0), []);
  });
});
