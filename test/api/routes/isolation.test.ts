import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { expireCards } from '../../../src/adapters/postgres/ledger/expire.ts';
import type { Operation } from '../../../src/api/operation.ts';
import { routes } from '../../../src/api/routes/routes.ts';
import { defaultIcon } from '../../../src/domain/wallet/apple/default-icon.ts';
import { issuerId } from '../../support/sources.ts';
import { digestsOf } from './digests.ts';
import {
  type Answered,
  isProblem,
  type Json,
  made,
  sharedWorld,
  type Shop,
  storePath,
  walk,
  type World,
} from './world.ts';

const operations = routes({ folders: {}, replica: 'test' });
const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

/** Ids by the name of the parameter or member that takes them. */
type Ids = Record<'card_id' | 'entry_id' | 'program_id', string>;

/** A merchant with rows of every kind, and the ids by which they could be asked for. */
interface Populated {
  shop: Shop;
  ids: Ids;
  card: Json;
}

/** A body that each store operation with a body would take, were its ids the caller's own. */
const bodies: Record<string, (ids: Ids) => Json> = {
  enrolCard: ({ program_id }) => ({ program_id, customer: { external_id: randomUUID() } }),
  earnPoints: () => ({ points: 1 }),
  redeemPoints: () => ({ points: 1 }),
  voidEntry: () => ({}),
};

async function populate(world: World): Promise<Populated> {
  const shop = await world.shop({ program: { expiry: { mode: 'fixed', days: 1 } } });
  const [card, frozen, closed] = [await shop.enrol({ name: 'Ada' }), await shop.enrol(), await shop.enrol()];
  const path = `/cards/${card.id}`;
  await shop.earn(card.id, 50);
  const asOf = new Date(Date.now() + 7 * 86_400_000);
  const cause = { actor: 'test', reason: null, reference: null, runId: null };
  await world.database.transaction(async (transaction) => {
    await expireCards(transaction, { merchantId: shop.merchantId, asOf, cards: [card.id], ...cause });
  });
  await made(world.admin('POST', `${path}/points/restore`, { body: { reason: 'x' } }));
  const headers = { 'idempotency-key': 'the-same-for-all' };
  const earned = await made(shop.call('POST', `${path}/earn`, { body: { points: 100 }, headers }));
  await made(shop.call('POST', `${path}/redeem`, { body: { points: 10 } }));
  await made(world.admin('POST', `${path}/adjust`, { body: { points: 3, reason: 'x' } }));
  await world.admin('POST', `/cards/${frozen.id}/freeze`, { body: { reason: 'x' } });
  await world.admin('DELETE', `/customers/${String((closed['customer'] as Json)['id'])}`);
  const objectId = `${issuerId}.${randomUUID()}`;
  const pass = { merchant_id: shop.merchantId, card_id: card.id, object_id: objectId, wanted_version: 1 };
  await world.database('passes').insert({ ...pass, platform: 'google' });
  await insertWalletRows(world, { merchant_id: shop.merchantId, program_id: shop.programId, card_id: card.id });
  const entry_id = String((earned['entry'] as Json)['id']);
  return { shop, card, ids: { card_id: card.id, entry_id, program_id: shop.programId } };
}

async function insertWalletRows(
  { database }: World,
  { card_id, ...program }: { merchant_id: string; program_id: string; card_id: string },
): Promise<void> {
  const { png, kind, scale } = defaultIcon('#000000', 1);
  await database('program_images').insert({ ...program, kind, scale, png, width: 29, height: 29 });
  await database('google_classes').insert({ ...program, class_id: randomUUID() });
  const device = { id: randomUUID(), pass_type: 'pass.com.example' };
  await database('devices').insert({ ...device, push_token: 'aa' });
  const { merchant_id } = program;
  await database('registrations').insert({ merchant_id, card_id, device_id: device.id, pass_type: device.pass_type });
}

