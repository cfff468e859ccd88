import assert from 'node:assert/strict';
import {
  deadAfter,
  nextAttempt,
  type RetryRule,
  retryTable,
  type WalletOutcome,
} from '../../../src/domain/wallet/retry.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const minutesAfter = (minutes: number): Date => new Date(now.getTime() + minutes * 60_000);
const rules = Object.entries<RetryRule>(retryTable);

describe('the retry table', () => {
  const cases: [WalletOutcome, attempts: number, expected: ReturnType<typeof nextAttempt>][] = [
    ['Synced', 0, undefined],
    ['Created', 0, undefined],
    ['AlreadyExists', 0, undefined],
    ['Unregistered', 0, undefined],
    ['InvalidContent', 1, 'card changes'],
    ['CardRefused', 1, 'card changes'],
    ['BadDeviceToken', 1, 'card changes'],
    ['CredentialRefused', 0, 'now'],
    ['IssuerRefused', 0, 'now'],
    ['TopicRefused', 0, 'now'],
    ['Throttled', 0, 'now'],
    ['Unavailable', 1, minutesAfter(5)],
    ['Unavailable', 2, minutesAfter(10)],
    ['Unavailable', 4, minutesAfter(40)],
    ['Unavailable', 9, minutesAfter(1_280)],
    ['ApnsBusy', 1, minutesAfter(15)],
    ['ApnsBusy', 9, minutesAfter(15)],
  ];
  for (const [outcome, attempts, expected] of cases) {
    it(`tries a pass again after ${outcome}, attempt ${attempts}: ${expected instanceof Date ? expected.toISOString() : expected}`, () => {
      assert.deepEqual(nextAttempt(outcome, attempts, now), expected);
    });
  }

  it('tries what is dead once a day, whatever it died of', () => {
    for (const [outcome, { attempt }] of rules) {
      if (attempt) assert.deepEqual(nextAttempt(outcome as WalletOutcome, deadAfter, now), minutesAfter(1_440));
    }
  });

  it('counts as an attempt what failed of the pass itself, and nothing else', () => {
    for (const [outcome, { counts, attempt, lasting }] of rules) {
      assert.deepEqual([attempt, lasting !== undefined], [counts === 'failed', counts === 'failed'], outcome);
    }
  });

  it('throttled or stopped never makes a pass dead', () => {
    for (const [outcome, { counts }] of rules) {
      if (counts !== 'throttled' && counts !== 'stopped') continue;
      assert.equal(nextAttempt(outcome as WalletOutcome, 1_000, now), 'now', outcome);
    }
  });
});
