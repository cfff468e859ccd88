import assert from 'node:assert/strict';
import type { Verification } from '../../../../src/domain/credentials/promotion/observed.ts';
import type { OnlineVerdict } from '../../../../src/domain/credentials/verdict.ts';
import {
  dueAt,
  verificationFromStatus,
  verificationOf,
} from '../../../../src/domain/credentials/promotion/verification.ts';

const now = new Date('2026-01-01T00:00:00.750Z');
const unreachable: OnlineVerdict = { outcome: 'unreachable', message: 'No answer.' };

function record(outcome: Verification['outcome'], attempts = 0): Verification {
  return { fingerprint: 'f', checkedAt: '2026-01-01T00:00:00Z', outcome, reason: 'Whatever', message: '', attempts };
}

describe('when the provider is asked again', () => {
  const rows: [verification: Verification, minutes: number, at: string][] = [
    [record('verified'), 60, '01:00:00'],
    [record('refused'), 60, '01:00:00'],
    [record('refused'), 5, '00:05:00'],
    [record('unreachable', 1), 60, '00:00:30'],
    [record('unreachable', 2), 60, '00:01:00'],
    [record('unreachable', 3), 60, '00:02:00'],
    [record('unreachable', 7), 60, '00:32:00'],
    [record('unreachable', 8), 60, '01:00:00'],
    [record('unreachable', 5_000), 60, '01:00:00'],
    [record('unreachable', 0), 60, '00:00:30'],
    [record('unreachable', 3), 1, '00:01:00'],
  ];
  for (const [verification, intervalMinutes, at] of rows) {
    const { outcome, attempts } = verification;
    it(`is at ${at} of an interval of ${intervalMinutes} min: ${outcome}${attempts > 0 ? ` ${attempts} times` : ''}`, () => {
      assert.equal(dueAt(verification, { online: true, intervalMinutes }).toISOString(), `2026-01-01T${at}.000Z`);
    });
  }
});

describe('the record of an answer', () => {
  it('of a provider that took it has the dates of the key', () => {
    const key = { createdAt: '2025-01-01T00:00:00Z' };
    assert.deepEqual(
      verificationOf('f', { outcome: 'verified', message: 'Taken.', key }, now, record('unreachable', 4)),
      {
        fingerprint: 'f',
        checkedAt: '2026-01-01T00:00:00Z',
        outcome: 'verified',
        reason: 'Verified',
        message: 'Taken.',
        attempts: 0,
        key,
      },
    );
  });

  it('of a refusal has the reason', () => {
    const verdict: OnlineVerdict = { outcome: 'refused', reason: 'InvalidGrant', message: 'Deleted.' };
    const { outcome, reason, attempts } = verificationOf('f', verdict, now, undefined);
    assert.deepEqual([outcome, reason, attempts], ['refused', 'InvalidGrant', 0]);
  });

  it('counts how often in a row the provider was not reached, and keeps what is known of the key', () => {
    const key = { createdAt: '2025-01-01T00:00:00Z' };
    const first = verificationOf('f', unreachable, now, { ...record('verified'), key });
    const second = verificationOf('f', unreachable, now, first);
    assert.deepEqual([first.attempts, second.attempts, second.reason, second.key], [1, 2, 'Unreachable', key]);
  });
});

describe('the record that a status keeps over a restart', () => {
  const live = { revision: 1, fingerprint: 'f', since: '', secretName: '', resourceVersion: '1' };
  const answer = { fingerprint: 'f', checkedAt: '2026-01-01T00:00:00Z', message: 'm' };
  for (const [reason, outcome] of [
    ['Verified', 'verified'],
    ['Unreachable', 'unreachable'],
    ['InvalidGrant', 'refused'],
    ['CertificateRevoked', 'refused'],
  ] as const) {
    it(`${reason}: ${outcome}`, () => {
      const found = verificationFromStatus({ live, verification: { ...answer, reason } });
      assert.deepEqual(found, { ...answer, reason, outcome, attempts: 0 });
    });
  }

  it('has the age of the key only when it is about what is live', () => {
    const key = { createdAt: '2025-01-01T00:00:00Z' };
    const verification = { ...answer, reason: 'Verified' };
    assert.deepEqual(verificationFromStatus({ live, key, verification })?.key, key);
    assert.equal(verificationFromStatus({ live: { ...live, fingerprint: 'g' }, key, verification })?.key, undefined);
  });

  it('is none where there was no answer', () => {
    assert.equal(verificationFromStatus(undefined), undefined);
    assert.equal(verificationFromStatus({ live }), undefined);
  });
});