describe('isolation', () => {
  let world: World;
  let own: Populated;
  let foreign: Populated;
  before(async () => {
    world = await sharedWorld();
    own = await populate(world);
    foreign = await populate(world);
  });

  const rowsOf = (shop: Shop): Promise<Record<string, string>> => digestsOf(world.database, shop);

  /** Every way to choose each id as one's own or as the other's, the one with all one's own aside. */
  function mixtures(names: (keyof Ids)[]): Ids[] {
    let all: Ids[] = [{ ...own.ids }];
    for (const name of names) all = all.flatMap((ids) => [ids, { ...ids, [name]: foreign.ids[name] }]);
    return all.slice(1);
  }

  const namesIn = (operation: Operation): (keyof Ids)[] =>
    (Object.keys(own.ids) as (keyof Ids)[]).filter(
      (name) => operation.path.includes(`{${name}}`) || name in (bodies[operation.operationId]?.({ ...own.ids }) ?? {}),
    );

  function call({ method, path, operationId }: Operation, ids: Ids, key = own.shop.key): Promise<Answered> {
    const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: keyof Ids) => ids[name] ?? randomUUID());
    const body = bodies[operationId]?.(ids);
    return world.api.call(method, filled, { key, ...(body && { body }) }) as Promise<Answered>;
  }

  const ofStores = operations.filter(({ scopes }) => scopes.includes('store'));

  it('has been tried with rows of every kind', async () => {
    const rows = await rowsOf(foreign.shop);
    const without = ['ledger_verifications', 'runs', 'run_merchants', 'run_failures'];
    const empty = Object.keys(rows).filter((table) => rows[table]?.startsWith('0 ') && !without.includes(table));
    assert.deepEqual(empty, []);
    const entries = await walk((query) => foreign.shop.call('GET', `/cards/${foreign.ids.card_id}/entries?${query}`));
    assert.deepEqual(
      new Set(entries.map(({ kind }) => kind)),
      new Set(['earn', 'expire', 'restore', 'redeem', 'adjust']),
    );
  });

  it('would notice a change of any row', async () => {
    const rows = await rowsOf(foreign.shop);
    await foreign.shop.earn(foreign.ids.card_id, 1);
    const changed = await rowsOf(foreign.shop);
    const tables = Object.keys(rows).filter((table) => changed[table] !== rows[table]);
    assert.deepEqual(tables.toSorted(), ['cards', 'entries', 'lots', 'passes']);
  });

  for (const operation of ofStores) {
    it(`${nameOf(operation)} finds nothing of another merchant`, async () => {
      const rows = await rowsOf(foreign.shop);
      assert.equal(operation.body !== undefined, operation.operationId in bodies, 'no body is known for the operation');
      const names = namesIn(operation);
      for (const ids of mixtures(names)) isProblem(await call(operation, ids), 404, 'not-found');
      // The list of cards takes no id but a number: it is empty.
      if (names.length === 0) assert.equal(nameOf(operation), `GET ${storePath}/cards`);
      assert.deepEqual(await rowsOf(foreign.shop), rows);
      // With one's own ids it is taken: the refusals above are due to the others.
      if (names.length > 0) assert.ok((await call(operation, own.ids)).status < 300);
    });
  }

  it('answers 404 for what is another merchant’s exactly as for what is nobody’s', async () => {
    for (const operation of ofStores.filter(({ path }) => path.includes('{card_id}'))) {
      const nobody = { ...own.ids, card_id: randomUUID() };
      const [theirs, none] = [
        await call(operation, { ...own.ids, card_id: foreign.ids.card_id }),
        await call(operation, nobody),
      ];
      const told = ({ body }: Answered, id: string): unknown => ({
        ...body,
        detail: String(body['detail']).replaceAll(id, 'ID'),
        request_id: '',
      });
      assert.deepEqual(told(theirs, foreign.ids.card_id), told(none, nobody.card_id));
    }
  });

  it('shows in lists what is one’s own', async () => {
    const found = await own.shop.call('GET', `/cards?number=${String(foreign.card['number'])}`);
    assert.deepEqual([found.status, found.body], [200, { items: [], next_cursor: null }]);
    const entries = await walk((query) => own.shop.call('GET', `/cards/${own.ids.card_id}/entries?${query}`));
    const rows = await world.database('entries').where({ merchant_id: own.shop.merchantId, card_id: own.ids.card_id });
    assert.deepEqual(
      entries.map(({ id }) => String(id)).toSorted(),
      (rows as { id: string }[]).map(({ id }) => id).toSorted(),
    );
  });

  it('makes another customer of the external id of another merchant’s', async () => {
    const rows = await rowsOf(foreign.shop);
    const { external_id, id } = foreign.card['customer'] as Json;
    const card = await own.shop.enrol({ external_id: String(external_id) });
    const customer = card['customer'] as Json;
    assert.notEqual(customer['id'], id);
    assert.deepEqual([customer['external_id'], customer['name']], [external_id, null]);
    assert.deepEqual(await rowsOf(foreign.shop), rows);
  });

  it('keeps the Idempotency-Keys of merchants apart', async () => {
    const headers = { 'idempotency-key': 'the-same-for-all' };
    const call = { body: { points: 100 }, headers };
    const [mine, theirs] = await Promise.all(
      [own, foreign].map(({ shop, ids }) => shop.call('POST', `/cards/${ids.card_id}/earn`, call)),
    );
    const cards = [mine, theirs].map((answer) => ((answer?.body ?? {})['card'] as Json)['id']);
    assert.deepEqual(cards, [own.ids.card_id, foreign.ids.card_id]);
    assert.ok([mine, theirs].every((answer) => answer?.headers.get('idempotency-replayed') === 'true'));
  });
});
