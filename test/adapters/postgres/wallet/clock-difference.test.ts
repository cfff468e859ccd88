import assert from 'node:assert/strict';
import { createClockDifference } from '../../../../src/adapters/postgres/wallet/clock-difference.ts';

describe('the difference to the clock of the database', () => {
  it('is known within the time that an answer took', () => {
    const clock = createClockDifference();
    clock.observe(100, 5_010, 120);
    assert.equal(clock.local(5_010), 110);
  });

  it('becomes narrower with each answer', () => {
    const clock = createClockDifference();
    clock.observe(100, 5_150, 300);
    clock.observe(400, 5_401, 402);
    assert.equal(clock.local(5_401), 401);
    clock.observe(500, 5_590, 900);
    assert.equal(clock.local(5_401), 401);
  });

  it('begins anew when a clock was set', () => {
    const clock = createClockDifference();
    clock.observe(100, 5_101, 102);
    clock.observe(200, 9_201, 202);
    assert.equal(clock.local(9_201), 201);
  });
});
