import assert from 'node:assert/strict';
import { decideRestore } from '../../../src/domain/ledger/restore.ts';
import { maximumPoints } from '../../../src/domain/ledger/rules.ts';
import { card, cause, entry, inDays, now, posted, refusedCode, terms } from './examples.ts';

describe('restore', () => {
  const expired = entry('expire', -12, { a: -10, b: -2 });

  it('brings expired points back for a full period', () => {
    assert.deepEqual(posted(decideRestore(card({ balance: 3 }, terms.inactivity), expired, cause, now)), {
      entry: { kind: 'restore', points: 12, ...cause, reverses: 'entry' },
      lotChanges: [],
      newLots: [{ points: 12, earnedAt: now, expiresAt: inDays(365), restoredFrom: 'entry' }],
      balance: 15,
      lastActivityAt: null,
      occurredAt: now,
    });
  });

  for (const expiresAt of [inDays(3), null]) {
    it(`brings them back ${expiresAt === null ? 'for ever' : 'until an instant that is named'}`, () => {
      assert.deepEqual(
        posted(decideRestore(card(), expired, { ...cause, expiresAt }, now)).newLots[0]?.expiresAt,
        expiresAt,
      );
    });
  }

  it('is refused a second time, for other kinds, for an expiry that has passed, and beyond the limit', () => {
    assert.equal(
      refusedCode(decideRestore(card(), { ...expired, reversedBy: 'other' }, cause, now)),
      'already-restored',
    );
    assert.equal(refusedCode(decideRestore(card(), entry('redeem', -12), cause, now)), 'nothing-to-restore');
    assert.equal(refusedCode(decideRestore(card(), expired, { ...cause, expiresAt: now }, now)), 'expiry-in-past');
    assert.equal(refusedCode(decideRestore(card({ balance: maximumPoints }), expired, cause, now)), 'balance-limit');
  });
});
