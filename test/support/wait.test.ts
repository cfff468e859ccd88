import assert from 'node:assert/strict';
import { eventually } from './wait.ts';

describe('eventually', () => {
  it('gives back the first value that is neither false nor null', async () => {
    const looks = [false, null, 'there'];
    assert.equal(await eventually(() => looks.shift() ?? null, { describe: 'a value' }), 'there');
  });

  it('waits for an assertion to hold', async () => {
    let looks = 0;
    const check = (): void => {
      looks += 1;
      assert.equal(looks, 3);
    };
    await eventually(check, { describe: 'three looks' });
    assert.equal(looks, 3);
  });

  it('says at the deadline what it waited for and what was wrong the last time', async () => {
    const failure = new Error('still 4 Secrets');
    const waited = eventually(() => Promise.reject(failure), { describe: 'the Secret to go', deadlineSeconds: 0.05 });
    await assert.rejects(waited, (error: Error) => {
      assert.equal(error.message, 'waited 0.05 s for the Secret to go; last: still 4 Secrets');
      assert.equal(error.cause, failure);
      return true;
    });
  });

  it('ends at the deadline although a look does not come back', async () => {
    const waited = eventually(() => new Promise<void>(() => {}), { describe: 'nothing', deadlineSeconds: 0.05 });
    await assert.rejects(waited, /waited 0.05 s for nothing; last: the look itself did not come back/);
  });
});
