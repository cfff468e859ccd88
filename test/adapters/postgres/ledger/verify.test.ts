import assert from 'node:assert/strict';
import { earn, redeem } from '../../../../src/adapters/postgres/ledger/change.ts';
import { recordVerification, verifyLots, verifyMerchant } from '../../../../src/adapters/postgres/ledger/verify.ts';
import { assertBooks } from './books.ts';
import { type CardRows, cause, createWorld, type World } from './world.ts';

/** What an operator with a superuser's rights could do: SQL past triggers and constraints. */
async function tamper(world: World, sql: string, cardId: string): Promise<void> {
  await world.database.transaction(async (transaction) => {
    await transaction.raw('SET LOCAL session_replication_role = replica');
    const { rowCount } = await transaction.raw<{ rowCount: number }>(sql, { card: cardId });
    assert.equal(rowCount, 1, sql);
  });
}

describe('the verification of a ledger', () => {
  let world: World;
  let cards: CardRows[];
  let merchantId: string;

  beforeEach(async () => {
    world = await createWorld();
    merchantId = await world.merchant();
    const program = await world.program(merchantId, { mode: 'none' });
    cards = await Promise.all(Array.from({ length: 30 }, () => world.card(merchantId, program)));
    await world.database.transaction(async (transaction) => {
      for (const card of cards) await earn(transaction, { ...card, ...cause, points: 100 });
      for (const card of cards) await redeem(transaction, { ...card, ...cause, points: 30 });
    });
  });
  afterEach(() => world[Symbol.asyncDispose]());

  it('finds nothing in a ledger that only the ledger has written, and says how many cards it saw', async () => {
    await assertBooks(world.database);
    assert.equal((await verifyMerchant(world.database, merchantId)).cards, 30);
    assert.equal((await verifyMerchant(world.database, await world.merchant())).cards, 0);
  });

  const wrong = [
    ['a balance', 'UPDATE cards SET balance = 71 WHERE id = :card', { balance: 71, entries: 70, lots: 70 }],
    [
      'what remains of a lot',
      'UPDATE lots SET remaining = 69 WHERE card_id = :card',
      { balance: 70, entries: 70, lots: 69 },
    ],
    [
      'the points of an entry',
      "UPDATE entries SET points = 99 WHERE card_id = :card AND kind = 'earn'",
      { balance: 70, entries: 69, lots: 70 },
    ],
    [
      'an entry that is gone',
      "DELETE FROM entries WHERE card_id = :card AND kind = 'redeem'",
      { balance: 70, entries: 100, lots: 70 },
    ],
    ['a lot that is gone', 'DELETE FROM lots WHERE card_id = :card', { balance: 70, entries: 70, lots: 0 }],
    ['a card that is gone', 'DELETE FROM cards WHERE id = :card', { balance: null, entries: 70, lots: 70 }],
  ] as const;
  for (const [what, sql, sums] of wrong) {
    it(`names the card of which somebody changed ${what}`, async () => {
      const [, , card] = cards;
      assert.ok(card);
      await tamper(world, sql, card.cardId);
      const { imbalancedCards, examples } = await verifyMerchant(world.database, merchantId);
      assert.deepEqual(
        { imbalancedCards, examples },
        { imbalancedCards: 1, examples: [{ card_id: card.cardId, ...sums }] },
      );
    });
  }

  it('names the lot of which somebody changed a move', async () => {
    const { cardId = '' } = cards[0] ?? {};
    const lot = 'SELECT id FROM lots WHERE card_id = :card';
    await tamper(world, `UPDATE lot_moves SET points = -31 WHERE lot_id = (${lot})`, cardId);
    const [{ id } = { id: '' }] = await world
      .database<{ id: string; card_id: string }>('lots')
      .where({ card_id: cardId })
      .select('id');
    assert.deepEqual(await verifyLots(world.database, merchantId), [id]);
  });

  it('counts all that are wrong, names the first 20 by id, and is kept', async () => {
    for (const { cardId } of cards) await tamper(world, 'UPDATE cards SET balance = 0 WHERE id = :card', cardId);
    const found = await verifyMerchant(world.database, merchantId);
    const first = cards.map(({ cardId }) => cardId).toSorted();
    assert.equal(found.imbalancedCards, 30);
    assert.deepEqual(
      found.examples.map(({ card_id }) => card_id),
      first.slice(0, 20),
    );
    await recordVerification(world.database, merchantId, found);
    assert.partialDeepStrictEqual(await world.database('ledger_verifications').select(), [
      {
        merchant_id: merchantId,
        verified_at: found.verifiedAt,
        cards: 30,
        imbalanced_cards: 30,
        examples: found.examples,
      },
    ]);
  });

  it('is of one merchant', async () => {
    const [card] = cards;
    await tamper(world, 'UPDATE cards SET balance = 0 WHERE id = :card', card?.cardId ?? '');
    assert.equal((await verifyMerchant(world.database, await world.merchant())).imbalancedCards, 0);
  });
});

describe('the tables of the ledger', () => {
  let world: World;
  let card: CardRows;

  before(async () => {
    world = await createWorld();
    const merchantId = await world.merchant();
    card = await world.card(merchantId, await world.program(merchantId, { mode: 'none' }));
    await world.database.transaction(async (transaction) => {
      await earn(transaction, { ...card, ...cause, points: 100 });
      await redeem(transaction, { ...card, ...cause, points: 30 });
    });
  });
  after(() => world[Symbol.asyncDispose]());

  const refused = [
    ['UPDATE entries SET points = 1', '23001'],
    ['DELETE FROM entries', '23001'],
    ['TRUNCATE entries CASCADE', '23001'],
    ['UPDATE lot_moves SET points = 1', '23001'],
    ['DELETE FROM lot_moves', '23001'],
    ['TRUNCATE lot_moves', '23001'],
    ['UPDATE cards SET balance = -1', '23514'],
    ['UPDATE cards SET balance = 9007199254740992', '23514'],
    ['UPDATE lots SET remaining = -1', '23514'],
    ['UPDATE lots SET remaining = points + 1', '23514'],
    ['INSERT INTO lot_moves SELECT merchant_id, entry_id, id, 0 FROM lots', '23514'],
    ['INSERT INTO lot_moves SELECT merchant_id, uuid_v7(), id, 1 FROM lots', '23503'],
    ['DELETE FROM cards', '23503'],
  ] as const;
  for (const [sql, code] of refused) {
    it(`refuse ${sql}`, async () => {
      await assert.rejects(world.database.raw(sql), { code });
      await assertBooks(world.database);
    });
  }
});
