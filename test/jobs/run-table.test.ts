import assert from 'node:assert/strict';
import type { MerchantOutcome } from '../../src/adapters/postgres/runs/outcomes.ts';
import { describeRun, type RunReport, terminationMessage } from '../../src/jobs/run-table.ts';

const id = (last: number): string => `019aafd2-0000-7000-8000-${String(last).padStart(12, '0')}`;

function outcome(last: number, change: Partial<MerchantOutcome> = {}): MerchantOutcome {
  const counts = { cards: 12, lots: 34, points: 5_678n };
  return { id: id(last), name: 'Café', state: 'done', reason: null, message: null, ...counts, ...change };
}

const nothing = { cards: 0, lots: 0, points: 0n };
const held = outcome(2, {
  ...nothing,
  state: 'failed',
  reason: 'SuspiciousVolume',
  message: `9 of 10 points (90 %) would expire. If it is right, this lets it pass: loyalty expire-points --merchant ${id(2)} --force-merchant ${id(2)}`,
});
const locked = outcome(3, {
  ...nothing,
  name: 'Bold\u{1b}[1m & Sons',
  state: 'failed',
  reason: 'LockTimeout',
  message: 'canceling statement due to lock timeout',
});

function report(outcomes: MerchantOutcome[], change: Partial<RunReport> = {}): RunReport {
  const failed = outcomes.filter(({ state }) => state === 'failed').length;
  const sums = {
    merchants: 1_000,
    pending: 0,
    done: 1_000 - failed,
    failed,
    skipped: 0,
    cards: 12,
    lots: 34,
    points: 5_678n,
  };
  return { heading: 'expire-points, run 1', outcomes, sums, verb: 'expired', seconds: 1.26, notes: [], ...change };
}

describe('the table of a run', () => {
  it('has a line a merchant, why some failed, what to do, and the sums', () => {
    assert.equal(
      describeRun(report([held, locked, outcome(1)])),
      `expire-points, run 1

merchant                              state   cards  lots  points  name
${id(2)}  failed      0     0       0  Café
  SuspiciousVolume: 9 of 10 points (90 %) would expire. If it is right, this lets it pass:
    loyalty expire-points --merchant ${id(2)} \\
      --force-merchant ${id(2)}
${id(3)}  failed      0     0       0  Bold [1m & Sons
  LockTimeout: canceling statement due to lock timeout
${id(1)}  done       12    34   5,678  Café
… and 997 more merchants

What to do:
  SuspiciousVolume: See whether that is right (an import with wrong dates is not). If it is, run it
  with --force-merchant, as the message says.
  LockTimeout: Run the merchant again. If it fails again, find the holder in pg_stat_activity and
  pg_locks.

1,000 merchants: 998 done, 2 failed; 5,678 points of 34 lots on 12 cards expired; 1.3 s.
`,
    );
  });

  it('stays within 100 columns, whatever names, numbers and messages there are', () => {
    const huge = { cards: 999_999_999, lots: 9_999_999_999, points: 9_007_199_254_740_991_000n };
    const outcomes = [
      outcome(1, { ...huge, name: 'x'.repeat(200) }),
      outcome(2, { state: 'failed', reason: 'DatabaseError', message: 'word '.repeat(300) }),
    ];
    for (const line of describeRun(report(outcomes)).split('\n')) assert.ok(Array.from(line).length <= 100, line);
  });

  it('needs no rows', () => {
    const sums = { ...report([]).sums, merchants: 0, done: 0, cards: 0, lots: 0, points: 0n };
    const text = describeRun(report([], { sums }));
    assert.equal(
      text,
      'expire-points, run 1\n\n0 merchants: nothing to do; 0 points of 0 lots on 0 cards expired; 1.3 s.\n',
    );
  });
});

describe('the termination message of a run', () => {
  it('has the sums and the merchants that failed', () => {
    assert.equal(
      terminationMessage(report([locked, outcome(1)], { notes: ['Interrupted.'] })),
      `1,000 merchants: 999 done, 1 failed; 5,678 points of 34 lots on 12 cards expired; 1.3 s.
Interrupted.
failed: merchant ${id(3)} LockTimeout: canceling statement due to lock timeout
`,
    );
  });

  it('has 4 KiB at most, and says that there are more', () => {
    const message = 'größer '.repeat(40);
    const many = Array.from({ length: 100 }, (_, index) =>
      outcome(index, { state: 'failed', reason: 'BadData', message }),
    );
    const text = terminationMessage(report(many));
    assert.ok(Buffer.byteLength(text) <= 4_096);
    assert.match(text, /\n… \(all of them: GET \/runs\/\{run_id\}\/failures\)\n$/);
  });
});
