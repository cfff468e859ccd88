import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isProblem, type Json, sharedWorld, type Shop, walk, type World } from './world.ts';

describe('freezing', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const change = (cardId: string, action: 'freeze' | 'unfreeze', body: Json = { reason: 'Reported stolen' }) =>
    world.admin('POST', `/cards/${cardId}/${action}`, { body });

  it('changes the status and back; what is so already stays, and the audit has what changed', async () => {
    const card = await shop.enrol();
    const steps = [
      ['unfreeze', 'active', 1],
      ['freeze', 'frozen', 2],
      ['freeze', 'frozen', 2],
      ['unfreeze', 'active', 3],
    ] as const;
    for (const [action, status, version] of steps) {
      const answer = await change(card.id, action);
      const expected = { ...card, merchant_id: shop.merchantId, status, version };
      assert.deepEqual([answer.status, answer.body], [200, expected]);
      assert.deepEqual((await world.admin('GET', `/cards/${card.id}`)).body, expected);
    }
    const audited = await walk((query) => world.admin('GET', `/audit?subject=${card.id}&${query}`));
    assert.deepEqual(
      audited.map(({ action, reason, merchant_id }) => [action, reason, merchant_id]),
      ['card.unfrozen', 'card.frozen'].map((action) => [action, 'Reported stolen', shop.merchantId]),
    );
  });

  for (const action of ['freeze', 'unfreeze'] as const) {
    it(`refuses to ${action} a closed card, an unknown one, and without a reason`, async () => {
      const card = await shop.enrol();
      isProblem(await change(card.id, action, {}), 400, 'invalid-request');
      isProblem(await change(card.id, action, { reason: '' }), 400, 'invalid-request');
      isProblem(await change(randomUUID(), action), 404, 'not-found');
      await world.admin('DELETE', `/customers/${String((card['customer'] as Json)['id'])}`);
      isProblem(await change(card.id, action), 409, 'card-closed');
    });
  }
});
