import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { adjust, earn, redeem } from '../../../../src/adapters/postgres/ledger/change.ts';
import { eraseCustomer } from '../../../../src/adapters/postgres/ledger/erase.ts';
import { expireCards, type ExpiredCards } from '../../../../src/adapters/postgres/ledger/expire.ts';
import { readCard } from '../../../../src/adapters/postgres/ledger/read-card.ts';
import { restoreEntries } from '../../../../src/adapters/postgres/ledger/restore-entries.ts';
import { restore } from '../../../../src/adapters/postgres/ledger/restore.ts';
import { freeze } from '../../../../src/adapters/postgres/ledger/status.ts';
import { assertBooks } from './books.ts';
import { type CardRows, cause, changed, createWorld, refused, type World } from './world.ts';

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number, 12));
const runId = '01943f6e-7c00-7abc-8def-0123456789ab';

describe('expired points', () => {
  let world: World;
  let merchantId: string;
  let cards: CardRows[];
  const inTransaction = <T>(work: (transaction: Knex) => Promise<T>): Promise<T> => world.database.transaction(work);
  const earnOn = async (card: CardRows, now: Date, points = 100) =>
    changed(await inTransaction((database) => earn(database, { ...card, ...cause, points, now })));
  const expire = (asOf: Date, chosen: readonly string[] | { limit: number }): Promise<ExpiredCards> =>
    inTransaction((database) => expireCards(database, { ...cause, merchantId, asOf, runId, cards: chosen, now: asOf }));
  const entries = () => world.database<{ id: string; merchant_id: string; card_id: string; kind: string }>('entries');
  const expireEntries = async (card?: CardRows): Promise<string[]> => {
    const found = entries().where({ merchant_id: merchantId, kind: 'expire' });
    const rows = await (card ? found.andWhere({ card_id: card.cardId }) : found).orderBy('card_version').select('id');
    return rows.map(({ id }) => id);
  };
  const cardAt = (index: number): CardRows => cards[index] ?? assert.fail(`there is no card ${index}`);

  before(async () => {
    world = await createWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    merchantId = await world.merchant('UTC');
    const program = await world.program(merchantId, { mode: 'fixed', days: 10, rounding: 'none' });
    cards = await Promise.all([1, 2, 3].map(() => world.card(merchantId, program)));
    for (const card of cards) {
      await earnOn(card, day(1));
      await earnOn(card, day(2));
      await earnOn(card, day(5));
    }
  });
  afterEach(() => assertBooks(world.database));

  it('are zeroed by one entry a card with a move a lot, from the very instant of their expiry, once', async () => {
    const none = { locked: 0, cards: 0, lots: 0, points: 0n, exhausted: true };
    assert.deepEqual(await expire(new Date(day(11).getTime() - 1), { limit: 10 }), none);
    await inTransaction((database) => redeem(database, { ...cardAt(0), ...cause, points: 30, now: day(6) }));
    await inTransaction((database) => freeze(database, { ...cardAt(1), now: day(6) }));
    await inTransaction((database) => eraseCustomer(database, { ...cardAt(2), now: day(6) }));
    assert.deepEqual(await expire(day(12), { limit: 10 }), {
      locked: 3,
      cards: 3,
      lots: 6,
      points: 570n,
      exhausted: true,
    });
    const { cardId } = cardAt(0);
    const [entry] = await entries().where({ card_id: cardId, kind: 'expire' });
    const written = {
      points: -170,
      balance_after: 100,
      card_version: 6,
      occurred_at: day(12),
      run_id: runId,
      actor: 'test',
    };
    assert.partialDeepStrictEqual(entry, written);
    const moves = world
      .database('lot_moves')
      .where({ entry_id: entry?.id ?? '' })
      .orderBy('points')
      .select('points');
    assert.deepEqual(await moves, [{ points: -100 }, { points: -70 }]);
    assert.partialDeepStrictEqual(await readCard(world.database, { ...cardAt(0), now: day(12) }), {
      balance: 100,
      availablePoints: 100,
      version: 6,
      lastActivityAt: day(6),
    });
    const pass = { wanted_version: 6, stale_since: day(1) };
    assert.partialDeepStrictEqual(await world.database('passes').where({ card_id: cardId }), [pass, pass]);
    assert.deepEqual(await expire(day(12), { limit: 10 }), none);
  });

  it('are zeroed in batches until nothing is left, of one merchant only', async () => {
    const otherMerchant = await world.merchant('UTC');
    const other = await world.card(
      otherMerchant,
      await world.program(otherMerchant, { mode: 'fixed', days: 1, rounding: 'none' }),
    );
    await earnOn(other, day(1));
    const batches: number[] = [];
    for (let locked = 1; locked > 0;) {
      const batch = await expire(day(20), { limit: 2 });
      ({ locked } = batch);
      batches.push(batch.lots);
    }
    assert.equal(
      batches.reduce((sum, lots) => sum + lots, 0),
      9,
    );
    assert.equal(batches.at(-1), 0);
    assert.equal((await readCard(world.database, other))?.balance, 100);
  });

  it('are known to be all gone as soon as a batch leaves nothing', async () => {
    const batches = [await expire(day(11), { limit: 2 }), await expire(day(11), { limit: 1 })];
    assert.deepEqual(
      batches.map(({ lots, exhausted }) => [lots, exhausted]),
      [
        [2, false],
        [1, true],
      ],
    );
  });

  it('are zeroed of the cards that are named', async () => {
    assert.deepEqual(await expire(day(12), [cardAt(1).cardId]), {
      locked: 1,
      cards: 1,
      lots: 2,
      points: 200n,
      exhausted: false,
    });
    assert.deepEqual(await expire(day(12), [cardAt(1).cardId]), {
      locked: 1,
      cards: 0,
      lots: 0,
      points: 0n,
      exhausted: false,
    });
    assert.equal((await readCard(world.database, cardAt(0)))?.balance, 300);
  });

  it('are summed exactly beyond what a number holds', async () => {
    const most = Number.MAX_SAFE_INTEGER - 300;
    for (const card of cards) await earnOn(card, day(3), most);
    const { points } = await expire(day(13), { limit: 100 });
    assert.equal(points, 3n * (200n + BigInt(most)));
  });

  it('come back as a lot each with the full period from now, once; a dry run writes nothing', async () => {
    const card = cardAt(0);
    await expire(day(11), [card.cardId]);
    await expire(day(12), [card.cardId]);
    const [first, second] = await expireEntries(card);
    const change = { ...card, ...cause, now: day(14) };
    const expected = [
      { expireEntryId: first, points: 100, expiresAt: day(24) },
      { expireEntryId: second, points: 100, expiresAt: day(24) },
    ];
    const dry = changed(await inTransaction((database) => restore(database, { ...change, dryRun: true })));
    assert.deepEqual([dry.restored, dry.entries, dry.points, dry.card.balance], [expected, [], 200, 300]);
    assert.equal((await readCard(world.database, card))?.balance, 100);
    const { restored, entries, card: after } = changed(await inTransaction((database) => restore(database, change)));
    assert.deepEqual(restored, expected);
    assert.partialDeepStrictEqual(entries, [
      { kind: 'restore', points: 100, balanceAfter: 200, cardVersion: 7, reverses: first },
      { kind: 'restore', points: 100, balanceAfter: 300, cardVersion: 8, reverses: second },
    ]);
    assert.deepEqual(after, await readCard(world.database, { ...card, now: day(14) }));
    const lot = { points: 100, remaining: 100, earned_at: day(14), expires_at: day(24) };
    assert.partialDeepStrictEqual(
      await world.database('lots').where({ card_id: card.cardId }).whereNotNull('restored_from').orderBy('id'),
      [lot, lot],
    );
    assert.equal(refused(await inTransaction((database) => restore(database, change))), 'nothing-to-restore');
    const again = { ...change, entryIds: [first ?? ''] };
    assert.equal(refused(await inTransaction((database) => restore(database, again))), 'already-restored');
  });

  it('come back by entry, to an expiry that is named; a wrong entry or an expiry gone by refuses all', async () => {
    const card = cardAt(0);
    await expire(day(11), [card.cardId]);
    const [entryId = ''] = await expireEntries(card);
    const change = { ...card, ...cause, entryIds: [entryId], now: day(14) };
    const earned = (await earnOn(card, day(14))).entry.id;
    const answers = [
      [{ ...change, entryIds: [entryId, earned] }, 'nothing-to-restore'],
      [{ ...change, entryIds: [entryId, runId] }, 'nothing-to-restore'],
      [{ ...change, expiresAt: day(14) }, 'expiry-in-past'],
    ] as const;
    for (const [wrong, code] of answers) {
      assert.equal(refused(await inTransaction((database) => restore(database, wrong))), code);
    }
    const { restored } = changed(await inTransaction((database) => restore(database, { ...change, expiresAt: null })));
    assert.deepEqual(restored, [{ expireEntryId: entryId, points: 100, expiresAt: null }]);
  });

  it('come back of many cards at once, each with its own versions, and are passed over the second time', async () => {
    await expire(day(11), { limit: 100 });
    await expire(day(12), { limit: 100 });
    await inTransaction((database) => eraseCustomer(database, cardAt(2)));
    await inTransaction((database) =>
      adjust(database, { ...cardAt(1), ...cause, points: Number.MAX_SAFE_INTEGER - 200, now: day(13) }),
    );
    const change = { ...cause, merchantId, entryIds: await expireEntries(), runId, now: day(14) };
    const answer = changed(await inTransaction((database) => restoreEntries(database, change)));
    assert.deepEqual([answer.cards, answer.entries, answer.points], [2, 3, 300n]);
    const entryOf = async (index: number, entry: number) => (await expireEntries(cardAt(index)))[entry];
    const expected = [
      { entryId: await entryOf(1, 1), cardId: cardAt(1).cardId, code: 'balance-limit' },
      { entryId: await entryOf(2, 0), cardId: cardAt(2).cardId, code: 'card-closed' },
      { entryId: await entryOf(2, 1), cardId: cardAt(2).cardId, code: 'card-closed' },
    ];
    assert.deepEqual(new Set(answer.refused), new Set(expected));
    const back = { kind: 'restore', run_id: runId, occurred_at: day(14) };
    assert.partialDeepStrictEqual(
      await world
        .database('entries')
        .where({ card_id: cardAt(0).cardId, kind: 'restore' })
        .orderBy('card_version'),
      [
        { ...back, card_version: 7, balance_after: 200 },
        { ...back, card_version: 8, balance_after: 300 },
      ],
    );
    const pass = { wanted_version: 8, stale_since: day(1) };
    assert.partialDeepStrictEqual(await world.database('passes').where({ card_id: cardAt(0).cardId }), [pass, pass]);
    const again = changed(await inTransaction((database) => restoreEntries(database, change)));
    assert.deepEqual([again.cards, again.entries, again.points, again.refused.length], [0, 0, 0n, 3]);
    const late = { ...change, expiresAt: day(14) };
    assert.equal(refused(await inTransaction((database) => restoreEntries(database, late))), 'expiry-in-past');
  });
});
