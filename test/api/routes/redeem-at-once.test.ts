import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Answered, type Json, sharedWorld, type Shop, type World } from './world.ts';

describe('1,000 redemptions of one card at once', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const rush = async (cardId: string, headers: Record<string, string> = {}): Promise<Answered[]> =>
    Promise.all(
      Array.from({ length: 1000 }, () =>
        shop.call('POST', `/cards/${cardId}/redeem`, { body: { points: 100 }, headers }),
      ),
    );
  const count = (answers: Answered[]): Record<string, number> => {
    const counts: Record<string, number> = {};
    for (const { status, body } of answers) {
      const name = typeof body['code'] === 'string' ? `${status} ${body['code']}` : String(status);
      counts[name] = (counts[name] ?? 0) + 1;
    }
    return counts;
  };

  it('take what is there, 50 times 100 of 5,000 points', async () => {
    const { id } = await shop.enrol();
    await shop.earn(id, 5000);
    assert.deepEqual(count(await rush(id)), { '201': 50, '409 insufficient-points': 950 });
    const { body } = await shop.call('GET', `/cards/${id}`);
    assert.deepEqual([body['balance'], body['available_points'], body['version']], [0, 0, 52]);
  });

  it('are one under one Idempotency-Key, and all get its answer', async () => {
    const { id } = await shop.enrol();
    await shop.earn(id, 5000);
    const answers = await rush(id, { 'idempotency-key': randomUUID() });
    assert.deepEqual(count(answers), { '201': 1000 });
    assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
    const replayed = answers.filter(({ headers }) => headers.get('idempotency-replayed') === 'true');
    assert.equal(replayed.length, 999);
    const { body } = await shop.call('GET', `/cards/${id}`);
    assert.deepEqual([body['balance'], body['version']], [4900, 3]);
    const entries = await shop.call('GET', `/cards/${id}/entries`);
    assert.equal((entries.body['items'] as Json[]).length, 2);
  });
});
