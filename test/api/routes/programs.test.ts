import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isProblem, type Json, made, sharedWorld, type Shop, walk, type World } from './world.ts';

describe('programs', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const settings = { name: 'Karte', points_name: 'Körner', expiry: { mode: 'none' } };
  const create = (more: Json): Promise<Json> =>
    made(world.admin('POST', '/programs', { body: { merchant_id: shop.merchantId, ...settings, ...more } }));

  it('are created with what is usual where nothing is said', async () => {
    const { id, created_at, updated_at, ...rest } = await create({});
    assert.deepEqual(rest, {
      merchant_id: shop.merchantId,
      ...settings,
      warning_days: 30,
      wallet_class: null,
      wallet: {},
    });
    assert.deepEqual([typeof id, updated_at], ['string', created_at]);
    const expiring = await create({ expiry: { mode: 'fixed', days: 30 } });
    assert.deepEqual(expiring['expiry'], { mode: 'fixed', days: 30, rounding: 'end_of_day' });
  });

  it('are changed member by member, expiry as a whole', async () => {
    let program = await create({ expiry: { mode: 'inactivity', days: 90, rounding: 'end_of_month' }, warning_days: 7 });
    const path = `/programs/${String(program['id'])}`;
    const changes: Json[] = [
      { name: 'Neu' },
      { points_name: 'Punkte', warning_days: 0 },
      { expiry: { mode: 'fixed', days: 36500, rounding: 'none' } },
      { expiry: { mode: 'none' } },
      { wallet_class: 'beans-2' },
      { wallet_class: null },
      {},
    ];
    for (const change of changes) {
      const { status, body } = await world.admin('PATCH', path, { body: change });
      assert.deepEqual([status, body], [200, { ...program, ...change, updated_at: body['updated_at'] }]);
      assert.deepEqual((await world.admin('GET', path)).body, body);
      program = body;
    }
    const audited = await walk((query) => world.admin('GET', `/audit?subject=${String(program['id'])}&${query}`));
    assert.deepEqual(
      audited.map(({ action }) => action),
      [...Array(changes.length - 1).fill('program.changed'), 'program.created'],
    );
  });

  it('do not move points that exist when they are changed', async () => {
    const place = await world.shop({ program: { expiry: { mode: 'fixed', days: 10 } } });
    const { id } = await place.enrol();
    const { expiring_soon } = await place.earn(id, 100);
    const body = { expiry: { mode: 'fixed', days: 20 } };
    await world.admin('PATCH', `/programs/${place.programId}`, { body });
    assert.deepEqual((await place.call('GET', `/cards/${id}`)).body['expiring_soon'], expiring_soon);
    const later = (await place.earn(id, 7))['expiring_soon'] as Json[];
    assert.deepEqual([later.length, later[0], later[1]?.['points']], [2, (expiring_soon as Json[])[0], 7]);
  });

  const refused: [what: string, body: Json, place: string][] = [
    ['days without a mode that has any', { expiry: { mode: 'none', days: 3 } }, '/expiry/days'],
    ['a mode that has days without', { expiry: { mode: 'fixed' } }, '/expiry/days'],
    ['0 days', { expiry: { mode: 'fixed', days: 0 } }, '/expiry/days'],
    ['half days', { expiry: { mode: 'fixed', days: 1.5 } }, '/expiry/days'],
    ['a mode that is none', { expiry: { mode: 'monthly', days: 3 } }, '/expiry/mode'],
    ['another rounding', { expiry: { mode: 'fixed', days: 3, rounding: 'up' } }, '/expiry/rounding'],
    ['too many warning days', { warning_days: 3651 }, '/warning_days'],
    ['points without a name', { points_name: '' }, '/points_name'],
    ['a wallet class with a blank', { wallet_class: 'a b' }, '/wallet_class'],
    ['a merchant that is no id', { merchant_id: '7' }, '/merchant_id'],
  ];
  for (const [what, more, place] of refused) {
    it(`refuses ${what}`, async () => {
      const body = { merchant_id: shop.merchantId, ...settings, ...more };
      const problem = isProblem(await world.admin('POST', '/programs', { body }), 400, 'invalid-request');
      assert.deepEqual(
        (problem['errors'] as Json[]).map(({ pointer }) => pointer),
        [place],
      );
    });
  }

  it('are not found by an unknown id, nor made for an unknown merchant', async () => {
    isProblem(await world.admin('GET', `/programs/${randomUUID()}`), 404, 'not-found');
    isProblem(await world.admin('PATCH', `/programs/${randomUUID()}`, { body: {} }), 404, 'not-found');
    const body = { merchant_id: randomUUID(), ...settings };
    isProblem(await world.admin('POST', '/programs', { body }), 404, 'not-found');
  });

  it('are listed by merchant, each once, while others are added', async () => {
    const place = await world.shop();
    const add = (): Promise<Json> =>
      made(world.admin('POST', '/programs', { body: { merchant_id: place.merchantId, ...settings } }));
    const ids: unknown[] = [place.programId];
    for (let count = 0; count < 6; count += 1) ids.unshift((await add())['id']);
    const list = (query: string) => world.admin('GET', `/programs?merchant_id=${place.merchantId}&${query}`);
    const seen = await walk(list, { between: async () => void (await add()) });
    assert.deepEqual(
      seen.map(({ id }) => id),
      ids,
    );
  });
});
