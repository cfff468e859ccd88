import assert from 'node:assert/strict';
import { type CallbackKeys, openCallbackKeys } from '../../../../src/adapters/google/wallet/callback-keys.ts';
import { type FakeGoogle, startFakeGoogle } from '../../../support/fake-google/fake-google.ts';

describe("the keys of Google's callbacks", () => {
  let google: FakeGoogle;
  let keys: CallbackKeys;
  let now: number;
  beforeEach(async () => {
    google = await startFakeGoogle();
    now = Date.now();
    keys = openCallbackKeys({ url: google.callbackKeysUrl, now: () => new Date(now) });
  });
  afterEach(() => google.close());

  it('are kept as long as Cache-Control says', async () => {
    const first = await keys.current();
    assert.deepEqual(first.map(({ protocolVersion }) => protocolVersion), ['ECv1', 'ECv2SigningOnly']); // prettier-ignore
    google.callbacks.rollOver();
    now += 3_599_000;
    assert.deepEqual(await keys.current(), first);
    now += 2_000;
    assert.notDeepEqual(await keys.current(), first);
    assert.equal(google.requests.length, 2);
  });

  it('are read anew for a callback that none of them has signed, at most once a minute', async () => {
    const first = await keys.current();
    google.callbacks.rollOver();
    assert.equal(await keys.newer(), undefined);
    now += 60_001;
    const [newer, again] = await Promise.all([keys.newer(), keys.newer()]);
    assert.notDeepEqual(newer, first);
    assert.deepEqual(again, newer);
    assert.equal(await keys.newer(), undefined);
    assert.equal(google.requests.length, 2);
  });

  it('stay in use while the list cannot be had', async () => {
    const first = await keys.current();
    google.inject('callback keys', 'reset');
    now += 86_400_000;
    assert.deepEqual(await keys.current(), first);
    assert.equal(await keys.newer(), undefined);
  });

  it('are an error when there never were any', async () => {
    google.inject('callback keys', { reply: { status: 500, text: 'oops' } });
    await assert.rejects(keys.current(), /answered 500/);
  });
});
