import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { luhnDigit } from '../../../src/api/routes/card-number.ts';
import { isProblem, type Json, made, sharedWorld, type Shop, storePath, type World } from './world.ts';

describe('cards of a store', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop();
  });

  const enrol = (body: Json) => shop.call('POST', '/cards', { body });
  const enrolment = (customer: Json = {}, more: Json = {}): Json => ({
    program_id: shop.programId,
    customer: { external_id: randomUUID(), ...customer },
    ...more,
  });

  it('are enrolled with a customer, empty and active', async () => {
    const answer = await enrol(enrolment({ external_id: 'Größe 🙂', name: 'Ada' }, { number: '4-711 A' }));
    const { id, customer, created_at, ...rest } = answer.body;
    assert.deepEqual([answer.status, answer.headers.get('location')], [201, `${storePath}/cards/${String(id)}`]);
    assert.deepEqual(rest, {
      number: '4-711 A',
      program_id: shop.programId,
      status: 'active',
      balance: 0,
      available_points: 0,
      expiring_soon: [],
      version: 1,
      last_activity_at: created_at,
    });
    const { id: customerId, ...named } = customer as Json;
    assert.deepEqual([typeof customerId, named], ['string', { external_id: 'Größe 🙂', name: 'Ada' }]);
    assert.deepEqual((await shop.call('GET', `/cards/${String(id)}`)).body, answer.body);
  });

  it('get a number of 16 digits that end in their check digit, none like the other', async () => {
    const numbers = await Promise.all(Array.from({ length: 20 }, async () => String((await shop.enrol())['number'])));
    assert.equal(new Set(numbers).size, numbers.length);
    for (const number of numbers) {
      assert.match(number, /^[1-9]\d{15}$/);
      assert.equal(number.at(-1), luhnDigit(number.slice(0, -1)));
    }
    // Not one after the other: 20 neighbours share their first digits.
    assert.ok(new Set(numbers.map((number) => number.slice(0, 6))).size > 10);
  });

  it('of one external id are of one customer, whose name is the newest', async () => {
    const other = { merchant_id: shop.merchantId, name: 'Zweite', points_name: 'P', expiry: { mode: 'none' } };
    const { id: program_id } = await made(world.admin('POST', '/programs', { body: other }));
    const external_id = randomUUID();
    const first = await made(enrol(enrolment({ external_id, name: 'Ada' })));
    const second = await made(enrol({ program_id, customer: { external_id, name: 'Ada Lovelace' } }));
    assert.deepEqual(second['customer'], { ...(first['customer'] as Json), name: 'Ada Lovelace' });
    const third = isProblem(await enrol(enrolment({ external_id, name: 'Eve' })), 409, 'card-exists');
    assert.equal(third['card_id'], first['id']);
    const { body } = await shop.call('GET', `/cards/${String(first['id'])}`);
    assert.deepEqual(body['customer'], second['customer'], 'a refused enrolment has changed the name');
  });

  it('have a number of their own within the merchant', async () => {
    const number = randomUUID();
    await made(enrol(enrolment({}, { number })));
    const external_id = randomUUID();
    isProblem(await enrol(enrolment({ external_id }, { number })), 409, 'number-taken');
    const rows = await world.database('customers').where({ external_id });
    assert.deepEqual(rows, [], 'the customer of a refused enrolment stayed');
    const elsewhere = await world.shop();
    const body = { program_id: elsewhere.programId, customer: { external_id }, number };
    await made(elsewhere.call('POST', '/cards', { body }));
  });

  it('are one, though 50 enrol the customer at once', async () => {
    const body = enrolment({ name: 'Ada' });
    const answers = await Promise.all(Array.from({ length: 50 }, () => enrol(body)));
    const cards = answers.filter(({ status }) => status === 201).map((answer) => answer.body['id']);
    assert.equal(cards.length, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) {
      assert.equal(isProblem(answer, 409, 'card-exists')['card_id'], cards[0]);
    }
    const { external_id } = body['customer'] as Json;
    assert.equal((await world.database('customers').where({ external_id: String(external_id) })).length, 1);
  });

  it('are one, though 50 customers want the number at once', async () => {
    const number = randomUUID();
    const answers = await Promise.all(Array.from({ length: 50 }, () => enrol(enrolment({}, { number }))));
    assert.equal(answers.filter(({ status }) => status === 201).length, 1);
    for (const answer of answers.filter(({ status }) => status !== 201)) isProblem(answer, 409, 'number-taken');
  });

  it('are found by their number, or the page is empty', async () => {
    const { id, number } = await shop.enrol();
    const found = await shop.call('GET', `/cards?number=${String(number)}`);
    const card = await shop.call('GET', `/cards/${id}`);
    assert.deepEqual([found.status, found.body], [200, { items: [card.body], next_cursor: null }]);
    const none = await shop.call('GET', '/cards?number=4711-0815');
    assert.deepEqual([none.status, none.body], [200, { items: [], next_cursor: null }]);
    for (const query of ['', '?number=', '?nmber=1', '?number=1&number=2', '?number=%C3%A4', '?number=%00']) {
      isProblem(await shop.call('GET', `/cards${query}`), 400, 'invalid-request');
    }
  });

  it('are answered 304 while nothing changed', async () => {
    const { id } = await shop.enrol();
    const first = await shop.call('GET', `/cards/${id}`);
    const etag = first.headers.get('etag') ?? '';
    assert.match(etag, /^"[^"]+"$/);
    const headers = { 'if-none-match': etag };
    const again = await shop.call('GET', `/cards/${id}`, { headers });
    assert.deepEqual([again.status, again.text, again.headers.get('etag')], [304, '', etag]);
    await shop.earn(id, 1);
    const changed = await shop.call('GET', `/cards/${id}`, { headers });
    assert.deepEqual([changed.status, changed.body['balance']], [200, 1]);
    assert.notEqual(changed.headers.get('etag'), etag);
  });

  it('say what expires within the warning days of the program', async () => {
    const place = await world.shop({
      timezone: 'America/New_York',
      program: { expiry: { mode: 'fixed', days: 10, rounding: 'end_of_day' }, warning_days: 12 },
    });
    const { id } = await place.enrol();
    const { balance, available_points, expiring_soon } = await place.earn(id, 40);
    const [{ expires_at, points } = {}] = expiring_soon as Json[];
    assert.deepEqual([balance, available_points, points], [40, 40, 40]);
    const local = new Date(String(expires_at)).toLocaleString('en-GB', { timeZone: 'America/New_York' });
    assert.match(local, /, 23:59:59$/);
  });

  const refused: [what: string, body: () => Json, place: string][] = [
    ['no customer', () => ({ program_id: shop.programId }), '/customer'],
    ['an empty external id', () => enrolment({ external_id: '' }), '/customer/external_id'],
    ['an external id that is a number', () => enrolment({ external_id: 7 }), '/customer/external_id'],
    ['half of a surrogate pair', () => enrolment({ name: '\ud800' }), '/customer/name'],
    ['an empty number', () => enrolment({}, { number: '' }), '/number'],
    ['a number with blanks around', () => enrolment({}, { number: ' 1' }), '/number'],
    ['a number that is too long', () => enrolment({}, { number: '1'.repeat(65) }), '/number'],
    ['another merchant', () => enrolment({}, { merchant_id: shop.merchantId }), '/merchant_id'],
    ['a program that is no id', () => enrolment({}, { program_id: 'x' }), '/program_id'],
  ];
  for (const [what, body, place] of refused) {
    it(`refuses to enrol with ${what}`, async () => {
      const problem = isProblem(await enrol(body()), 400, 'invalid-request');
      assert.deepEqual(
        (problem['errors'] as Json[]).map(({ pointer }) => pointer),
        [place],
      );
    });
  }

  it('are not found by an unknown id, nor made in an unknown program', async () => {
    isProblem(await shop.call('GET', `/cards/${randomUUID()}`), 404, 'not-found');
    isProblem(await enrol(enrolment({}, { program_id: randomUUID() })), 404, 'not-found');
  });
});
