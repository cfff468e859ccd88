import assert from 'node:assert/strict';
import { backoff, pause } from '../../../src/adapters/kubernetes/backoff.ts';

describe('backoff', () => {
  const second = 1_000;
  const rows: [attempt: number, least: number, most: number][] = [
    [0, 500, 1_000],
    [1, 1_000, 2_000],
    [2, 2_000, 4_000],
    [8, 128_000, 256_000],
    [9, 150_000, 300_000],
    [40, 150_000, 300_000],
    [5_000, 150_000, 300_000],
  ];
  for (const [attempt, least, most] of rows) {
    it(`waits ${least / second} to ${most / second} s after failure ${attempt + 1}, of 1 s doubling to 5 min`, () => {
      assert.equal(
        backoff(attempt, second, 300 * second, () => 0),
        least,
      );
      assert.equal(
        backoff(attempt, second, 300 * second, () => 1),
        most,
      );
      const jittered = backoff(attempt, second, 300 * second, Math.random);
      assert.ok(jittered >= least && jittered <= most);
    });
  }
});

describe('pause', () => {
  it('ends after its time', async () => {
    await pause(1, new AbortController().signal);
  });

  it('ends at once when the signal aborts, before or meanwhile, without an error', async () => {
    const day = 86_400_000;
    await pause(day, AbortSignal.abort());
    const aborting = new AbortController();
    const paused = pause(day, aborting.signal);
    aborting.abort(new Error('stopping'));
    await paused;
  });
});
