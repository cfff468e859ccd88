import assert from 'node:assert/strict';
import { googleError } from '../support/fake-google/google-error.ts';
import { passTypeIdentifier } from '../support/sources.ts';
import {
  type Card,
  createIdentity,
  createSyncWorld,
  issuerId,
  liveGoogle,
  namesAt,
  type SyncWorld,
} from './sync-world.ts';

describe('sync-wallets and Apple', () => {
  let world: SyncWorld;

  before(async () => {
    world = await createSyncWorld();
  });
  beforeEach(() => world.clear());
  after(() => world[Symbol.asyncDispose]());

  const run = (more = {}) => world.run({ platforms: ['apple'], ...more });
  const registration = async ({ cardId }: Card) => world.database('registrations').where({ card_id: cardId }).first();

  it('2xx: a pass is stale until every device has taken a push', async () => {
    const { cards } = await world.merchant(1);
    const [card] = cards as [Card];
    await addDevice(card, 'second', 'b'.repeat(64));
    world.apns.injectPush(({ deviceToken }) =>
      deviceToken === card.pushToken ? { reply: { status: 503, reason: 'ServiceUnavailable' } } : undefined,
    );
    world.apns.devices.register('b'.repeat(64), passTypeIdentifier);
    await world.rename('name-1');
    assert.equal((await run()).exitCode, 10);
    assert.notEqual((await world.pass(card, 'apple')).stale_since, null);
    world.apns.injectPush(() => undefined);
    await run({ cards: [card.cardId] });
    assert.equal((await world.pass(card, 'apple')).stale_since, null);
    assert.deepEqual([world.apns.record.taken(card.pushToken), world.apns.record.taken('b'.repeat(64))], [1, 1]);
  });

  async function addDevice({ merchantId, cardId }: Card, id: string, token: string): Promise<void> {
    const device = { id: `${id}-${cardId}`, pass_type: passTypeIdentifier, push_token: token };
    await world.database('devices').insert(device);
    const key = { merchant_id: merchantId, card_id: cardId, device_id: device.id };
    await world.database('registrations').insert({ ...key, pass_type: passTypeIdentifier });
  }

  it('a pass that no device has is not stale', async () => {
    const { cards } = await world.merchant(1);
    await world.database('registrations').delete();
    await world.rename('name-1');
    assert.equal((await run()).exitCode, 0);
    assert.equal((await world.pass(cards[0] as Card, 'apple')).stale_since, null);
  });

  it('a device with several passes is pushed once', async () => {
    const { cards } = await world.merchant(3);
    const token = (cards[0] as Card).pushToken;
    await world.database('devices').update({ push_token: token });
    await world.rename('name-1');
    assert.equal((await run()).cards, 3);
    assert.equal(world.apns.record.taken(token), 1);
  });

  for (const reason of ['Unregistered', 'ExpiredToken'] as const) {
    it(`410 ${reason}: the registration is marked gone, and the pass is not stale`, async () => {
      const { cards } = await world.merchant(2);
      const [card] = cards as [Card];
      world.apns.devices.unregister(card.pushToken, new Date(Date.now() + 1_000), reason);
      await world.rename('name-1');
      assert.equal((await run()).exitCode, 0);
      assert.notEqual((await registration(card))?.gone_at, null);
      const pass = await world.pass(card, 'apple');
      assert.deepEqual([pass.stale_since, pass.saved], [null, false]);
      await world.rename('name-2');
      await run();
      assert.equal(world.apns.record.decisions.filter(({ deviceToken }) => deviceToken === card.pushToken).length, 1);
    });
  }

  it('410 of a time before the registration: it stays, and is tried again after 15 minutes', async () => {
    const { cards } = await world.merchant(1);
    const [card] = cards as [Card];
    world.apns.devices.unregister(card.pushToken, new Date(Date.now() - 3_600_000));
    await world.rename('name-1');
    const end = await run();
    assert.equal((await registration(card))?.gone_at, null);
    const pass = await world.pass(card, 'apple');
    assert.equal(pass.last_reason, 'ApnsBusy');
    const minutes = (Number(pass.next_attempt_at) - end.run.startedAt.getTime()) / 60_000;
    assert.ok(minutes > 14.9 && minutes < 17, String(minutes));
  });

  it('400 BadDeviceToken, DeviceTokenNotForTopic: failed for good, and the registration is never removed', async () => {
    const { cards } = await world.merchant(3);
    const [unknown, other] = cards as [Card, Card, Card];
    await world
      .database('devices')
      .where({ id: unknown.cardId })
      .update({ push_token: 'c'.repeat(64) });
    world.apns.devices.register(other.pushToken, 'pass.com.example.other');
    await world.rename('name-1');
    const end = await run();
    assert.deepEqual([end.exitCode, end.cards], [10, 1]);
    assert.deepEqual(
      end.failed.reasons.map(({ reason, cards: count }) => [reason, count]),
      [['BadDeviceToken', 2]],
    );
    for (const card of [unknown, other]) {
      assert.deepEqual(
        [(await registration(card))?.gone_at, (await registration(card))?.last_reason],
        [null, 'BadDeviceToken'],
      );
      assert.equal((await world.pass(card, 'apple')).next_attempt_at, Infinity);
    }
  });

  it('400 for every push of the topic: Apple is stopped, and no pass has failed', async () => {
    const { cards } = await world.merchant(8);
    await world.database('devices').update({ push_token: world.database.raw("md5(id) || md5('x' || id)") });
    await world.rename('name-1');
    const end = await world.run();
    assert.deepEqual([end.exitCode, end.run.state, end.failed.ids], [10, 'partial', []]);
    const apple = end.platforms.find(({ platform }) => platform === 'apple');
    assert.equal(apple?.stop?.outcome, 'TopicRefused');
    for (const card of cards) {
      assert.deepEqual(namesAt(world.google, card), ['name-1']);
      const pass = await world.pass(card, 'apple');
      assert.deepEqual([pass.attempts, pass.last_reason], [0, 'TopicRefused']);
    }
    const [stopped] = await world.database('wallet_platforms').where({ platform: 'apple' });
    assert.equal(stopped?.stopped_reason, 'TopicRefused');
    for (const { push_token: token } of await world.database('devices'))
      world.apns.devices.register(token, passTypeIdentifier);
    assert.equal((await world.run()).exitCode, 0);
    const [resumed] = await world.database('wallet_platforms').where({ platform: 'apple' });
    assert.equal(resumed?.stopped_at, null);
  });

  for (const [status, reason] of [
    [429, 'TooManyRequests'],
    [500, 'InternalServerError'],
    [503, 'Shutdown'],
  ] as const) {
    it(`${status} ${reason}: tried again after 15 minutes`, async () => {
      const { cards } = await world.merchant(1);
      world.apns.injectPush(() => ({ reply: { status, reason } }));
      await world.rename('name-1');
      const end = await run();
      const pass = await world.pass(cards[0] as Card, 'apple');
      const minutes = (Number(pass.next_attempt_at) - end.run.startedAt.getTime()) / 60_000;
      assert.deepEqual([end.exitCode, pass.last_reason, pass.attempts], [10, 'ApnsBusy', 1]);
      assert.ok(minutes > 14.9 && minutes < 17, String(minutes));
    });
  }

  it('a revoked certificate stops Apple, and Google goes on', async () => {
    const { cards } = await world.merchant(3);
    world.apns.injectPush(() => ({ reply: { status: 403, reason: 'BadCertificate' } }));
    await world.rename('name-1');
    const end = await world.run();
    assert.equal(end.exitCode, 10);
    assert.equal(end.platforms.find(({ platform }) => platform === 'apple')?.stop?.outcome, 'CredentialRefused');
    for (const card of cards) assert.deepEqual(namesAt(world.google, card), ['name-1']);
    assert.equal(await world.stale('apple'), 3);
    assert.deepEqual(end.failed.ids, []);
  });

  for (const [what, outcome, refuse] of [
    ['invalid_grant', 'CredentialRefused', () => world.google.accounts.disable(world.account)],
    ['a permission that was lost', 'IssuerRefused', () => void world.google.issuers.set(issuerId, new Set())],
  ] as const) {
    it(`${what} stops Google, and Apple goes on`, async () => {
      const { cards } = await world.merchant(3);
      const before = new Map(world.google.issuers);
      refuse();
      try {
        await world.rename('name-1');
        const end = await world.run();
        assert.deepEqual([end.exitCode, end.failed.ids], [10, []]);
        assert.equal(end.platforms.find(({ platform }) => platform === 'google')?.stop?.outcome, outcome);
        for (const { pushToken } of cards) assert.equal(world.apns.record.taken(pushToken), 1);
        const [row] = await world.database('wallet_platforms').where({ platform: 'google' });
        assert.deepEqual([row?.stopped_reason, row?.stopped_run], [outcome, end.run.id]);
        assert.equal(await world.stale('google'), 3);
      } finally {
        const account = world.google.accounts.find(world.account.client_email);
        if (account) account.disabled = false;
        for (const [id, emails] of before) world.google.issuers.set(id, emails);
      }
      assert.equal((await world.run()).exitCode, 0);
      const [row] = await world.database('wallet_platforms').where({ platform: 'google' });
      assert.equal(row?.stopped_at, null);
    });
  }

  it('takes a credential that is replaced in the middle of a run, of either wallet, without a failure', async () => {
    await world.merchant(120);
    await world.rename('name-1');
    let calls = 0;
    world.google.interfere = () => {
      calls += 1;
      if (calls !== 30) return undefined;
      Object.assign(world.credentials, {
        google: liveGoogle(world.account, 'd'.repeat(64)),
        apple: createIdentity(),
      });
      return { reply: googleError('authError') };
    };
    const end = await world.run({ ratePerSecond: 300 });
    assert.deepEqual([end.exitCode, end.failed.reasons, end.cards], [0, [], 240]);
    const [google] = await world.database('wallet_platforms').where({ platform: 'google' });
    assert.equal(google?.fingerprint, 'd'.repeat(64));
  });

  it('sends what a program looks like to Google at once and to iPhones once in two hours, marked in batches', async () => {
    const { cards, merchantId } = await world.merchant(30);
    const [card] = cards as [Card];
    await world.rename('name-0');
    await world.run();
    await world
      .database('programs')
      .where({ merchant_id: merchantId })
      .update({ wallet_version: 3, points_name: 'stars' });
    for (const each of cards) await world.save(each);
    const end = await world.run();
    assert.equal(end.exitCode, 0);
    const apple = await world.pass(card, 'apple');
    const minutes = (Number(apple.stale_since) - end.run.startedAt.getTime()) / 60_000;
    assert.ok(minutes > 119 && minutes < 125, String(minutes));
    assert.equal(world.apns.record.taken(card.pushToken), 1);
    const [program] = await world.database('programs').where({ merchant_id: merchantId });
    assert.deepEqual([program?.wallet_marked_version, program?.wallet_mark_cursor], [3, null]);
    const [klass] = await world.database('google_classes').where({ merchant_id: merchantId });
    assert.equal(klass?.synced_version, 3);
    assert.match(JSON.stringify(world.google.wallet.find(card.objectId)?.resource), /stars/);
    await world.rename('name-1', [card]);
    await world.run();
    assert.equal(world.apns.record.taken(card.pushToken), 2);
  });
});
