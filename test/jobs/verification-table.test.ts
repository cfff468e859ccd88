import assert from 'node:assert/strict';
import { describeVerification } from '../../src/jobs/verification-table.ts';
import type { LedgerVerification } from '../../src/jobs/verify-ledger.ts';

const verifiedAt = new Date('2026-07-15T02:30:00Z');
const first = { id: '019aafd2-0000-7000-8000-000000000001', name: 'Café am Ufer' };
const second = { id: '019aafd2-0000-7000-8000-000000000002', name: 'Bold\u001b[1m & Sons' };

const clean: LedgerVerification = {
  outcomes: [
    {
      merchant: first,
      verification: { verifiedAt, cards: 12_345, imbalancedCards: 0, examples: [] },
      milliseconds: 1_234,
    },
  ],
  left: 0,
  cards: 12_345,
  imbalancedCards: 0,
  failedMerchants: 0,
  interruption: undefined,
};

describe('the table of a verification', () => {
  it('has a line a merchant and a last line with the sums', () => {
    assert.equal(
      describeVerification(clean, 1_240),
      `merchant                               cards  imbalanced    time  name
019aafd2-0000-7000-8000-000000000001  12,345           0  1.23 s  Café am Ufer

12,345 cards of 1 merchant verified in 1.24 s: every balance is right.
`,
    );
  });

  it('names the cards that are wrong, and what was not verified, and moves no cursor', () => {
    const examples = [
      { card_id: '019aafd2-0000-7000-8000-00000000000a', balance: 1_500, entries: 1_400, lots: 1_500 },
      { card_id: '019aafd2-0000-7000-8000-00000000000b', balance: null, entries: 7, lots: 0 },
    ];
    const verification = { verifiedAt, cards: 40, imbalancedCards: 22, examples };
    const result: LedgerVerification = {
      outcomes: [
        { merchant: first, verification, milliseconds: 20 },
        { merchant: second, failure: 'canceling statement due to lock timeout' },
      ],
      left: 3,
      cards: 40,
      imbalancedCards: 22,
      failedMerchants: 1,
      interruption: 'stopped',
    };
    assert.equal(
      describeVerification(result, 25),
      `merchant                              cards  imbalanced    time  name
019aafd2-0000-7000-8000-000000000001     40          22  0.02 s  Café am Ufer
  card 019aafd2-0000-7000-8000-00000000000a: balance 1,500, entries 1,400, lots 1,500
  card 019aafd2-0000-7000-8000-00000000000b: no such card, entries 7, lots 0
  … and 20 more cards
019aafd2-0000-7000-8000-000000000002      ?           ?          Bold [1m & Sons
  not verified: canceling statement due to lock timeout

40 cards of 1 merchant verified in 0.03 s: 22 cards imbalanced; 1 merchant could not be verified; 3 merchants not come to.
`,
    );
  });
});
