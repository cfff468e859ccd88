import assert from 'node:assert/strict';
import { addDays, describeSpan, kubernetesTime } from '../../../src/domain/credentials/instants.ts';

const minute = 60_000;

describe('instants', () => {
  it('are written in UTC with whole seconds, cut off', () => {
    assert.equal(kubernetesTime(new Date('2026-01-01T10:20:30.999+02:00')), '2026-01-01T08:20:30Z');
  });

  it('count a day as 24 hours, over leap days and back', () => {
    assert.equal(addDays('2028-02-28T12:00:00Z', 2).toISOString(), '2028-03-01T12:00:00.000Z');
    assert.equal(addDays(new Date('2026-03-29T12:00:00Z'), -1).toISOString(), '2026-03-28T12:00:00.000Z');
  });

  for (const [minutes, said] of [
    [1, '1 minute'],
    [59, '59 minutes'],
    [60, '1 hour'],
    [90, '90 minutes'],
    [120, '2 hours'],
    [1_440, '1 day'],
    [2_160, '36 hours'],
    [10_080, '7 days'],
  ] as const) {
    it(`say ${said} of ${minutes} minutes`, () => assert.equal(describeSpan(minutes * minute), said));
  }
});
