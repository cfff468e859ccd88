import assert from 'node:assert/strict';
import { mock } from 'node:test';
import { createQueue, type Queue } from '../../src/controller/queue.ts';

const minute = 60_000;
const day = 24 * 60 * minute;

describe('queue', () => {
  let ready = 0;
  let queue: Queue;

  beforeEach(() => {
    mock.timers.enable({ apis: ['setTimeout', 'Date'], now: 1_000_000 });
    ready = 0;
    queue = createQueue({ now: Date.now, onReady: () => (ready += 1) });
  });

  afterEach(() => {
    queue.stop();
    mock.timers.reset();
  });

  /** In steps, as time passes: a timer that is set within one long step would be late. */
  function pass(milliseconds: number): void {
    for (let left = milliseconds; left > 0; left -= minute) mock.timers.tick(Math.min(left, minute));
  }

  function takeAll(): string[] {
    const taken: string[] = [];
    for (let key = queue.take(); key !== undefined; key = queue.take()) {
      taken.push(key);
      queue.done(key);
    }
    return taken;
  }

  it('gives keys in the order in which they came, each once', () => {
    for (const key of ['a', 'b', 'a', 'c', 'b']) queue.add(key);
    assert.equal(queue.depth(), 3);
    assert.deepEqual(takeAll(), ['a', 'b', 'c']);
    assert.equal(queue.depth(), 0);
  });

  it('gives a key to one at a time, and again when it was wanted meanwhile', () => {
    queue.add('a');
    assert.equal(queue.take(), 'a');
    queue.add('a');
    queue.add('a');
    assert.equal(queue.take(), undefined);
    assert.equal(queue.depth(), 0);
    queue.done('a');
    assert.deepEqual(takeAll(), ['a']);
  });

  it('says each time that there is something to take', () => {
    queue.add('a');
    queue.add('a');
    assert.equal(ready, 1);
    queue.take();
    queue.add('a');
    assert.equal(ready, 1, 'not yet');
    queue.done('a');
    assert.equal(ready, 2);
  });

  it('gives changes before resyncs', () => {
    for (const key of ['r1', 'r2']) queue.add(key, 'resync');
    for (const key of ['c1', 'c2']) queue.add(key);
    assert.deepEqual(takeAll(), ['c1', 'c2', 'r1', 'r2']);
  });

  it('gives a resync its turn after four changes, however many more there are', () => {
    for (const key of ['r1', 'r2']) queue.add(key, 'resync');
    for (let index = 0; index < 9; index++) queue.add(`c${index}`);
    assert.deepEqual(takeAll(), ['c0', 'c1', 'c2', 'c3', 'r1', 'c4', 'c5', 'c6', 'c7', 'r2', 'c8']);
  });

  it('starves neither when both lanes are never empty', () => {
    const taken = { change: 0, resync: 0 };
    for (let round = 0; round < 1_000; round++) {
      queue.add(`c${round}`);
      queue.add(`r${round}`, 'resync');
      const key = queue.take() ?? assert.fail('nothing to take');
      taken[key.startsWith('c') ? 'change' : 'resync'] += 1;
      queue.done(key);
    }
    assert.deepEqual(taken, { change: 800, resync: 200 });
  });

  it('moves a key that waits for its resync up when it changes, and not back', () => {
    queue.add('a', 'resync');
    queue.add('b', 'resync');
    queue.add('b');
    queue.add('b', 'resync');
    assert.deepEqual(takeAll(), ['b', 'a']);
  });

  it('remembers that it was a change that wanted a key again', () => {
    queue.add('a');
    queue.take();
    queue.add('a');
    queue.add('a', 'resync');
    queue.add('b', 'resync');
    queue.done('a');
    assert.deepEqual(takeAll(), ['a', 'b']);
  });

  it('gives a key at its instant, and not before', () => {
    queue.addAt('a', new Date(Date.now() + 1_500));
    mock.timers.tick(1_499);
    assert.equal(queue.take(), undefined);
    mock.timers.tick(1);
    assert.equal(queue.take(), 'a');
  });

  it('counts the earliest of several instants', () => {
    queue.addAt('a', new Date(Date.now() + 5_000));
    queue.addAt('a', new Date(Date.now() + 2_000));
    queue.addAt('a', new Date(Date.now() + 9_000));
    mock.timers.tick(2_000);
    assert.deepEqual(takeAll(), ['a']);
    pass(10_000);
    assert.deepEqual(takeAll(), []);
  });

  it('gives several keys, each at its own instant', () => {
    for (const [key, seconds] of [
      ['c', 30],
      ['a', 10],
      ['b', 20],
    ] as const)
      queue.addAt(key, new Date(Date.now() + seconds * 1_000));
    for (const key of ['a', 'b', 'c']) {
      mock.timers.tick(10_000);
      assert.deepEqual(takeAll(), [key]);
    }
  });

  it('takes an instant that has passed for now', () => {
    queue.addAt('a', new Date(0));
    mock.timers.tick(1);
    assert.deepEqual(takeAll(), ['a']);
  });

  it('forgets an instant that is cancelled', () => {
    queue.addAt('a', new Date(Date.now() + 1_000));
    queue.addAt('b', new Date(Date.now() + 2_000));
    queue.cancel('a');
    mock.timers.tick(1_000);
    assert.deepEqual(takeAll(), []);
    mock.timers.tick(1_000);
    assert.deepEqual(takeAll(), ['b']);
  });

  it('waits 60 days, though setTimeout fires at once for more than 24.8', () => {
    queue.addAt('a', new Date(Date.now() + 60 * day));
    mock.timers.tick(1);
    assert.equal(queue.take(), undefined);
    pass(60 * day - 1);
    assert.equal(queue.take(), 'a');
  });

  it('waits for the year 9999 of an expiry that means never', () => {
    queue.addAt('a', new Date('9999-12-31T23:59:59Z'));
    pass(day);
    assert.equal(queue.take(), undefined);
  });

  it('notices within ten minutes that the clock was set or the machine slept', () => {
    let now = 0;
    const slept = createQueue({ now: () => now, onReady() {} });
    slept.addAt('a', new Date(5 * day));
    now = 6 * day;
    pass(10 * minute);
    assert.equal(slept.take(), 'a');
    slept.stop();
  });

  it('tells how long the oldest has waited, in either lane, and 0 when none waits', () => {
    assert.equal(queue.oldestAge(), 0);
    queue.add('b', 'resync');
    mock.timers.tick(500);
    queue.add('a');
    mock.timers.tick(500);
    assert.equal(queue.oldestAge(), 1_000);
    queue.add('b');
    assert.equal(queue.oldestAge(), 1_000, 'it has become a change, and waits no less long');
    assert.deepEqual(takeAll(), ['a', 'b']);
    assert.equal(queue.oldestAge(), 0);
  });

  it('forgets every key and instant when it is cleared, but not who works on what', () => {
    queue.add('a');
    queue.add('w');
    queue.take();
    queue.add('a');
    queue.add('r', 'resync');
    queue.addAt('t', new Date(Date.now() + 1_000));
    queue.clear();
    mock.timers.tick(1_000);
    assert.equal(queue.depth(), 0);
    queue.add('a');
    assert.equal(queue.take(), undefined, 'a is in work');
    queue.done('a');
    assert.deepEqual(takeAll(), ['a']);
  });
});
