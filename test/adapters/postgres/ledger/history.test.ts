import assert from 'node:assert/strict';
import { assertBooks } from './books.ts';
import { chooseOperation, operations } from './operations.ts';
import { createRandom, seedOf } from './random.ts';
import { createTown, type Town } from './town.ts';
import { createWorld, type World } from './world.ts';

const counts = process.env['SOAK'] ? { 18: 1_000_000, 15: 1_000_000 } : { 18: 30_000, 15: 5_000 };
const connections = 16;
const start = Date.parse('2026-01-01T00:00:00Z');
const minute = 60_000;

/** How often each operation came out how. */
type Tally = Map<string, number>;

/** Does `count` random operations, 16 at a time. The seed fixes them all; how they meet, chance does. */
async function live(world: World, town: Town, seed: number, count: number): Promise<Tally> {
  const tally: Tally = new Map();
  let done = 0;
  const work = async (): Promise<void> => {
    for (let number = done++; number < count; number = done++) {
      const random = createRandom(seed + number * 7919);
      // Half an hour from one to the next, give or take two: as requests do, they meet the lock in another order.
      const now = new Date(start + number * 30 * minute + random.below(120 * minute));
      const operation = chooseOperation(random);
      const outcome = await operation.run(random.pick(random.below(32) > 0 ? town.cards : town.allCards), {
        database: world.database,
        town,
        random,
        now,
      });
      const expected = outcome === 'done' || outcome === 'nothing' || operation.refusals.includes(outcome);
      assert.ok(expected, `operation ${number}, ${operation.name}: ${outcome}`);
      tally.set(`${operation.name}: ${outcome}`, (tally.get(`${operation.name}: ${outcome}`) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: connections }, work));
  return tally;
}

/** Versions count the changes of a card: each belongs to an entry or to a change of its status. */
async function assertVersions({ database }: World, { allCards }: Town): Promise<void> {
  const entries = await database<{ card_id: string; card_version: number }>('entries').select(
    'card_id',
    'card_version',
  );
  const cards = await database<{ id: string; version: number }>('cards').select('id', 'version');
  const versions = new Map(allCards.map((card) => [card.cardId, new Set(card.statusVersions)]));
  for (const { card_id: id, card_version: version } of entries) versions.get(id)?.add(version);
  const erased = new Map(allCards.map((card) => [card.cardId, card.erased]));
  for (const { id, version } of cards) {
    const known = new Set([1, ...(versions.get(id) ?? [])]).size;
    assert.equal(known + (erased.get(id) ? 1 : 0), version, `card ${id}: its versions have a gap`);
  }
}

for (const version of [18, 15] as const) {
  const count = counts[version];
  it(`the ledger stays exact through ${count} random operations of ${connections} at once, on PostgreSQL ${version}`, async function () {
    this.timeout(7_200_000);
    const seed = seedOf(process.env);
    try {
      await using world = await createWorld(version, connections, true);
      const town = await createTown(world, createRandom(seed), 12);
      const tally = await live(world, town, seed, count);
      const came = new Set([...tally.keys()].map((key) => key.split(': ')[1]));
      for (const { name, refusals } of operations) {
        assert.ok(tally.get(`${name}: done`), `never done: ${name}`);
        for (const refusal of refusals) assert.ok(came.has(refusal), `never refused: ${refusal}`);
      }
      await assertBooks(world.database);
      await assertVersions(world, town);
    } catch (error) {
      throw new Error(`Repeat with SEED=${seed}`, { cause: error });
    }
  });
}
