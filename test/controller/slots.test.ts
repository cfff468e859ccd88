import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { createSlots } from '../../src/controller/slots.ts';

describe('slots', () => {
  /** Work that ends when it is told to. */
  function begin(slots: ReturnType<typeof createSlots>, log: string[], name: string) {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    const done = slots(() => {
      log.push(name);
      return promise;
    });
    return { done, end: () => resolve(name), fail: () => reject(new Error(name)) };
  }

  it('let so many in at a time, and the others in the order in which they came', async () => {
    const log: string[] = [];
    const slots = createSlots(2);
    const two = [begin(slots, log, 'one'), begin(slots, log, 'two')];
    const waiting = [begin(slots, log, 'three'), begin(slots, log, 'four')];
    assert.deepEqual(log, ['one', 'two']);
    two[0]?.end();
    assert.equal(await two[0]?.done, 'one');
    // Who comes when a place becomes free does not get in before those who waited.
    waiting.push(begin(slots, log, 'five'));
    await setImmediate();
    assert.deepEqual(log, ['one', 'two', 'three']);
    for (const work of [...two, ...waiting]) work.end();
    await Promise.all([...two, ...waiting].map(({ done }) => done));
    assert.deepEqual(log, ['one', 'two', 'three', 'four', 'five']);
  });

  it('are free again after work that failed', async () => {
    const log: string[] = [];
    const slots = createSlots(1);
    const failing = begin(slots, log, 'failing');
    const next = begin(slots, log, 'next');
    failing.fail();
    await assert.rejects(failing.done, /failing/);
    next.end();
    assert.equal(await next.done, 'next');
    assert.equal(await slots(async () => 'later'), 'later');
  });
});
