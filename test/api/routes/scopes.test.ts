import assert from 'node:assert/strict';
import type { Operation } from '../../../src/api/operation.ts';
import { routes } from '../../../src/api/routes/routes.ts';
import { newApiKey } from '../../support/api-process.ts';
import { eventually } from '../../support/wait.ts';
import { expireByRun } from '../expire-by-run.ts';
import { digestsOf } from './digests.ts';
import { type Answered, isProblem, type Json, made, sharedWorld, type Shop, storePath, type World } from './world.ts';

const operations = routes({ folders: {}, replica: 'test' }).filter(
  ({ authentication }) => authentication === undefined,
);
const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

describe('scopes of keys', () => {
  let world: World;
  let own: Shop;
  /** What there is to be read, changed and deleted, by the name of the parameter. */
  let ids: Record<string, string>;
  const keys: Partial<Record<'store' | 'admin' | 'admin:read' | 'revoked' | 'revoked admin', string>> = {};
  before(async () => {
    world = await sharedWorld();
    own = await world.shop();
    const { id: card_id, customer } = await own.enrol();
    await own.earn(card_id, 10);
    const { body } = await own.call('GET', `/cards/${card_id}/entries`);
    const [entry] = body['items'] as { id: string }[];
    const { merchantId: merchant_id, programId: program_id, keyId: api_key_id } = own;
    const customer_id = (customer as { id: string }).id;
    const run_id = await expireByRun(world.database, { merchantId: merchant_id, cardIds: [card_id] });
    ids = {
      card_id,
      customer_id,
      merchant_id,
      program_id,
      api_key_id,
      run_id,
      entry_id: entry?.id ?? '',
      image_name: 'icon.png',
    };
    const create = (body: Json): Promise<Json> => made(world.admin('POST', '/api-keys', { body }));
    const revoked = await create({ name: 'x', scope: 'store', merchant_id: own.merchantId });
    const revokedAdmin = await create({ name: 'x', scope: 'admin' });
    keys.store = own.key;
    keys.admin = world.api.adminKey;
    keys['admin:read'] = String((await create({ name: 'x', scope: 'admin:read' }))['key']);
    keys.revoked = String(revoked['key']);
    keys['revoked admin'] = String(revokedAdmin['key']);
    for (const { id } of [revoked, revokedAdmin]) await world.admin('DELETE', `/api-keys/${String(id)}`);
  });

  for (const operation of operations) {
    it(`${nameOf(operation)} takes ${operation.scopes.join(' or ')}, and nothing else`, async () => {
      const rows = await digestsOf(world.database, own);
      const { method, path } = operation;
      const filled = path.replaceAll(
        /\{(\w+)\}/g,
        (_, name: string) => ids[name] ?? assert.fail(`no ${name} is known`),
      );
      const ask = async (key?: string): Promise<Answered> =>
        (await world.api.call(method, filled, key === undefined ? {} : { key })) as Answered;
      for (const key of [undefined, newApiKey(), 'olk_', keys.revoked, keys['revoked admin']]) {
        const answer = await ask(key);
        isProblem(answer, 401, 'unauthenticated');
        assert.match(answer.headers.get('www-authenticate') ?? '', /^Bearer /);
      }
      for (const scope of ['store', 'admin', 'admin:read'] as const) {
        if (!operation.scopes.includes(scope)) isProblem(await ask(keys[scope]), 403, 'forbidden');
      }
      assert.deepEqual(await digestsOf(world.database, own), rows);
    });
  }

  it('follows the part of the API: stores, staff, and staff who read', () => {
    for (const { path, method, scopes, operationId } of operations) {
      const expected = path.startsWith(storePath) ? ['store'] : method === 'GET' ? ['admin', 'admin:read'] : ['admin'];
      assert.deepEqual([operationId, scopes], [operationId, expected]);
    }
  });

  it('ends within 5 s of a key that was in use', async () => {
    const { key, id } = await made(world.admin('POST', '/api-keys', { body: { name: 'x', scope: 'admin:read' } }));
    const ask = async (): Promise<number> =>
      (await world.api.call('GET', '/api/v1/admin/loyalty/merchants', { key: String(key) })).status;
    assert.equal(await ask(), 200);
    await world.admin('DELETE', `/api-keys/${String(id)}`);
    await eventually(async () => (await ask()) === 401, { describe: 'the key to be refused', deadlineSeconds: 5 });
  });
});
