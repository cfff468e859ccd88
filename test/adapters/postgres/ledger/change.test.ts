import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { adjust, earn, redeem, voidEntry } from '../../../../src/adapters/postgres/ledger/change.ts';
import { eraseCustomer } from '../../../../src/adapters/postgres/ledger/erase.ts';
import { merchantOf } from '../../../../src/adapters/postgres/ledger/merchant-of.ts';
import { readCard, readCards } from '../../../../src/adapters/postgres/ledger/read-card.ts';
import { freeze, unfreeze } from '../../../../src/adapters/postgres/ledger/status.ts';
import { assertBooks } from './books.ts';
import { type CardRows, cause, changed, createWorld, refused, type World } from './world.ts';

const day = (number: number): Date => new Date(Date.UTC(2026, 0, number, 12));

describe('a change of the ledger', () => {
  let world: World;
  let card: CardRows;
  const inTransaction = <T>(work: (transaction: Knex) => Promise<T>): Promise<T> => world.database.transaction(work);
  const earnOn = async (now: Date, points = 100) =>
    changed(await inTransaction((database) => earn(database, { ...card, ...cause, points, now })));
  const redeemOn = async (now: Date, points: number) =>
    changed(await inTransaction((database) => redeem(database, { ...card, ...cause, points, now })));
  const voidOn = (now: Date, entryId: string) =>
    inTransaction((database) => voidEntry(database, { ...card, ...cause, entryId, now }));
  const lots = () =>
    world
      .database('lots')
      .where({ card_id: card.cardId })
      .orderBy('earned_at')
      .select('points', 'remaining', 'expires_at', 'restored_from');

  before(async () => {
    world = await createWorld();
  });
  after(() => world[Symbol.asyncDispose]());
  beforeEach(async () => {
    const merchantId = await world.merchant('UTC');
    card = await world.card(merchantId, await world.program(merchantId, { mode: 'fixed', days: 10, rounding: 'none' }));
  });
  afterEach(() => assertBooks(world.database));

  it('answers the entry as it is stored, and the card as it is read afterwards', async () => {
    const given = { actor: 'key:till', reason: 'lunch', reference: 'receipt 7' };
    const answer = await inTransaction((database) => earn(database, { ...card, ...given, points: 100, now: day(1) }));
    const { entry, card: after } = changed(answer);
    const { merchantId, cardId } = card;
    const stored = { kind: 'earn', points: 100, balance_after: 100, card_version: 2, occurred_at: day(1), ...given };
    assert.partialDeepStrictEqual(await world.database('entries').where({ card_id: cardId }), [
      { merchant_id: merchantId, id: entry.id, card_id: cardId, run_id: null, reverses: null, ...stored },
    ]);
    const { kind, points, balanceAfter: balance_after, cardVersion: card_version, occurredAt: occurred_at } = entry;
    assert.deepEqual({ kind, points, balance_after, card_version, occurred_at, ...given }, stored);
    assert.deepEqual(after, await readCard(world.database, { ...card, now: day(1) }));
    assert.deepEqual([after], await readCards(world.database, [card], day(1)));
    assert.partialDeepStrictEqual(after, {
      balance: 100,
      availablePoints: 100,
      version: 2,
      lastActivityAt: day(1),
      expiringSoon: [{ expiresAt: day(11), points: 100 }],
    });
  });

  it('takes the clock of the database, to the millisecond, when none is given', async () => {
    const before = Date.now();
    const { entry } = changed(await inTransaction((database) => earn(database, { ...card, ...cause, points: 1 })));
    assert.ok(entry.occurredAt.getTime() >= before && entry.occurredAt.getTime() <= Date.now());
    const [row] = await world
      .database('entries')
      .where({ id: entry.id })
      .select(world.database.raw('occurred_at::text'));
    assert.match(String((row as { occurred_at: string }).occurred_at), /:\d\d(\.\d{1,3})?\+00$/);
  });

  it('draws from the lots that expire first and records each move', async () => {
    await earnOn(day(1));
    await earnOn(day(2));
    const { entry } = await redeemOn(day(3), 130);
    const moves = world.database('lot_moves').where({ entry_id: entry.id }).orderBy('points').select('points');
    assert.deepEqual(await moves, [{ points: -100 }, { points: -30 }]);
    assert.partialDeepStrictEqual(await lots(), [{ remaining: 0 }, { remaining: 70 }]);
  });

  it('moves the open lots of a program of inactivity', async () => {
    card = await world.card(
      card.merchantId,
      await world.program(card.merchantId, { mode: 'inactivity', days: 10, rounding: 'none' }),
    );
    await earnOn(day(1));
    await earnOn(day(2));
    await redeemOn(day(5), 30);
    assert.partialDeepStrictEqual(await lots(), [
      { remaining: 70, expires_at: day(15) },
      { remaining: 100, expires_at: day(15) },
    ]);
  });

  it('marks the passes: the version they want, stale since the first change, by this transaction', async () => {
    const passes = () => world.database('passes').where({ card_id: card.cardId }).orderBy('platform');
    const [first] = await passes();
    assert.partialDeepStrictEqual(first, { wanted_version: 1, stale_since: null });
    await earnOn(day(1));
    await earnOn(day(2));
    const marked = { wanted_version: 3, stale_since: day(1), synced_version: 1 };
    const after = (await passes()) as { changed_xid: string }[];
    assert.partialDeepStrictEqual(after, [marked, marked]);
    assert.ok(
      after.every(({ changed_xid: xid }) => BigInt(xid) > BigInt((first as { changed_xid: string }).changed_xid)),
    );
  });

  it('gives back what a voided redemption drew, and takes back an earn that nobody has touched', async () => {
    const { entry: earned } = await earnOn(day(1));
    const { entry: redeemed } = await redeemOn(day(2), 40);
    assert.equal(refused(await voidOn(day(3), earned.id)), 'points-spent');
    const { entry, card: after } = changed(await voidOn(day(3), redeemed.id));
    assert.partialDeepStrictEqual(entry, { kind: 'void', points: 40, reverses: redeemed.id, balanceAfter: 100 });
    assert.deepEqual(after, await readCard(world.database, { ...card, now: day(3) }));
    assert.equal(refused(await voidOn(day(3), redeemed.id)), 'already-voided');
    assert.equal(refused(await voidOn(day(3), entry.id)), 'not-voidable');
    assert.equal(changed(await voidOn(day(3), earned.id)).card.balance, 0);
  });

  it('makes one new lot of what would return to lots that have expired', async () => {
    await earnOn(day(1));
    await earnOn(day(2));
    const { entry: redeemed } = await redeemOn(day(3), 150);
    changed(await voidOn(day(12), redeemed.id));
    assert.deepEqual(await lots(), [
      { points: 100, remaining: 0, expires_at: day(11), restored_from: null },
      { points: 100, remaining: 50, expires_at: day(12), restored_from: null },
      { points: 150, remaining: 150, expires_at: day(22), restored_from: redeemed.id },
    ]);
  });

  it('does not redeem what has expired, although it counts in the balance until the nightly job', async () => {
    await earnOn(day(1));
    const answer = await inTransaction((database) => redeem(database, { ...card, ...cause, points: 1, now: day(11) }));
    assert.deepEqual(answer, {
      code: 'insufficient-points',
      detail: 'The card has 0 points available, but 1 are needed.',
      numbers: { available_points: 0, requested_points: 1 },
    });
    assert.partialDeepStrictEqual(await readCard(world.database, { ...card, now: day(11) }), {
      balance: 100,
      availablePoints: 0,
    });
  });

  it('adjusts to an expiry that is named, and down again', async () => {
    const up = { ...card, ...cause, points: 50, expiresAt: null, now: day(1) };
    changed(await inTransaction((database) => adjust(database, up)));
    const { card: after } = changed(
      await inTransaction((database) => adjust(database, { ...card, ...cause, points: -20 })),
    );
    assert.partialDeepStrictEqual(after, { balance: 30, version: 3 });
    assert.partialDeepStrictEqual(await lots(), [{ remaining: 30, expires_at: null }]);
  });

  it('refuses a balance beyond what a number holds, and holds one just within', async () => {
    await earnOn(day(1), Number.MAX_SAFE_INTEGER - 1);
    const answer = await inTransaction((database) => earn(database, { ...card, ...cause, points: 2, now: day(1) }));
    assert.equal(refused(answer), 'balance-limit');
    assert.equal((await earnOn(day(1), 1)).card.balance, Number.MAX_SAFE_INTEGER);
  });

  it('freezes: no earn, redeem or void, but adjustments; freezing again changes nothing', async () => {
    const { entry } = await earnOn(day(1));
    const frozen = changed(await inTransaction((database) => freeze(database, card)));
    assert.partialDeepStrictEqual(frozen.card, { status: 'frozen', version: 3 });
    assert.deepEqual(await inTransaction((database) => freeze(database, { ...card, now: day(1) })), {
      card: await readCard(world.database, { ...card, now: day(1) }),
    });
    for (const change of [earn, redeem]) {
      assert.equal(
        refused(await inTransaction((database) => change(database, { ...card, ...cause, points: 1 }))),
        'card-frozen',
      );
    }
    assert.equal(refused(await voidOn(day(1), entry.id)), 'card-frozen');
    changed(await inTransaction((database) => adjust(database, { ...card, ...cause, points: 5 })));
    changed(await inTransaction((database) => unfreeze(database, card)));
    changed(await voidOn(day(1), entry.id));
  });

  it('erases: a pseudonym, closed cards, voided passes, the ledger as it was; again, the same', async () => {
    await earnOn(day(1));
    const erased = await inTransaction((database) => eraseCustomer(database, { ...card, now: day(2) }));
    assert.ok(erased);
    assert.match(erased.customer.externalId, /^erased-[0-9a-f-]{36}$/);
    assert.deepEqual([erased.cards, erased.passes, erased.customer.erasedAt], [1, 2, day(2)]);
    const [customer] = await world.database('customers').where({ id: card.customerId });
    assert.partialDeepStrictEqual(customer, { external_id: erased.customer.externalId, name: null, erased_at: day(2) });
    const voided = { voided_at: day(2), wanted_version: 3, stale_since: day(1) };
    assert.partialDeepStrictEqual(await world.database('passes').where({ card_id: card.cardId }), [voided, voided]);
    assert.partialDeepStrictEqual(await readCard(world.database, card), { status: 'closed', balance: 100, version: 3 });
    for (const change of [earn, redeem, adjust]) {
      assert.equal(
        refused(await inTransaction((database) => change(database, { ...card, ...cause, points: 1 }))),
        'card-closed',
      );
    }
    assert.equal(refused(await inTransaction((database) => unfreeze(database, card))), 'card-closed');
    assert.deepEqual(await inTransaction((database) => eraseCustomer(database, card)), {
      ...erased,
      cards: 0,
      passes: 0,
    });
  });

  it("knows no card, customer or entry of another merchant's", async () => {
    const { entry } = await earnOn(day(1));
    const other = { ...card, merchantId: await world.merchant() };
    const sibling = await world.card(card.merchantId, await world.program(card.merchantId, { mode: 'none' }));
    const points = { ...cause, points: 1, entryId: entry.id };
    for (const change of [earn, redeem, adjust, voidEntry, freeze, unfreeze]) {
      assert.equal(await inTransaction((database) => change(database, { ...other, ...points })), undefined);
    }
    assert.equal(await inTransaction((database) => eraseCustomer(database, other)), undefined);
    assert.equal(await readCard(world.database, other), undefined);
    assert.deepEqual(await readCards(world.database, [other]), []);
    assert.equal(await inTransaction((database) => voidEntry(database, { ...sibling, ...points })), undefined);
    assert.equal(await merchantOf(world.database, 'card', card.cardId), card.merchantId);
    assert.equal(await merchantOf(world.database, 'customer', card.customerId), card.merchantId);
    assert.equal(await merchantOf(world.database, 'customer', card.cardId), undefined);
  });
});
