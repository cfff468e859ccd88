import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isProblem, type Json, sharedWorld, walk, type World } from './world.ts';

describe('search of cards', () => {
  let world: World;
  before(async () => {
    world = await sharedWorld();
  });

  const ids = (items: Json[]): string[] => items.map(({ id }) => String(id));
  const search = async (query: string): Promise<string[]> =>
    ids(await walk((page) => world.admin('GET', `/cards?${query}&${page}`)));

  it('finds by merchant, program, customer, number, external id and status, in one merchant or all', async () => {
    const [one, other] = [await world.shop(), await world.shop()];
    const external_id = randomUUID();
    const [mine, theirs] = [await one.enrol({ external_id }), await other.enrol({ external_id })];
    const frozen = await one.enrol();
    await world.admin('POST', `/cards/${frozen.id}/freeze`, { body: { reason: 'lost' } });
    const { id: customer } = mine['customer'] as Json;
    const cases: [query: string, expected: string[]][] = [
      [`merchant_id=${one.merchantId}`, [frozen.id, mine.id]],
      [`merchant_id=${one.merchantId}&status=frozen`, [frozen.id]],
      [`merchant_id=${one.merchantId}&status=closed`, []],
      [`program_id=${other.programId}`, [theirs.id]],
      [`customer_id=${String(customer)}`, [mine.id]],
      [`external_id=${external_id}`, [theirs.id, mine.id]],
      [`external_id=${external_id}&merchant_id=${one.merchantId}`, [mine.id]],
      [`external_id=${external_id}&number=${String(theirs['number'])}`, [theirs.id]],
      [`number=${String(mine['number'])}`, [mine.id]],
      [`number=${String(mine['number'])}&merchant_id=${other.merchantId}`, []],
      [`merchant_id=${randomUUID()}`, []],
    ];
    for (const [query, expected] of cases) assert.deepEqual(await search(query), expected, query);
  });

  it('shows cards as they are read by id, with their points', async () => {
    const shop = await world.shop({ program: { expiry: { mode: 'fixed', days: 5 } } });
    const cards = [await shop.enrol(), await shop.enrol()];
    for (const [at, { id }] of cards.entries()) for (const points of [1, 20]) await shop.earn(id, points + at);
    const { body } = await world.admin('GET', `/cards?merchant_id=${shop.merchantId}`);
    const read = await Promise.all(cards.map(({ id }) => world.admin('GET', `/cards/${id}`)));
    assert.deepEqual(body['items'], read.map((answer) => answer.body).toReversed());
    assert.deepEqual(
      read.map((answer) => answer.body['available_points']),
      [21, 23],
    );
    const store = await shop.call('GET', `/cards/${String(cards[0]?.id)}`);
    assert.deepEqual(read[0]?.body, { ...store.body, merchant_id: shop.merchantId });
  });

  it('walks every card once, newest first, while others enrol', async () => {
    const shop = await world.shop();
    const expected: string[] = [];
    for (let count = 0; count < 8; count += 1) expected.unshift((await shop.enrol()).id);
    const list = (query: string) => world.admin('GET', `/cards?merchant_id=${shop.merchantId}&${query}`);
    const seen = await walk(list, { between: async () => void (await shop.enrol()) });
    assert.deepEqual(ids(seen), expected);
  });

  it('refuses filters that are none', async () => {
    for (const query of ['merchant_id=x', 'status=lost', 'number=', 'name=Ada', 'limit=0', 'cursor=e30']) {
      isProblem(await world.admin('GET', `/cards?${query}`), 400, 'invalid-request');
    }
    isProblem(await world.admin('GET', `/cards/${randomUUID()}`), 404, 'not-found');
  });

  it('answers 304 to a card that is as it was', async () => {
    const { id } = await (await world.shop()).enrol();
    const etag = (await world.admin('GET', `/cards/${id}`)).headers.get('etag') ?? '';
    const again = await world.admin('GET', `/cards/${id}`, { headers: { 'if-none-match': `W/"x", ${etag}` } });
    assert.deepEqual([again.status, again.text], [304, '']);
  });
});
