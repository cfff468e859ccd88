import assert from 'node:assert/strict';
import { microTime } from '../../../src/adapters/kubernetes/micro-time.ts';

describe('MicroTime', () => {
  it('has six digits', () => {
    assert.equal(microTime(new Date('2026-01-01T10:20:30.456Z')), '2026-01-01T10:20:30.456000Z');
    assert.equal(microTime(new Date('2026-01-01T10:20:30Z')), '2026-01-01T10:20:30.000000Z');
  });
});
