import assert from 'node:assert/strict';
import { createHash, randomUUID } from 'node:crypto';
import { eventually } from '../../support/wait.ts';
import {
  adminPath,
  isProblem,
  type Json,
  made,
  sharedWorld,
  type Shop,
  startWorld,
  walk,
  type World,
} from './world.ts';

describe('API keys', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  it('are shown once, and stored as a hash', async () => {
    const body = { name: 'till', scope: 'store', merchant_id: shop.merchantId };
    const { key, ...shown } = await made(world.admin('POST', '/api-keys', { body }));
    assert.match(String(key), /^olk_[A-Za-z0-9_-]{43}$/);
    assert.deepEqual([shown['scope'], shown['merchant_id'], shown['revoked_at']], ['store', shop.merchantId, null]);
    const listed = await walk((query) => world.admin('GET', `/api-keys?merchant_id=${shop.merchantId}&${query}`));
    assert.deepEqual(listed[0], shown);
    const row = await world
      .database('api_keys')
      .where({ id: String(shown['id']) })
      .first<{ hash: Buffer }>();
    assert.deepEqual(row?.hash, createHash('sha256').update(String(key)).digest());
  });

  it('are not stored under an Idempotency-Key: the repeat is answered without', async () => {
    const call = { body: { name: 'reader', scope: 'admin:read' }, headers: { 'idempotency-key': randomUUID() } };
    const { key, ...shown } = await made(world.admin('POST', '/api-keys', call));
    assert.equal(typeof key, 'string');
    assert.deepEqual(await made(world.admin('POST', '/api-keys', call)), shown);
    const rows = await world.database('idempotency_keys').where('body', 'like', `%${String(key)}%`);
    assert.deepEqual(rows, []);
  });

  it('are refused everywhere within 5 s once they are revoked; revoking again is answered alike', async () => {
    const place = await world.shop();
    const { id } = await place.enrol();
    assert.equal((await place.call('GET', `/cards/${id}`)).status, 200);
    const start = Date.now();
    for (const _ of [1, 2]) {
      const { status, text } = await world.admin('DELETE', `/api-keys/${place.keyId}`);
      assert.deepEqual([status, text], [204, '']);
    }
    const seconds = 5 - (Date.now() - start) / 1000;
    await eventually(async () => (await place.call('GET', `/cards/${id}`)).status === 401, {
      describe: 'the revoked key to be refused',
      deadlineSeconds: seconds,
    });
    const audited = await walk((query) => world.admin('GET', `/audit?subject=${place.keyId}&${query}`));
    assert.deepEqual(
      audited.map(({ action, details }) => [action, details]),
      ['revoked', 'created'].map((done) => [`api_key.${done}`, { name: 'till', scope: 'store' }]),
    );
  });

  const refused: [what: string, body: Json, place: string][] = [
    ['a store key without a merchant', { name: 'a', scope: 'store' }, '/merchant_id'],
    ['an admin key with a merchant', { name: 'a', scope: 'admin', merchant_id: randomUUID() }, '/merchant_id'],
    ['another scope', { name: 'a', scope: 'root' }, '/scope'],
    ['no name', { scope: 'admin' }, '/name'],
    ['a key of its own', { name: 'a', scope: 'admin', key: 'olk_x' }, '/key'],
  ];
  for (const [what, body, place] of refused) {
    it(`refuses ${what}`, async () => {
      const problem = isProblem(await world.admin('POST', '/api-keys', { body }), 400, 'invalid-request');
      assert.deepEqual(
        (problem['errors'] as Json[]).map(({ pointer }) => pointer),
        [place],
      );
    });
  }

  it('are not found by an unknown id, nor made for an unknown merchant', async () => {
    isProblem(await world.admin('DELETE', `/api-keys/${randomUUID()}`), 404, 'not-found');
    const body = { name: 'a', scope: 'store', merchant_id: randomUUID() };
    isProblem(await world.admin('POST', '/api-keys', { body }), 404, 'not-found');
  });

  it('are listed each once while others are added', async () => {
    const place = await world.shop();
    const add = (): Promise<Json> =>
      made(world.admin('POST', '/api-keys', { body: { name: 'a', scope: 'store', merchant_id: place.merchantId } }));
    const ids: unknown[] = [place.keyId];
    for (let count = 0; count < 6; count += 1) ids.unshift((await add())['id']);
    const list = (query: string) => world.admin('GET', `/api-keys?merchant_id=${place.merchantId}&${query}`);
    const seen = await walk(list, { between: async () => void (await add()) });
    assert.deepEqual(
      seen.map(({ id }) => id),
      ids,
    );
  });

  it('of scope admin never are all revoked, whoever tries at once', async () => {
    const own = await startWorld();
    try {
      const second = await made(own.admin('POST', '/api-keys', { body: { name: 'second', scope: 'admin' } }));
      const { body } = await own.admin('GET', '/api-keys');
      const ids = (body['items'] as Json[]).map(({ id }) => String(id));
      const keys = [own.api.adminKey, String(second['key'])];
      const answers = await Promise.all(
        ids.map((id, at) => own.api.call('DELETE', `${adminPath}/api-keys/${id}`, { key: keys[at] ?? '' })),
      );
      // 401: the other request had been answered before this one's key was looked up.
      const statuses = answers.map(({ status }) => status).toSorted((left, right) => left - right);
      assert.ok(statuses[0] === 204 && (statuses[1] === 409 || statuses[1] === 401), String(statuses));
      const left = await own.database('api_keys').where({ scope: 'admin' }).whereNull('revoked_at');
      assert.equal(left.length, 1);
    } finally {
      await own.end();
    }
  });
});
