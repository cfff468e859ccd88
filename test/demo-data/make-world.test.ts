import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { verifyLots, verifyMerchant } from '../../src/adapters/postgres/ledger/verify.ts';
import { makeWorld } from '../../src/demo-data/make-world.ts';
import type { World } from '../../src/demo-data/load.ts';
import type { WorldOptions } from '../../src/demo-data/merchants.ts';
import { ExitError } from '../../src/errors.ts';
import type { TestDatabase } from '../support/postgres/postgres.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';

const options: WorldOptions = { merchants: 4, cards: 2_500, lotsPerCard: 3, dueShare: 0.2, years: 2, seed: 'test' };

describe('the world of the demo in a database', () => {
  let database: TestDatabase;
  let knex: Knex;
  let world: World;
  const reported: number[] = [];

  before(async () => {
    database = await (await sharedPostgres()).createDatabase();
    knex = openDatabase({ url: database.url, poolSize: 2, applicationName: 'test' });
    const report = (cards: number): void => void reported.push(cards);
    world = await makeWorld(knex, options, { add: false, now: new Date(), report });
  });

  after(async () => {
    await knex.destroy();
    await database.drop();
  });

  async function rowsOf<Row extends object>(sql: string): Promise<Row[]> {
    return (await knex.raw<{ rows: Row[] }>(sql)).rows;
  }

  it('is what was asked for, and what it says', async () => {
    const [counts] = await rowsOf(`SELECT
      (SELECT count(*) FROM merchants) AS merchants, (SELECT count(*) FROM cards) AS cards,
      (SELECT count(*) FROM customers) AS customers, (SELECT count(*) FROM lots) AS lots,
      (SELECT count(*) FROM entries) AS entries, (SELECT count(*) FROM programs) AS programs`);
    const { cards, lots, entries } = world;
    assert.deepEqual(counts, { merchants: 4, cards: 2_500, customers: 2_500, lots, entries, programs: 12 });
    assert.deepEqual([cards, lots, reported], [2_500, 7_500, [1_000, 2_000, 2_500]]);
  });

  it('is balanced: every card, and every lot', async () => {
    for (const { id, cards } of world.merchants) {
      const { cards: verified, imbalancedCards } = await verifyMerchant(knex, id);
      assert.deepEqual([verified, imbalancedCards, await verifyLots(knex, id)], [cards, 0, []]);
    }
  });

  it('has entries in the order of their versions, each with the balance after it', async () => {
    const wrong = await rowsOf(`SELECT * FROM (
        SELECT *, sum(points) OVER own AS sum, row_number() OVER own + 1 AS row, lag(occurred_at) OVER own AS before
        FROM entries WINDOW own AS (PARTITION BY merchant_id, card_id ORDER BY card_version)
      ) AS entry WHERE sum <> balance_after OR row <> card_version OR occurred_at < before OR occurred_at > now()`);
    assert.deepEqual(wrong, []);
  });

  it('has cards whose version counts their changes, and whose last activity is the last earn or redeem', async () => {
    const wrong = await rowsOf(`SELECT id FROM cards, LATERAL (
        SELECT count(*) AS entries, max(occurred_at) FILTER (WHERE kind IN ('earn', 'redeem')) AS last
        FROM entries WHERE merchant_id = cards.merchant_id AND card_id = cards.id
      ) AS own
      WHERE version <> entries + 1 + (status <> 'active')::int OR last_activity_at <> coalesce(last, created_at)`);
    assert.deepEqual(wrong, []);
  });

  it('has the share of due lots that was asked for', async () => {
    const [row] = await rowsOf<{ due: number }>(
      'SELECT count(*) AS due FROM lots WHERE remaining > 0 AND expires_at <= now()',
    );
    assert.ok(Math.abs((row?.due ?? 0) - 1_500) <= 15, `${row?.due} due`);
    assert.equal(row?.due, world.due);
  });

  it('has names for customers but erased ones', async () => {
    const wrong = await rowsOf(`SELECT customers.id FROM customers
      JOIN cards ON cards.merchant_id = customers.merchant_id AND customer_id = customers.id
      WHERE (status = 'closed') <> (erased_at IS NOT NULL) OR (status = 'closed') <> (name IS NULL)`);
    assert.deepEqual(wrong, []);
  });

  const refused: [title: string, input: { seed: string; add: boolean }, message: RegExp][] = [
    ['when there are merchants', { seed: 'new', add: false }, /has 4 merchants already\. --add adds/],
    ['of a seed that is there', { seed: 'test', add: true }, /demo data of seed test already .* another --seed/],
  ];
  for (const [title, { seed, add }, message] of refused) {
    it(`is refused ${title}`, async () => {
      const again = makeWorld(knex, { ...options, seed }, { add, now: new Date() });
      await assert.rejects(
        again,
        (error) => error instanceof ExitError && error.exitCode === 64 && message.test(error.message),
      );
    });
  }

  it('is added to what is there, by one at a time', async () => {
    const add = (): Promise<World> =>
      makeWorld(knex, { ...options, merchants: 1, cards: 30, seed: 'more' }, { add: true, now: new Date() });
    await knex.transaction(async (transaction) => {
      await transaction.raw("SELECT pg_advisory_xact_lock(hashtext('loyalty demo-data'))");
      await assert.rejects(add(), (error) => error instanceof ExitError && error.exitCode === 75);
    });
    await add();
    const [row] = await rowsOf('SELECT count(*) AS merchants FROM merchants');
    assert.deepEqual(row, { merchants: 5 });
  });
});
