import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type Answered, isProblem, type Json, sharedWorld, type Shop, walk, type World } from './world.ts';

describe('entries', () => {
  let world: World;
  let shop: Shop;
  before(async () => {
    world = await sharedWorld();
    shop = await world.shop({ program: { expiry: { mode: 'fixed', days: 365 } } });
  });

  const book = (cardId: string, action: string, body: Json, headers = {}): Promise<Answered> =>
    shop.call('POST', `/cards/${cardId}/${action}`, { body, headers });
  const voiding = (cardId: string, entryId: unknown, body: Json = {}): Promise<Answered> =>
    book(cardId, `entries/${String(entryId)}/void`, body);
  const earned = async (points: number): Promise<{ id: string; entryId: unknown }> => {
    const { id } = await shop.enrol();
    const { body } = await book(id, 'earn', { points });
    return { id, entryId: (body['entry'] as Json)['id'] };
  };

  it('are written by earn, redeem and void, and the card follows', async () => {
    const { id } = await shop.enrol();
    const steps: [action: string, body: Json, expected: Json][] = [
      ['earn', { points: 100, reason: 'Kauf', reference: 'Bon 1' }, { kind: 'earn', points: 100, balance_after: 100 }],
      ['redeem', { points: 30 }, { kind: 'redeem', points: -30, balance_after: 70 }],
      ['void', { reason: 'Irrtum' }, { kind: 'void', points: 30, balance_after: 100 }],
    ];
    let last: unknown = null;
    for (const [at, [action, body, expected]] of steps.entries()) {
      const path = action === 'void' ? `entries/${String(last)}/void` : action;
      const answer = await book(id, path, body);
      assert.equal(answer.status, 201, answer.text);
      const { entry, card } = answer.body as { entry: Json; card: Json };
      const { id: entryId, occurred_at, ...rest } = entry;
      assert.deepEqual(rest, {
        card_id: id,
        ...expected,
        actor: `key:${shop.keyId}`,
        reason: body['reason'] ?? null,
        reference: body['reference'] ?? null,
        reverses: action === 'void' ? last : null,
        card_version: at + 2,
      });
      assert.match(String(occurred_at), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
      assert.deepEqual(
        [card['balance'], card['available_points'], card['version']],
        [expected['balance_after'], expected['balance_after'], at + 2],
      );
      assert.deepEqual((await shop.call('GET', `/cards/${id}`)).body, card);
      last = entryId;
    }
  });

  const conflicts: [what: string, code: string, make: () => Promise<Answered>][] = [
    [
      'redeem more than there is',
      'insufficient-points',
      async () => book((await earned(5)).id, 'redeem', { points: 6 }),
    ],
    [
      'redeem from an empty card',
      'insufficient-points',
      async () => book((await shop.enrol()).id, 'redeem', { points: 1 }),
    ],
    [
      'earn beyond what a balance can be',
      'balance-limit',
      async () => book((await earned(1)).id, 'earn', { points: Number.MAX_SAFE_INTEGER }),
    ],
    [
      'void an earn that is spent',
      'points-spent',
      async () => {
        const { id, entryId } = await earned(5);
        await book(id, 'redeem', { points: 1 });
        return voiding(id, entryId);
      },
    ],
    [
      'void twice',
      'already-voided',
      async () => {
        const { id, entryId } = await earned(5);
        await voiding(id, entryId);
        return voiding(id, entryId);
      },
    ],
    [
      'void a void',
      'not-voidable',
      async () => {
        const { id, entryId } = await earned(5);
        const { body } = await voiding(id, entryId);
        return voiding(id, (body['entry'] as Json)['id']);
      },
    ],
    ...(['earn', 'redeem', 'void'] as const).map((action): [string, string, () => Promise<Answered>] => [
      `${action} on a frozen card`,
      'card-frozen',
      async () => {
        const { id, entryId } = await earned(5);
        await world.admin('POST', `/cards/${id}/freeze`, { body: { reason: 'lost' } });
        return action === 'void' ? voiding(id, entryId) : book(id, action, { points: 1 });
      },
    ]),
    ...(['earn', 'redeem', 'void'] as const).map((action): [string, string, () => Promise<Answered>] => [
      `${action} on a closed card`,
      'card-closed',
      async () => {
        const { id, entryId } = await earned(5);
        const { customer } = (await shop.call('GET', `/cards/${id}`)).body as { customer: Json };
        await world.admin('DELETE', `/customers/${String(customer['id'])}`);
        return action === 'void' ? voiding(id, entryId) : book(id, action, { points: 1 });
      },
    ]),
  ];
  for (const [what, code, make] of conflicts) {
    it(`refuses to ${what}`, async () => {
      isProblem(await make(), 409, code);
    });
  }

  it('says how many points are missing', async () => {
    const { id } = await earned(5);
    const problem = isProblem(await book(id, 'redeem', { points: 6 }), 409, 'insufficient-points');
    assert.deepEqual([problem['available_points'], problem['requested_points']], [5, 6]);
  });

  const refused: [what: string, body: Json, place: string][] = [
    ['no points', {}, '/points'],
    ['0 points', { points: 0 }, '/points'],
    ['negative points', { points: -1 }, '/points'],
    ['half points', { points: 0.5 }, '/points'],
    ['points as text', { points: '5' }, '/points'],
    ['more points than an integer can say', { points: Number.MAX_SAFE_INTEGER + 1 }, '/points'],
    ['an empty reason', { points: 1, reason: '' }, '/reason'],
    ['a reference that is too long', { points: 1, reference: 'x'.repeat(201) }, '/reference'],
    ['a card', { points: 1, card_id: 'x' }, '/card_id'],
  ];
  for (const [what, body, place] of refused) {
    it(`refuses to book ${what}`, async () => {
      const { id } = await shop.enrol();
      for (const action of ['earn', 'redeem']) {
        const problem = isProblem(await book(id, action, body), 400, 'invalid-request');
        assert.deepEqual(
          (problem['errors'] as Json[]).map(({ pointer }) => pointer),
          [place],
        );
      }
    });
  }

  it('are not found on a card that is unknown, nor on another card', async () => {
    const unknown = randomUUID();
    isProblem(await book(unknown, 'earn', { points: 1 }), 404, 'not-found');
    isProblem(await book(unknown, 'redeem', { points: 1 }), 404, 'not-found');
    isProblem(await shop.call('GET', `/cards/${unknown}/entries`), 404, 'not-found');
    const [one, other] = [await earned(1), await earned(1)];
    isProblem(await voiding(one.id, other.entryId), 404, 'not-found');
    isProblem(await voiding(one.id, unknown), 404, 'not-found');
  });

  it('are listed each once, newest first, while others are booked', async () => {
    const { id } = await shop.enrol();
    for (let points = 1; points <= 10; points += 1) await shop.earn(id, points);
    const list = (query: string) => shop.call('GET', `/cards/${id}/entries?${query}`);
    const seen = await walk(list, { between: async () => void (await shop.earn(id, 999)) });
    assert.deepEqual(
      seen.map(({ points }) => points),
      [10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    );
    const { body } = await shop.call('GET', `/cards/${id}/entries?limit=100`);
    assert.deepEqual((body['items'] as Json[]).slice(-10), seen);
  });

  it('have pages that are refused when they are none', async () => {
    const { id } = await shop.enrol();
    for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=1&limit=2', 'cursor=x', 'cursor=', 'page=2']) {
      isProblem(await shop.call('GET', `/cards/${id}/entries?${query}`), 400, 'invalid-request');
    }
  });
});
