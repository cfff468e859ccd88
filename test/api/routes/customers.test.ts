import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Answered, isProblem, type Json, made, sharedWorld, type Shop, walk, type World } from './world.ts';

describe('erasure of a customer', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const erase = (customerId: unknown): Promise<Answered> => world.admin('DELETE', `/customers/${String(customerId)}`);
  const keyed = (): Record<string, string> => ({ 'idempotency-key': randomUUID() });

  /** Tables with a row in which the text stands, in whatever column. */
  async function tablesWith(text: string): Promise<string[]> {
    const ofSchema = { table_schema: 'public', table_type: 'BASE TABLE' };
    const tables = await world
      .database('information_schema.tables')
      .where(ofSchema)
      .select<{ table_name: string }[]>('table_name');
    const found: string[] = [];
    for (const { table_name: table } of tables) {
      const row = await world.database(table).whereRaw('position(? in ??::text) > 0', [text, table]).first('*');
      if (row !== undefined) found.push(table);
    }
    return found;
  }

  /** A customer with rows wherever a customer can have any, answers that are kept included; and what names them. */
  async function customer(): Promise<{ names: string[]; id: unknown; card: Json; enrolled: () => Promise<Answered> }> {
    const names = [`C-${randomUUID()}`, `Ödön-${randomUUID()}`];
    const [external_id, name] = [names[0], `Ada "${names[1]}" 🙂`];
    const body = { program_id: shop.programId, customer: { external_id, name } };
    const headers = keyed();
    const enrolled = (): Promise<Answered> => shop.call('POST', '/cards', { body, headers });
    const card = await made(enrolled());
    const path = `/cards/${String(card['id'])}`;
    await made(shop.call('POST', `${path}/earn`, { body: { points: 50 }, headers: keyed() }));
    await made(shop.call('POST', `${path}/redeem`, { body: { points: 20 }, headers: keyed() }));
    isProblem(
      await shop.call('POST', `${path}/redeem`, { body: { points: 99 }, headers: keyed() }),
      409,
      'insufficient-points',
    );
    await made(world.admin('POST', `${path}/adjust`, { body: { points: 5, reason: 'Goodwill' }, headers: keyed() }));
    await world.admin('POST', `${path}/freeze`, { body: { reason: 'lost' }, headers: keyed() });
    await world.admin('POST', `${path}/unfreeze`, { body: { reason: 'found' }, headers: keyed() });
    const passes = ['google', 'apple'].map((platform) => ({ platform, object_id: randomUUID(), wanted_version: 1 }));
    const key = { merchant_id: shop.merchantId, card_id: card['id'] };
    await world.database('passes').insert(passes.map((pass) => ({ ...key, ...pass })));
    return { names, id: (card['customer'] as Json)['id'], card, enrolled };
  }

  it('leaves no name and no external id anywhere, and the ledger as it was', async () => {
    const { names, id, card } = await customer();
    const path = `/cards/${String(card['id'])}`;
    const ledger = (await shop.call('GET', `${path}/entries`)).body;
    for (const name of names) assert.deepEqual((await tablesWith(name)).toSorted(), ['customers', 'idempotency_keys']);

    const { status, body } = await erase(id);
    const { external_id, erased_at, ...erased } = body['customer'] as Json;
    assert.deepEqual([status, erased, body['cards_closed'], body['passes_voided']], [200, { id, name: null }, 1, 2]);
    assert.match(String(erased_at), /Z$/);

    for (const name of names) {
      assert.deepEqual(await tablesWith(name), [], name);
      assert.ok(!world.api.text().includes(name), 'the log has it');
    }
    assert.deepEqual((await shop.call('GET', `${path}/entries`)).body, ledger);
    const closed = (await shop.call('GET', path)).body;
    assert.deepEqual(closed['customer'], { id, external_id, name: null });
    assert.deepEqual([closed['status'], closed['balance']], ['closed', 35]);
    const passes = await world.database('passes').where({ card_id: String(card['id']) });
    assert.ok(passes.every((pass: Json) => pass['voided_at'] !== null && pass['stale_since'] !== null));
  });

  it('is answered alike when it is repeated, and audited once', async () => {
    const { id } = await customer();
    const first = await erase(id);
    const again = await erase(id);
    assert.deepEqual([again.status, again.body['customer']], [200, first.body['customer']]);
    assert.deepEqual([again.body['cards_closed'], again.body['passes_voided']], [0, 0]);
    const audited = await walk((query) => world.admin('GET', `/audit?subject=${String(id)}&${query}`));
    assert.deepEqual(
      audited.map(({ action, details }) => [action, details]),
      [['customer.erased', { cards_closed: 1, passes_voided: 2 }]],
    );
  });

  it('answers a repeat of the enrolment with the pseudonym, and takes the external id for a new customer', async () => {
    const { names, id, card, enrolled } = await customer();
    const { external_id } = (await erase(id)).body['customer'] as Json;
    const repeated = await enrolled();
    assert.deepEqual([repeated.status, repeated.headers.get('idempotency-replayed')], [201, 'true']);
    assert.deepEqual(repeated.body, { ...card, customer: { id, external_id, name: null } });
    const again = { program_id: shop.programId, customer: { external_id: names[0] } };
    const { customer: anew } = await made(shop.call('POST', '/cards', { body: again }));
    assert.notEqual((anew as Json)['id'], id);
    const pseudonym = { program_id: shop.programId, customer: { external_id, name: 'Eve' } };
    isProblem(await shop.call('POST', '/cards', { body: pseudonym }), 409, 'conflict');
    assert.deepEqual(
      (await tablesWith('Eve')).filter((table) => table === 'customers'),
      [],
    );
  });

  it('leaves nothing though the card is booked at the same moment', async () => {
    const { names, id, card } = await customer();
    const book = () =>
      shop.call('POST', `/cards/${String(card['id'])}/earn`, { body: { points: 1 }, headers: keyed() });
    const early = Array.from({ length: 15 }, book);
    const erasing = erase(id);
    const booked = await Promise.all([...early, ...Array.from({ length: 15 }, book)]);
    assert.equal((await erasing).status, 200);
    for (const { status, body } of booked) assert.ok(status === 201 || body['code'] === 'card-closed', String(status));
    for (const name of names) assert.deepEqual(await tablesWith(name), []);
  });

  it('closes every card though the customer is enrolled elsewhere at the same moment', async () => {
    const program = { merchant_id: shop.merchantId, name: 'Zweite', points_name: 'P', expiry: { mode: 'none' } };
    const { id: program_id } = await made(world.admin('POST', '/programs', { body: program }));
    for (let round = 0; round < 10; round += 1) {
      const { customer } = (await shop.enrol()) as { customer?: Json };
      const enrolment = { program_id, customer: { external_id: customer?.['external_id'], name: 'Ada' } };
      const enrol = () => shop.call('POST', '/cards', { body: enrolment });
      const [first, second] =
        round % 2 === 0 ? [enrol, () => erase(customer?.['id'])] : [() => erase(customer?.['id']), enrol];
      const answers = await Promise.all([first(), second()]);
      assert.deepEqual(
        answers.map(({ status }) => status).toSorted((left, right) => left - right),
        [200, 201],
      );
    }
    const open = await world
      .database('cards')
      .join('customers', 'customers.id', 'cards.customer_id')
      .whereNotNull('customers.erased_at')
      .whereNot('cards.status', 'closed');
    assert.deepEqual(open, []);
  });

  it('is refused for a customer who is not known', async () => {
    isProblem(await erase(randomUUID()), 404, 'not-found');
    isProblem(await erase('C-1'), 404, 'not-found');
  });
});
