import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { createAuthentication } from '../../../src/api/authentication.ts';
import { holdBootstrapKey } from '../../../src/adapters/postgres/access/api-keys.ts';
import { apiKeyHash, newApiKey } from '../../../src/api/api-key.ts';
import { eventually } from '../../support/wait.ts';
import { effectsOf, type Scene, startScene } from './scene.ts';

const item = '/api/v1/admin/test/items/01943f6e-7c00-7abc-8def-0123456789ab';
const me = '/api/v1/store/test/me';

describe('API keys', () => {
  let scene: Scene;
  before(async () => void (scene = await startScene()));
  after(() => scene.end());

  const headers: [what: string, authorization: (key: string) => string | undefined, status: number][] = [
    ['none', () => undefined, 401],
    ['a key', (key) => `Bearer ${key}`, 200],
    ['bearer in lower case', (key) => `bearer ${key}`, 200],
    ['the key alone', (key) => key, 401],
    ['Basic', (key) => `Basic ${Buffer.from(`${key}:`).toString('base64')}`, 401],
    ['Bearer alone', () => 'Bearer', 401],
    ['another key', () => `Bearer ${newApiKey()}`, 401],
    ['a key cut short', (key) => `Bearer ${key.slice(0, -1)}`, 401],
    ['a key with something behind it', (key) => `Bearer ${key} x`, 401],
    ['another prefix', (key) => `Bearer ${key.replace('olk_', 'sk_')}`, 401],
    ['quotes of SQL', () => `Bearer ' OR 1=1 --`, 401],
    ['8,000 characters', () => `Bearer ${'x'.repeat(8_000)}`, 401],
  ];
  for (const [what, authorization, status] of headers) {
    it(`${status}: ${what}`, async () => {
      const value = authorization(scene.adminKey);
      const answer = await scene.call('GET', item, { headers: value === undefined ? {} : { authorization: value } });
      assert.equal(answer.status, status);
      if (status !== 401) return;
      assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer realm="orion-loyalty"/);
      assert.equal((answer.body as { code: string }).code, 'unauthenticated');
    });
  }

  it('pass where their scope fits, and nowhere else', async () => {
    const keys = { admin: scene.adminKey, 'admin:read': '', store: '' };
    for (const scope of ['admin:read', 'store'] as const) keys[scope] = (await scene.newKey(scope)).key;
    const table = [
      ['GET', item, { admin: 200, 'admin:read': 200, store: 403 }],
      ['DELETE', item, { admin: 204, 'admin:read': 403, store: 403 }],
      ['GET', me, { admin: 403, 'admin:read': 403, store: 200 }],
    ] as const;
    for (const [method, path, statuses] of table) {
      for (const [scope, status] of Object.entries(statuses)) {
        const answer = await scene.call(method, path, { key: keys[scope as keyof typeof keys] });
        assert.equal(answer.status, status, `${method} ${path} by ${scope}: ${answer.text}`);
      }
    }
  });

  it('are refused before anything is read of the request', async () => {
    const call = { body: '{"no json', headers: { 'idempotency-key': 'x y', 'content-type': 'text/plain' } };
    assert.equal((await scene.call('POST', '/api/v1/admin/test/effects?x=1', call)).status, 401);
    assert.equal(await effectsOf(scene.database, 'x'), 0);
  });

  it('that are revoked are refused within 5 s', async () => {
    const { key, id } = await scene.newKey('admin');
    assert.equal((await scene.call('GET', item, { key })).status, 200);
    await scene.database('api_keys').where({ id }).update({ revoked_at: new Date() });
    const refused = async (): Promise<void> => assert.equal((await scene.call('GET', item, { key })).status, 401);
    await eventually(refused, { describe: 'the revoked key to be refused', deadlineSeconds: 5 });
  });

  it('that are made after they were tried pass soon', async () => {
    const key = newApiKey();
    assert.equal((await scene.call('GET', item, { key })).status, 401);
    await scene
      .database('api_keys')
      .insert({ name: 'late', scope: 'admin', hash: apiKeyHash(key), created_by: 'test' });
    const passes = async (): Promise<void> => assert.equal((await scene.call('GET', item, { key })).status, 200);
    await eventually(passes, { describe: 'the new key to pass' });
  });

  it('are looked up once for many requests, and again when 3 s have passed', async () => {
    const { key } = await scene.newKey('admin');
    let [now, looks] = [0, 0];
    const connections = scene.database.client as { acquireConnection(): Promise<unknown> };
    const counting = Object.create(connections, {
      acquireConnection: {
        value: () => {
          looks += 1;
          return connections.acquireConnection();
        },
      },
    }) as object;
    const { principalOf } = createAuthentication({ database: { client: counting } as Knex, now: () => now });
    await Promise.all(Array.from({ length: 20 }, () => principalOf(`Bearer ${key}`)));
    assert.equal(looks, 1);
    now = 1_999;
    await principalOf(`Bearer ${key}`);
    assert.equal(looks, 1);
    now = 3_000;
    await principalOf(`Bearer ${key}`);
    assert.equal(looks, 2);
  });

  it('have their last use written, the latest one', async () => {
    const { key, id } = await scene.newKey('admin');
    const authentication = createAuthentication({ database: scene.database });
    await authentication.principalOf(`Bearer ${key}`);
    await authentication.writeUses();
    const lastUse = async (): Promise<Date | null> =>
      (await scene.database('api_keys').where({ id }).pluck('last_used_at'))[0] as Date | null;
    const first = await lastUse();
    assert.ok(first instanceof Date);
    const later = new Date('2100-01-01T00:00:00Z');
    await scene.database('api_keys').where({ id }).update({ last_used_at: later });
    await authentication.principalOf(`Bearer ${key}`);
    await authentication.writeUses();
    assert.deepEqual(await lastUse(), later);
  });

  it('have their last use written when the API stops', async () => {
    const other = await startScene();
    await other.asAdmin('GET', item);
    await other.api.stop();
    const [used] = await other.database('api_keys').where({ created_by: 'bootstrap' }).pluck('last_used_at');
    assert.ok(used instanceof Date);
    await other.end();
  });

  it('of the bootstrap: another one ends the one before, for ever', async () => {
    const [first, second] = [apiKeyHash(newApiKey()), apiKeyHash(newApiKey())];
    assert.equal(await holdBootstrapKey(scene.database, first), true);
    assert.equal(await holdBootstrapKey(scene.database, first), true);
    assert.equal(await holdBootstrapKey(scene.database, second), true);
    assert.equal(await holdBootstrapKey(scene.database, first), false);
    const working = scene.database('api_keys').where({ created_by: 'bootstrap' }).whereNull('revoked_at');
    assert.deepEqual(await working.pluck('hash'), [second]);
  });
});
