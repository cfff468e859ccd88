import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { expireCards } from '../../../src/adapters/postgres/ledger/expire.ts';
import { type Answered, isProblem, type Json, sharedWorld, type Shop, walk, type World } from './world.ts';

const reason = 'Goodwill';

interface Restored {
  dry_run: boolean;
  points: number;
  restored: Json[];
  entries: Json[];
  card: Json;
}

describe('points by staff', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    const expiry = { mode: 'fixed', days: 10, rounding: 'none' };
    shop = await world.shop({ program: { expiry, warning_days: 3650 } });
  });

  const adjust = (cardId: string, body: Json): Promise<Answered> =>
    world.admin('POST', `/cards/${cardId}/adjust`, { body: { reason, ...body } });
  const restore = (cardId: string, body: Json = {}): Promise<Answered> =>
    world.admin('POST', `/cards/${cardId}/points/restore`, { body: { reason, ...body } });
  const audited = async (cardId: string, action: string): Promise<Json[]> =>
    walk((query) => world.admin('GET', `/audit?subject=${cardId}&action=${action}&${query}`));

  /** As expire-points will do it, ten days and more from now. */
  async function expire(cardId: string): Promise<void> {
    const asOf = new Date(Date.now() + 30 * 86_400_000);
    const cause = { actor: 'test', reason: null, reference: null, runId: null };
    await world.database.transaction(async (transaction) => {
      await expireCards(transaction, { merchantId: shop.merchantId, asOf, cards: [cardId], ...cause });
    });
  }

  it('are added with the expiry of the program, another one or none, and taken', async () => {
    const { id } = await shop.enrol();
    const far = new Date(Date.now() + 86_400_000).toISOString();
    const steps: [body: Json, expires: (at: unknown) => string | undefined][] = [
      [{ points: 100 }, (at) => new Date(Date.parse(String(at)) + 10 * 86_400_000).toISOString().slice(0, 10)],
      [{ points: 20, expires_at: far }, () => far.slice(0, 10)],
      [{ points: 3, expires_at: null, reference: 'Ticket 7' }, () => undefined],
    ];
    let balance = 0;
    for (const [body, expires] of steps) {
      const answer = await adjust(id, body);
      assert.equal(answer.status, 201, answer.text);
      const { entry, card } = answer.body as { entry: Json; card: Json };
      balance += Number(body['points']);
      assert.deepEqual(
        [entry['kind'], entry['points'], entry['balance_after'], entry['reason'], entry['reference']],
        ['adjust', body['points'], balance, reason, body['reference'] ?? null],
      );
      assert.match(String(entry['actor']), /^key:[0-9a-f-]{36}$/);
      assert.deepEqual([card['merchant_id'], card['balance']], [shop.merchantId, balance]);
      const soon = (card['expiring_soon'] as Json[]).map(({ expires_at }) => String(expires_at).slice(0, 10));
      const expected = expires(entry['occurred_at']);
      assert.ok(expected === undefined ? soon.length === 2 : soon.includes(expected), soon.join());
    }
    const taken = (await adjust(id, { points: -21 })).body as { card: Json };
    const left = (taken.card['expiring_soon'] as Json[]).map(({ points }) => points);
    assert.deepEqual([taken.card['balance'], left], [102, [99]]);
    const records = await audited(id, 'card.adjusted');
    assert.deepEqual(
      records.map(({ details }) => (details as Json)['points']),
      [-21, 3, 20, 100],
    );
  });

  it('are adjusted on a frozen card too', async () => {
    const { id } = await shop.enrol();
    await world.admin('POST', `/cards/${id}/freeze`, { body: { reason } });
    assert.equal((await adjust(id, { points: 1 })).status, 201);
  });

  const invalid: [what: string, body: Json, place: string][] = [
    ['0 points', { points: 0 }, '/points'],
    ['half points', { points: 1.5 }, '/points'],
    ['no reason', { points: 1, reason: undefined }, '/reason'],
    ['an expiry of points that are taken', { points: -1, expires_at: null }, '/expires_at'],
    ['an expiry without a time', { points: 1, expires_at: '2026-01-01' }, '/expires_at'],
    ['an expiry in the year 10000', { points: 1, expires_at: '9999-12-31T23:30:00-01:00' }, '/expires_at'],
  ];
  for (const [what, body, place] of invalid) {
    it(`are not adjusted with ${what}`, async () => {
      const { id } = await shop.enrol();
      const problem = isProblem(await adjust(id, body), 400, 'invalid-request');
      assert.deepEqual(
        (problem['errors'] as Json[]).map(({ pointer }) => pointer),
        [place],
      );
    });
  }

  it('are not adjusted below 0, above the limit, into the past, or where there is no card', async () => {
    const { id, customer } = await shop.enrol();
    isProblem(await adjust(id, { points: -1 }), 409, 'insufficient-points');
    isProblem(await adjust(id, { points: 1, expires_at: '2020-01-01T00:00:00Z' }), 409, 'expiry-in-past');
    await adjust(id, { points: 1 });
    isProblem(await adjust(id, { points: Number.MAX_SAFE_INTEGER }), 409, 'balance-limit');
    isProblem(await adjust(randomUUID(), { points: 1 }), 404, 'not-found');
    await world.admin('DELETE', `/customers/${String((customer as Json)['id'])}`);
    isProblem(await adjust(id, { points: 1 }), 409, 'card-closed');
    assert.equal((await audited(id, 'card.adjusted')).length, 1);
  });

  it('come back as a dry run says, once, as points of their own', async () => {
    const { id } = await shop.enrol();
    await shop.earn(id, 70);
    await expire(id);
    await shop.earn(id, 5);
    const untouched = (await shop.call('GET', `/cards/${id}`)).body;
    assert.equal(untouched['balance'], 5);
    const tried = await restore(id, { dry_run: true });
    assert.equal(tried.status, 200, tried.text);
    assert.deepEqual((await shop.call('GET', `/cards/${id}`)).body, untouched, 'a dry run has changed the card');
    assert.deepEqual(await audited(id, 'card.points_restored'), []);

    const done = await restore(id);
    assert.equal(done.status, 201, done.text);
    const { entries, card, ...rest } = done.body as unknown as Restored;
    const { entries: none, card: expected, ...told } = tried.body as unknown as Restored;
    assert.deepEqual([none, told.dry_run, rest.dry_run, rest.points], [[], true, false, 70]);
    const points = (list: Json[]) => list.map((item) => [item['expire_entry_id'], item['points']]);
    assert.deepEqual(points(rest.restored), points(told.restored));
    assert.deepEqual([card['balance'], card['version']], [expected['balance'], expected['version']]);
    const [entry] = entries;
    const expired = rest.restored[0]?.['expire_entry_id'];
    assert.deepEqual(
      [entry?.['kind'], entry?.['points'], entry?.['reverses'], entry?.['reason']],
      ['restore', 70, expired, reason],
    );
    const records = await audited(id, 'card.points_restored');
    const written = records.map((record) => [record['reason'], (record['details'] as Json)['points']]);
    assert.deepEqual(written, [[reason, 70]]);

    isProblem(await restore(id), 409, 'nothing-to-restore');
    isProblem(await restore(id, { entry_ids: [expired] }), 409, 'already-restored');
  });

  it('come back for the entries that are named, with the expiry that is named', async () => {
    const { id } = await shop.enrol();
    for (const points of [1, 20]) {
      await shop.earn(id, points);
      await expire(id);
    }
    const { body } = await shop.call('GET', `/cards/${id}/entries`);
    const [second] = (body['items'] as Json[]).filter(({ kind }) => kind === 'expire');
    const expires_at = new Date(Date.now() + 86_400_000).toISOString();
    const named = await restore(id, { entry_ids: [String(second?.['id']).toUpperCase()], expires_at });
    assert.equal(named.status, 201, named.text);
    assert.deepEqual(named.body['restored'], [{ expire_entry_id: second?.['id'], points: 20, expires_at }]);
    const rest = await restore(id, { expires_at: null });
    assert.deepEqual([rest.body['points'], (rest.body['restored'] as Json[])[0]?.['expires_at']], [1, null]);
    assert.deepEqual((rest.body['card'] as Json)['expiring_soon'], [{ expires_at, points: 20 }]);
  });

  it('do not come back where nothing expired, from another entry, into the past, or to a closed card', async () => {
    const { id, customer } = await shop.enrol();
    isProblem(await restore(id), 409, 'nothing-to-restore');
    await shop.earn(id, 5);
    const { body } = await shop.call('GET', `/cards/${id}/entries`);
    const [earn] = body['items'] as Json[];
    isProblem(await restore(id, { entry_ids: [earn?.['id']] }), 409, 'nothing-to-restore');
    isProblem(await restore(id, { entry_ids: [randomUUID()] }), 409, 'nothing-to-restore');
    await expire(id);
    isProblem(await restore(id, { expires_at: '2020-01-01T00:00:00Z' }), 409, 'expiry-in-past');
    for (const wrong of [{ reason: undefined }, { entry_ids: [] }, { entry_ids: ['x'] }, { dry_run: 'yes' }]) {
      isProblem(await restore(id, wrong), 400, 'invalid-request');
    }
    isProblem(await restore(randomUUID()), 404, 'not-found');
    await world.admin('DELETE', `/customers/${String((customer as Json)['id'])}`);
    isProblem(await restore(id), 409, 'card-closed');
  });
});
