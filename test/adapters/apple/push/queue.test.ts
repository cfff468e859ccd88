import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Queue } from '../../../../src/adapters/apple/push/queue.ts';

describe('Queue', () => {
  it('is an array with push, unshift, shift and splice', () => {
    const step = fc.oneof(
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('add' as const), count: fc.integer({ min: 1, max: 2_000 }) }),
      },
      {
        weight: 5,
        arbitrary: fc.record({ kind: fc.constant('take' as const), count: fc.integer({ min: 1, max: 3_000 }) }),
      },
      {
        weight: 2,
        arbitrary: fc.record({ kind: fc.constant('addFirst' as const), count: fc.integer({ min: 1, max: 5 }) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('takeAll' as const), count: fc.constant(1) }) },
    );
    const property = fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      const [queue, model] = [new Queue<number>(), [] as number[]];
      let next = 0;
      for (const { kind, count } of steps) {
        for (let index = 0; index < count; index++) {
          next += 1;
          if (kind === 'take') assert.equal(queue.take(), model.shift());
          if (kind === 'takeAll') assert.deepEqual(queue.takeAll(), model.splice(0));
          if (kind === 'add') {
            queue.add(next);
            model.push(next);
          }
          if (kind === 'addFirst') {
            queue.addFirst(next);
            model.unshift(next);
          }
        }
        assert.equal(queue.size, model.length);
      }
      assert.deepEqual(queue.takeAll(), model);
    });
    fc.assert(property, { numRuns: 50 });
  });
});
