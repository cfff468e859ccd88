import assert from 'node:assert/strict';
import { identifier } from '../../src/demo-data/identifier.ts';
import { createRandom } from '../../src/demo-data/random.ts';

describe('random choices by name', () => {
  it('are the same for the same name, and others for another', () => {
    const first = (...name: (string | number)[]): number[] => {
      const random = createRandom(...name);
      return [random.bits(), random.bits(), random.bits()];
    };
    assert.deepEqual(first('seed', 1, 2), first('seed', 1, 2));
    assert.notDeepEqual(first('seed', 1, 2), first('seed', 12));
    assert.notDeepEqual(first('seed', 1, 2), first('seed', 2, 1));
  });

  it('stay within their bounds and reach all of it', () => {
    const random = createRandom('bounds');
    const drawn = Array.from({ length: 10_000 }, () => random.integer(3, 7));
    assert.deepEqual(new Set(drawn), new Set([3, 4, 5, 6, 7]));
    const fractions = Array.from({ length: 10_000 }, () => random.fraction());
    assert.ok(fractions.every((value) => value >= 0 && value < 1));
    const mean = fractions.reduce((sum, value) => sum + value, 0) / fractions.length;
    assert.ok(Math.abs(mean - 0.5) < 0.02, `mean ${mean}`);
    const chosen = Array.from({ length: 10_000 }, () => random.chance(0.2)).filter(Boolean).length;
    assert.ok(Math.abs(chosen - 2_000) < 200, `${chosen} of 10,000`);
    assert.throws(() => random.pick([]), RangeError);
  });

  it('make ids in the form of UUIDv7, which sort by their instants', () => {
    const random = createRandom('ids');
    const instants = Array.from({ length: 1_000 }, (_, index) => index * 86_400_000);
    const ids = instants.map((instant) => identifier(random, instant));
    for (const id of ids) assert.match(id, /^[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
    assert.deepEqual(ids.toSorted(), ids);
    assert.equal(new Set(Array.from({ length: 10_000 }, () => identifier(random, 0))).size, 10_000);
  });
});
