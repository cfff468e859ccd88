import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { googleError } from '../support/fake-google/google-error.ts';
import { type Card, createSyncWorld, namesAt, type SyncWorld } from './sync-world.ts';

describe('sync-wallets', () => {
  let world: SyncWorld;

  before(async () => {
    world = await createSyncWorld();
  });
  beforeEach(() => world.clear());
  after(() => world[Symbol.asyncDispose]());

  it('sends the newest version of every stale pass to both wallets, once', async () => {
    const { cards } = await world.merchant(20);
    await world.rename('name-1');
    await world.rename('name-2');
    const end = await world.run();
    assert.equal(end.exitCode, 0);
    assert.equal(end.run.state, 'done');
    for (const card of cards) {
      assert.deepEqual(namesAt(world.google, card), ['name-2']);
      assert.equal(world.apns.record.taken(card.pushToken), 1);
      for (const platform of ['google', 'apple'] as const) {
        const pass = await world.pass(card, platform);
        assert.deepEqual([pass.stale_since, pass.synced_version, pass.claimed_by], [null, 3, null]);
      }
    }
    await world.run();
    assert.equal(world.apns.record.taken(cards[0]?.pushToken ?? ''), 1);
    assert.equal(namesAt(world.google, cards[0] as Card).length, 1);
  });

  it('leaves a pass stale from the claim on when its card changes while it is sent', async () => {
    const { cards } = await world.merchant(1);
    const [card] = cards as [Card];
    await world.rename('name-1');
    let changed: Promise<void> | undefined;
    world.google.interfere = () => {
      changed ??= world.rename('name-2', [card]);
      return { delayMilliseconds: 300 };
    };
    await world.run({ platforms: ['google'] });
    await changed;
    assert.deepEqual([(await world.pass(card)).synced_version, (await world.pass(card)).claimed_by], [2, null]);
    assert.notEqual((await world.pass(card)).stale_since, null);
    await world.save(card);
    await world.run({ platforms: ['google'] });
    assert.equal(namesAt(world.google, card).at(-1), 'name-2');
    assert.equal((await world.pass(card)).stale_since, null);
  });

  it('names a card that Google refuses, and tries it again when it changes', async () => {
    const { cards, merchantId } = await world.merchant(3);
    const [bad] = cards as [Card];
    world.google.interfere = ({ id }) =>
      id === bad.objectId ? { reply: googleError('permissionDenied', 'no') } : undefined;
    await world.rename('name-1');
    const end = await world.run({ platforms: ['google'] });
    assert.deepEqual([end.exitCode, end.run.state, end.failed.ids], [10, 'failed', [bad.cardId]]);
    const pass = await world.pass(bad);
    assert.deepEqual([pass.last_reason, pass.attempts, pass.next_attempt_at], ['CardRefused', 1, Infinity]);
    const [failure] = await world.database('run_failures').where({ run_id: end.run.id });
    assert.deepEqual(
      [failure?.merchant_id, failure?.card_id, failure?.platform, failure?.reason],
      [merchantId, bad.cardId, 'google', 'CardRefused'],
    );
    assert.equal(await world.stale('google'), 1);
    const calls = world.google.requests.length;
    assert.equal((await world.run({ platforms: ['google'] })).exitCode, 0);
    assert.equal(world.google.requests.length, calls);
    world.google.interfere = () => undefined;
    await world.rename('name-2', [bad]);
    await world.run({ platforms: ['google'] });
    assert.deepEqual([(await world.pass(bad)).stale_since, (await world.pass(bad)).attempts], [null, 0]);
  });

  it('sends what failed in a run again when it is asked to, without waiting', async () => {
    const { cards } = await world.merchant(2);
    world.google.interfere = () => ({ reply: googleError('badRequest') });
    await world.rename('name-1');
    const { run } = await world.run({ platforms: ['google'] });
    world.google.interfere = () => undefined;
    const end = await world.run({ platforms: ['google'], failuresOf: run.id });
    assert.deepEqual([end.exitCode, end.cards], [0, 2]);
    assert.deepEqual(namesAt(world.google, cards[0] as Card), ['name-1']);
    assert.equal(end.run.fullRun, true);
  });

  it('makes nothing dead in a dozen runs of 429, and puts nothing off', async () => {
    await world.merchant(3);
    await world.rename('name-1');
    world.google.interfere = () => ({ reply: googleError('tooManyRequests') });
    for (let count = 0; count < 12; count += 1) {
      const end = await world.run({ platforms: ['google'] });
      assert.equal(end.exitCode, 0);
    }
    const passes = await world.database('passes').where({ platform: 'google' });
    assert.deepEqual(
      passes.map(({ attempts, last_reason: reason }) => [attempts, reason]),
      [0, 1, 2].map(() => [0, 'Throttled']),
    );
    world.google.interfere = () => undefined;
    assert.equal((await world.run({ platforms: ['google'] })).cards, 3);
  });

  it('tries what Google did not answer for again after five minutes, then longer, and at last once a day', async () => {
    const { cards } = await world.merchant(1);
    const [card] = cards as [Card];
    await world.rename('name-1');
    world.google.interfere = () => ({ reply: googleError('backendError') });
    for (let attempt = 1; attempt <= 11; attempt += 1) {
      const end = await world.run({ platforms: ['google'], cards: [card.cardId] });
      const { attempts, next_attempt_at: next } = await world.pass(card);
      const minutes = (Number(next) - end.run.startedAt.getTime()) / 60_000;
      const expected = attempt >= 10 ? 1_440 : Math.min(1_440, 5 * 2 ** (attempt - 1));
      assert.equal(attempts, attempt);
      assert.ok(minutes >= expected - 0.1 && minutes < expected + 2, `${minutes} instead of ${expected}`);
      await world.database('passes').update({ claimed_until: null });
    }
    await world.run({ platforms: ['google'] });
    assert.equal((await world.pass(card)).attempts, 11);
    world.google.interfere = () => undefined;
    await world.rename('name-2');
    await world.run({ platforms: ['google'] });
    assert.deepEqual([(await world.pass(card)).stale_since, (await world.pass(card)).attempts], [null, 0]);
  });

  it('sends dead passes at once when a new credential goes live', async () => {
    const { cards } = await world.merchant(1);
    await world.rename('name-1');
    await world.run({ platforms: ['google'], cards: [(cards[0] as Card).cardId] });
    const tomorrow = new Date(Date.now() + 86_400_000);
    await world
      .database('passes')
      .where({ platform: 'google' })
      .update({ stale_since: new Date(), attempts: 12, next_attempt_at: tomorrow });
    assert.equal((await world.run({ platforms: ['google'] })).cards, 0);
    world.credentials.google = { ...world.credentials.google, fingerprint: 'b'.repeat(64) };
    assert.equal((await world.run({ platforms: ['google'] })).cards, 1);
  });

  it('lets no pass rest of a merchant of few while another has many', async () => {
    const large = await world.merchant(400);
    const small = await world.merchant(3);
    await world.rename('name-1');
    const order: string[] = [];
    const stopping = new AbortController();
    world.google.interfere = ({ kind, method, id }) => {
      if (kind === 'loyaltyObject' && method === 'PATCH') order.push(id.includes(small.merchantId) ? 'small' : 'large');
      if (order.filter((which) => which === 'small').length === 3) stopping.abort();
      return undefined;
    };
    await world.run({ platforms: ['google'], ratePerSecond: 50, stopping: stopping.signal });
    assert.ok(order.lastIndexOf('small') < 60, order.join(' '));
    assert.ok((await world.pass(large.cards[399] as Card)).stale_since !== null);
  });

  it('gives back what it claimed and has not sent when it is told to stop, and exits with 75', async () => {
    await world.merchant(100);
    await world.rename('name-1');
    const stopping = new AbortController();
    world.google.interfere = () => {
      stopping.abort();
      return undefined;
    };
    const key = randomUUID();
    const end = await world.run({ platforms: ['google'], ratePerSecond: 20, stopping: stopping.signal, key });
    assert.deepEqual([end.exitCode, end.run.state], [75, 'running']);
    assert.equal(await world.database('passes').whereNotNull('claimed_by').first(), undefined);
    world.google.interfere = () => undefined;
    const next = await world.run({ platforms: ['google'], key });
    assert.deepEqual([next.run.id, next.run.state, next.cards], [end.run.id, 'done', 100]);
  });

  it('patches what no customer has at most once a day, and at once when somebody saves it', async () => {
    const { cards } = await world.merchant(1);
    const [card] = cards as [Card];
    await world.database('passes').where({ platform: 'google' }).update({ saved: false });
    await world.rename('name-1');
    assert.equal((await world.run({ platforms: ['google'] })).cards, 1);
    await world.rename('name-2');
    assert.equal((await world.run({ platforms: ['google'] })).cards, 0);
    world.google.wallet.setUsers(card.objectId, true);
    await world
      .database('passes')
      .where({ platform: 'google' })
      .update({ next_attempt_at: new Date(0) });
    assert.equal((await world.run({ platforms: ['google'] })).cards, 1);
    assert.equal((await world.pass(card)).saved, true);
    await world.rename('name-3');
    assert.equal((await world.run({ platforms: ['google'] })).cards, 1);
  });

  it('tells customers of three changes in 24 hours, and sends the others without a word', async () => {
    const { cards } = await world.merchant(1);
    const [card] = cards as [Card];
    await world.rename('name-0');
    await world.run({ platforms: ['google'] });
    await world.save(card);
    for (let count = 1; count <= 5; count += 1) {
      await world.rename(`name-${count}`);
      assert.equal((await world.run({ platforms: ['google'] })).exitCode, 0);
    }
    assert.equal(namesAt(world.google, card).at(-1), 'name-5');
    assert.ok((world.google.wallet.find(card.objectId)?.notified.length ?? 0) <= 3);
  });

  it('sends what the wallets have already only with --full, as another version', async () => {
    const { cards } = await world.merchant(2);
    const [card] = cards as [Card, Card];
    assert.equal((await world.run({ cards: [card.cardId] })).cards, 0);
    const end = await world.run({ cards: [card.cardId], full: true });
    assert.equal(end.cards, 2);
    assert.equal(world.apns.record.taken(card.pushToken), 1);
    assert.equal((await world.pass(card, 'apple')).synced_version, 2);
    assert.equal((await world.run({ full: true })).cards, 4);
  });
});
