import assert from 'node:assert/strict';
import { isProblem, type Json, sharedWorld, walk, type World } from './world.ts';

describe('the audit', () => {
  let world: World;
  before(async () => {
    world = await sharedWorld();
  });

  it('has every change by staff with actor, reason and what came of it, by merchant, subject or action', async () => {
    const shop = await world.shop();
    const { id, customer } = await shop.enrol({ name: 'Ada' });
    const path = `/cards/${id}`;
    await world.admin('PATCH', `/merchants/${shop.merchantId}`, { body: { timezone: 'Asia/Tokyo' } });
    await world.admin('PATCH', `/programs/${shop.programId}`, { body: { expiry: { mode: 'fixed', days: 9 } } });
    const adjusted = await world.admin('POST', `${path}/adjust`, { body: { points: 5, reason: 'Goodwill' } });
    await world.admin('POST', `${path}/freeze`, { body: { reason: 'lost' } });
    await world.admin('POST', `${path}/unfreeze`, { body: { reason: 'found' } });
    await world.admin('DELETE', `/api-keys/${shop.keyId}`);
    await world.admin('DELETE', `/customers/${String((customer as Json)['id'])}`);
    const { body } = await world.admin('GET', `/audit?merchant_id=${shop.merchantId}`);
    const items = body['items'] as Json[];
    const told = items
      .map(({ action, subject_id, reason, details }) => [action, subject_id, reason, details])
      .toReversed();
    const program = {
      name: 'Karte',
      points_name: 'Körner',
      expiry: { mode: 'none' },
      warning_days: 30,
      wallet_class: null,
      wallet: {},
    };
    const days = { expiry_mode: { from: 'none', to: 'fixed' }, expiry_days: { from: null, to: 9 } };
    const entry_id = (adjusted.body['entry'] as Json)['id'];
    assert.deepEqual(told, [
      ['merchant.created', shop.merchantId, null, { name: 'Bäckerei Vogel', timezone: 'Europe/Berlin' }],
      ['program.created', shop.programId, null, program],
      ['api_key.created', shop.keyId, null, { name: 'till', scope: 'store' }],
      [
        'merchant.changed',
        shop.merchantId,
        null,
        { changes: { timezone: { from: 'Europe/Berlin', to: 'Asia/Tokyo' } } },
      ],
      ['program.changed', shop.programId, null, { changes: days }],
      ['card.adjusted', id, 'Goodwill', { points: 5, entry_id }],
      ['card.frozen', id, 'lost', {}],
      ['card.unfrozen', id, 'found', {}],
      ['api_key.revoked', shop.keyId, null, { name: 'till', scope: 'store' }],
      ['customer.erased', (customer as Json)['id'], null, { cards_closed: 1, passes_voided: 0 }],
    ]);
    const actors = new Set(items.map(({ actor }) => actor));
    assert.equal(actors.size, 1);
    assert.match(String([...actors][0]), /^key:[0-9a-f-]{36}$/);
    const frozen = await world.admin('GET', `/audit?subject=${id}&action=card.frozen`);
    assert.deepEqual(
      frozen.body['items'],
      items.filter(({ action }) => action === 'card.frozen'),
    );
  });

  it('has nothing of what was refused', async () => {
    const shop = await world.shop();
    const { id } = await shop.enrol();
    const refused = { body: { points: -1, reason: 'Mistake' } };
    isProblem(await world.admin('POST', `/cards/${id}/adjust`, refused), 409, 'insufficient-points');
    const { body } = await world.admin('GET', `/audit?subject=${id}`);
    assert.deepEqual(body, { items: [], next_cursor: null });
  });

  it('is walked each record once, newest first, while others are written', async () => {
    const shop = await world.shop();
    const { id } = await shop.enrol();
    const adjust = (points: number) => world.admin('POST', `/cards/${id}/adjust`, { body: { points, reason: 'x' } });
    for (let points = 1; points <= 7; points += 1) await adjust(points);
    const list = (query: string) => world.admin('GET', `/audit?subject=${id}&${query}`);
    const seen = await walk(list, { between: async () => void (await adjust(999)) });
    assert.deepEqual(
      seen.map(({ details }) => (details as Json)['points']),
      [7, 6, 5, 4, 3, 2, 1],
    );
  });

  it('refuses filters that are none', async () => {
    for (const query of ['merchant_id=x', 'actor=key', 'subject=', 'limit=1000', 'cursor=MQ']) {
      isProblem(await world.admin('GET', `/audit?${query}`), 400, 'invalid-request');
    }
  });
});
