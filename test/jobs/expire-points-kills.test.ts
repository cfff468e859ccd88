import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres, type TestPostgres } from '../support/postgres/postgres.ts';
import type { Ended } from '../support/run-loyalty.ts';
import {
  assertLedgerVerifies,
  type Copy,
  createExpireWorld,
  type ExpireWorld,
  ledgerState,
  type LedgerState,
} from './expire-world.ts';

const kills = process.env['SOAK'] ? { single: 80, four: 60, postgres: 60 } : { single: 4, four: 3, postgres: 3 };
const size = process.env['SOAK'] ? { merchants: 30, cards: 600 } : { merchants: 15, cards: 240 };
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);

/** A fraction from 0 to 1 that only the seed decides (mulberry32). */
function createRandom(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

describe(`expire-points, killed at random moments (SEED=${seed})`, () => {
  const random = createRandom(seed);
  let postgres: TestPostgres;
  let world: ExpireWorld;
  let undisturbed: LedgerState;
  /** How long a process takes from its start, in milliseconds. */
  let duration: number;

  before(async () => {
    postgres = await startPostgres({ durable: true });
    world = await createExpireWorld(postgres, size);
    await using copy = await world.copy();
    await slowDown(copy);
    const begun = performance.now();
    const { exit, stderr } = await copy.expire({ BATCH_SIZE: '5' });
    duration = performance.now() - begun;
    assert.equal(exit, 0, stderr);
    undisturbed = await ledgerState(copy.database);
    assert.ok(undisturbed.expired.length > size.cards / 6);
  });
  after(() => postgres.stop());

  /** Each batch takes some milliseconds more, so that a kill has something to hit. */
  async function slowDown({ database }: Copy): Promise<void> {
    await database.raw(`
      CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.01); RETURN NULL; END $$;
      CREATE TRIGGER slow AFTER INSERT ON entries FOR EACH STATEMENT EXECUTE FUNCTION slow();`);
  }

  function someMoment(): Promise<void> {
    return sleep(Math.floor(random() * duration));
  }

  /** Again with the same RUN_UID, or as another run; then all is as if nothing had been. */
  async function assertRepaired(copy: Copy, key: string): Promise<void> {
    const again = random() < 0.5 ? key : randomUUID();
    const { exit, stderr } = await copy.expire({ RUN_UID: again });
    assert.equal(exit, 0, stderr);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
    await assertLedgerVerifies(copy.database);
    const states = new Set(await copy.database('runs').pluck<string[]>('state'));
    assert.ok(!states.has('running'), [...states].join());
  }

  for (let count = 1; count <= kills.single; count += 1) {
    it(`one process, kill ${count}`, async () => {
      await using copy = await world.copy();
      await slowDown(copy);
      const key = randomUUID();
      const run = copy.start({ RUN_UID: key, BATCH_SIZE: '5' });
      await someMoment();
      run.child.kill('SIGKILL');
      await run.ended;
      await assertRepaired(copy, key);
    });
  }

  for (let count = 1; count <= kills.four; count += 1) {
    it(`four processes of one run, kill ${count}`, async () => {
      await using copy = await world.copy();
      await slowDown(copy);
      const key = randomUUID();
      const runs = Array.from({ length: 4 }, () => copy.start({ RUN_UID: key, BATCH_SIZE: '5' }));
      const victims = runs.slice(0, 1 + Math.floor(random() * 4));
      await someMoment();
      for (const { child } of victims) child.kill('SIGKILL');
      await Promise.all(victims.map(({ ended }) => ended));
      // Who is left does what the others have left.
      const survivors = await Promise.all(runs.slice(victims.length).map(({ ended }) => ended));
      for (const { exit, stderr } of survivors) assert.equal(exit, 0, stderr);
      if (survivors.length > 0) assert.deepEqual(await ledgerState(copy.database), undisturbed);
      await assertRepaired(copy, key);
    });
  }

  for (let count = 1; count <= kills.postgres; count += 1) {
    it(`PostgreSQL, kill ${count}`, async () => {
      await using copy = await world.copy();
      await slowDown(copy);
      const key = randomUUID();
      const run = copy.start({ RUN_UID: key, BATCH_SIZE: '5' });
      await someMoment();
      await postgres.kill9();
      const { exit, stderr }: Ended = await run.ended;
      await postgres.restart();
      assert.ok(exit === 75 || exit === 0, `${exit}: ${stderr}`);
      await assertRepaired(copy, key);
    });
  }
});
