import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { RevisionMeta } from '../../../../src/domain/credentials/promotion/observed.ts';
import {
  highestRevision,
  revisionSecretName,
  revisionsToPrune,
} from '../../../../src/domain/credentials/promotion/revisions.ts';

function kept(...numbers: number[]): RevisionMeta[] {
  return numbers.map((revision) => ({
    revision,
    fingerprint: `f${revision}`,
    secretName: `apple-rev-${revision}`,
    uid: `u${revision}`,
    resourceVersion: '1',
    createdAt: '2026-01-01T00:00:00Z',
  }));
}

const live = { uid: 'u', resourceVersion: '1', ours: true };

describe('the highest revision number ever given', () => {
  const rows: [
    what: string,
    numbers: number[],
    marks: { revision?: number; highestRevision?: number } | undefined,
    highest: number,
  ][] = [
    ['0 before the first', [], undefined, 0],
    ['that of the newest revision Secret', [1, 2, 3], { revision: 2 }, 3],
    ['that of the live Secret, when its revision Secret was deleted', [1, 2], { revision: 5 }, 5],
    ['that which the live Secret remembers, when the newest were pruned', [1], { revision: 1, highestRevision: 9 }, 9],
    ['that of a revision whose promotion was broken off', [4, 7], { revision: 4, highestRevision: 4 }, 7],
  ];
  for (const [what, numbers, marks, highest] of rows) {
    it(`is ${what}`, () => assert.equal(highestRevision(kept(...numbers), marks && { ...live, ...marks }), highest));
  }
});

describe('revisions to prune', () => {
  const rows: [numbers: number[], limit: number, keep: (number | undefined)[], pruned: number[]][] = [
    [[1, 2, 3], 3, [3], []],
    [[1, 2, 3, 4], 3, [4], [1]],
    [[1, 2, 3, 4], 3, [1], [2]],
    [[1, 2, 3, 4], 1, [4], [1, 2, 3]],
    [[1, 2, 3, 4], 1, [1], [2, 3, 4]],
    [[1, 2, 3, 4], 1, [1, 2], [3, 4]],
    [[1, 2, 3, 4], 1, [4, 4], [1, 2, 3]],
    [[1, 2, 3, 4], 2, [4, 9], [1, 2]],
    [[1, 2, 3], 0, [4], [1, 2, 3]],
    [[1, 2, 3], 2, [4, undefined], [1]],
    [[], 3, [1], []],
  ];
  for (const [numbers, limit, keep, pruned] of rows) {
    it(`of ${numbers.join(' ') || 'none'}, ${limit} beside ${keep.join(' ')}: ${pruned.join(' ') || 'none'}`, () => {
      const found = revisionsToPrune(kept(...numbers), limit, keep);
      assert.deepEqual(
        found.map(({ revision }) => revision),
        pruned,
      );
    });
  }

  it('never holds one that is to be kept, nor more than are beyond the limit; the lowest numbers go', () => {
    const numbers = fc
      .uniqueArray(fc.integer({ min: 1, max: 30 }))
      .map((found) => found.sort((one, other) => one - other));
    fc.assert(
      fc.property(
        numbers,
        fc.nat(6),
        fc.array(fc.integer({ min: 1, max: 30 }), { maxLength: 2 }),
        (all, limit, keep) => {
          const pruned = revisionsToPrune(kept(...all), limit, keep).map(({ revision }) => revision);
          const left = all.filter((number) => !pruned.includes(number));
          assert.ok(pruned.every((number) => !keep.includes(number)));
          const free = left.filter((number) => !keep.includes(number));
          assert.ok(free.every((number) => pruned.every((gone) => gone < number)));
          const fixed = new Set(all.filter((number) => keep.includes(number))).size;
          assert.equal(left.length, Math.min(all.length, Math.max(limit, fixed)));
        },
      ),
    );
  });
});

describe('the name of a revision Secret', () => {
  it('is that of the WalletCredential with the number', () => {
    assert.equal(revisionSecretName('apple', 12), 'apple-rev-12');
  });
});
