import assert from 'node:assert/strict';
import { ageOf } from './human-duration.ts';

const now = new Date('2020-01-01T00:00:00Z');
const [minute, hour, day] = [60, 3600, 86_400];

// From the table of k8s.io/apimachinery/pkg/util/duration.
const ages: [seconds: number, shown: string][] = [
  [0, '0s'],
  [-1, '0s'],
  [-2, '<invalid>'],
  [119, '119s'],
  [2 * minute, '2m'],
  [2 * minute + 1, '2m1s'],
  [10 * minute, '10m'],
  [179 * minute, '179m'],
  [3 * hour, '3h'],
  [3 * hour + 15 * minute, '3h15m'],
  [8 * hour, '8h'],
  [47 * hour, '47h'],
  [2 * day, '2d'],
  [2 * day + 4 * hour, '2d4h'],
  [8 * day, '8d'],
  [729 * day, '729d'],
  [730 * day, '2y'],
  [733 * day, '2y3d'],
  [9 * 365 * day, '9y'],
];

describe('ageOf', () => {
  for (const [seconds, shown] of ages) {
    it(`shows ${seconds} seconds as ${shown}`, () => {
      assert.equal(ageOf(new Date(now.getTime() - seconds * 1000).toISOString(), now), shown);
    });
  }

  it('does not know an instant that is not there', () => assert.equal(ageOf(undefined, now), '<unknown>'));
  it('finds one that is none invalid', () => assert.equal(ageOf('yesterday', now), '<invalid>'));
});
