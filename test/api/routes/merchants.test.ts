import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { isProblem, type Json, made, sharedWorld, walk, type World } from './world.ts';

describe('merchants', () => {
  let world: World;
  before(async () => {
    world = await sharedWorld();
  });

  const create = (body: Json): Promise<Json> => made(world.admin('POST', '/merchants', { body }));

  it('are created, read and changed; what is absent stays', async () => {
    const body = { name: 'Café Größe 🙂', timezone: 'Pacific/Auckland' };
    const answer = await world.admin('POST', '/merchants', { body });
    const { id, created_at, ...rest } = answer.body;
    assert.deepEqual([answer.status, rest], [201, { ...body, updated_at: created_at }]);
    assert.equal(answer.headers.get('location'), `/api/v1/admin/loyalty/merchants/${String(id)}`);
    assert.match(String(created_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual((await world.admin('GET', `/merchants/${String(id)}`)).body, answer.body);
    const changed = await world.admin('PATCH', `/merchants/${String(id)}`, { body: { timezone: 'Asia/Tokyo' } });
    const { updated_at, ...kept } = changed.body;
    assert.deepEqual([changed.status, kept], [200, { id, ...body, timezone: 'Asia/Tokyo', created_at }]);
    assert.ok(String(updated_at) >= String(created_at));
    assert.deepEqual((await world.admin('GET', `/merchants/${String(id)}`)).body, changed.body);
  });

  it('stay as they are by a change of nothing, which the audit does not have', async () => {
    const merchant = await create({ name: 'A', timezone: 'UTC' });
    for (const body of [{}, { name: 'A' }]) {
      const answer = await world.admin('PATCH', `/merchants/${String(merchant['id'])}`, { body });
      assert.deepEqual([answer.status, answer.body], [200, merchant]);
    }
    const { body } = await world.admin('GET', `/audit?subject=${String(merchant['id'])}`);
    assert.deepEqual(
      (body['items'] as Json[]).map(({ action }) => action),
      ['merchant.created'],
    );
  });

  const refused: [what: string, body: unknown, place: string][] = [
    ['no name', { timezone: 'UTC' }, '/name'],
    ['an empty name', { name: '', timezone: 'UTC' }, '/name'],
    ['a name that is too long', { name: 'x'.repeat(201), timezone: 'UTC' }, '/name'],
    ['NUL in the name', { name: 'a\0', timezone: 'UTC' }, '/name'],
    ['an offset for a timezone', { name: 'A', timezone: '+02:00' }, '/timezone'],
    ['a timezone that is none', { name: 'A', timezone: 'Mars/Olympus' }, '/timezone'],
    ['a member that is misspelled', { name: 'A', timezone: 'UTC', nmae: 'B' }, '/nmae'],
    ['a list', [], ''],
  ];
  for (const [what, body, place] of refused) {
    it(`refuses ${what}`, async () => {
      const problem = isProblem(await world.admin('POST', '/merchants', { body }), 400, 'invalid-request');
      assert.deepEqual(
        (problem['errors'] as Json[]).map(({ pointer }) => pointer),
        [place],
      );
    });
  }

  it('are not found by an id that is none or unknown', async () => {
    for (const id of [randomUUID(), 'none']) {
      isProblem(await world.admin('GET', `/merchants/${id}`), 404, 'not-found');
      isProblem(await world.admin('PATCH', `/merchants/${id}`, { body: { name: 'B' } }), 404, 'not-found');
    }
  });

  it('are listed each once, newest first, while others are added', async () => {
    const ids: unknown[] = [];
    for (const name of ['1', '2', '3', '4', '5', '6', '7'])
      ids.unshift((await create({ name, timezone: 'UTC' }))['id']);
    const between = async (): Promise<void> => void (await create({ name: 'later', timezone: 'UTC' }));
    const seen = (await walk((query) => world.admin('GET', `/merchants?${query}`), { between })).map(({ id }) => id);
    assert.deepEqual(seen.slice(0, ids.length), ids);
    assert.equal(new Set(seen).size, seen.length);
  });
});
