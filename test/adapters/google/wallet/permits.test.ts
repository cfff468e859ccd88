import assert from 'node:assert/strict';
import { Permits } from '../../../../src/adapters/google/wallet/permits.ts';

describe('permits', () => {
  const { signal } = new AbortController();

  it('are given to so many at a time, and then in the order in which they were asked for', async () => {
    const permits = new Permits(1);
    await permits.acquire(signal);
    const order: string[] = [];
    const waiting = ['first', 'second'].map(async (name) => {
      await permits.acquire(signal);
      order.push(name);
    });
    permits.release();
    await waiting[0];
    assert.deepEqual(order, ['first']);
    permits.release();
    await waiting[1];
    assert.deepEqual(order, ['first', 'second']);
  });

  it('are not lost to whoever gives up waiting', async () => {
    const permits = new Permits(1);
    await permits.acquire(signal);
    const giveUp = new AbortController();
    const left = permits.acquire(giveUp.signal);
    const next = permits.acquire(signal);
    giveUp.abort(new Error('given up'));
    permits.release();
    await assert.rejects(left, /given up/);
    await next;
    await assert.rejects(permits.acquire(AbortSignal.abort(new Error('at once'))), /at once/);
  });
});
