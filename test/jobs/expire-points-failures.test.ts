import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import {
  assertLedgerVerifies,
  type Copy,
  countDue,
  createExpireWorld,
  eventsNamed,
  type ExpireWorld,
  ledgerState,
  type LedgerState,
  merchantsOfRun,
  runsOf,
} from './expire-world.ts';

const merchants = process.env['SOAK'] ? 1_000 : 200;

/** One merchant's trouble, and how it is made and ended. */
interface Trouble {
  what: string;
  reason: string;
  message: RegExp;
  make: (copy: Copy, merchant: string) => Promise<() => Promise<unknown>>;
}

const troubles: Trouble[] = [
  {
    what: 'a trigger that raises',
    reason: 'RaisedException',
    message: /^no changes during the audit \[SQLSTATE P0001\]$/,
    make: async ({ database }, merchant) => {
      await database.raw(`
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION E'no changes\\nduring the audit'; END $$;
        CREATE TRIGGER refuse BEFORE UPDATE ON lots FOR EACH ROW WHEN (OLD.merchant_id = '${merchant}') EXECUTE FUNCTION refuse();`);
      return () => database.raw('DROP TRIGGER refuse ON lots');
    },
  },
  {
    what: 'a lock that somebody holds',
    reason: 'LockTimeout',
    message: /^canceling statement due to lock timeout \[SQLSTATE 55P03\]$/,
    make: async ({ database }, merchant) => {
      const holder = await database.transaction();
      await holder.raw('SELECT FROM cards WHERE merchant_id = ? FOR UPDATE', [merchant]);
      return () => holder.rollback();
    },
  },
  {
    what: 'rows that no constraint allows',
    reason: 'ConstraintViolation',
    message: /violates check constraint "sane" .*\[SQLSTATE 23514\]$/,
    make: async ({ database }, merchant) => {
      await database.raw(
        `ALTER TABLE entries ADD CONSTRAINT sane CHECK (merchant_id <> '${merchant}' OR kind <> 'expire') NOT VALID`,
      );
      return () => database.raw('ALTER TABLE entries DROP CONSTRAINT sane');
    },
  },
];

describe(`expire-points, one merchant of ${merchants} fails`, () => {
  let world: ExpireWorld;
  let undisturbed: LedgerState;
  let victim: string;
  let folder: string;

  before(async () => {
    world = await createExpireWorld(await sharedPostgres(), { merchants, cards: merchants * 3 });
    await using copy = await world.copy();
    assert.equal((await copy.expire()).exit, 0);
    undisturbed = await ledgerState(copy.database);
    const [run] = await runsOf(copy.database);
    const largest = (await merchantsOfRun(copy.database, run?.id ?? '')).toSorted((a, b) => b.cards - a.cards);
    victim = largest[0]?.merchant_id ?? '';
    folder = await mkdtemp(join(tmpdir(), 'expire-'));
  });
  after(() => rm(folder, { recursive: true }));

  for (const { what, reason, message, make } of troubles) {
    it(`by ${what}: it is named, all others are done, and running it again repairs it`, async () => {
      await using copy = await world.copy();
      const end = await make(copy, victim);
      const terminationLog = join(folder, 'termination-log');
      await writeFile(terminationLog, 'something longer from before'.repeat(200));
      // A lock is given up soon, so that the test takes no 5 s.
      const url = `${copy.url}?options=${encodeURIComponent('-c lock_timeout=300ms')}`;
      const ended = await copy.expire({ DATABASE_URL: url, TERMINATION_LOG: terminationLog });
      assert.equal(ended.exit, 10, ended.stderr);

      const [run] = await runsOf(copy.database);
      assert.equal(run?.state, 'partial');
      assert.deepEqual([run.totals?.['done'], run.totals?.['failed']], [merchants - 1, 1]);
      const failed = (await merchantsOfRun(copy.database, run.id)).filter(({ state }) => state !== 'done');
      assert.deepEqual(
        failed.map((row) => [row.merchant_id, row.state, row.reason]),
        [[victim, 'failed', reason]],
      );
      assert.match(failed[0]?.message ?? '', message);
      const failures = await copy
        .database('run_failures')
        .select('merchant_id', 'run_id', 'card_id', 'reason', 'message');
      const named = { merchant_id: victim, run_id: run.id, card_id: null, reason, message: failed[0]?.message };
      assert.deepEqual(failures, [named]);
      const events = eventsNamed(ended, 'merchant_failed');
      assert.deepEqual(
        events.map((event) => [event['merchant_id'], event['reason']]),
        [[victim, reason]],
      );
      const [finished] = eventsNamed(ended, 'run_finished');
      assert.deepEqual(finished?.['failed_merchants'], [{ merchant_id: victim, reason }]);
      const termination = await readFile(terminationLog, 'utf8');
      assert.ok(termination.includes(`failed: merchant ${victim} ${reason}: ${failed[0]?.message}`), termination);
      assert.match(termination, new RegExp(`^${merchants.toLocaleString('en-US')} merchants: .* done, 1 failed; `));
      assert.ok(ended.stdout.includes(`  ${reason}: `));

      const due = await countDue(copy.database, world.asOf);
      assert.equal(due, await countDue(copy.database, world.asOf, victim));
      assert.ok(due > 0);
      await assertLedgerVerifies(copy.database);

      await end();
      const again = await copy.expire({ MERCHANT_IDS: victim });
      assert.equal(again.exit, 0, again.stderr);
      assert.deepEqual(await ledgerState(copy.database), undisturbed);
    });
  }

  it('and is tried again in its run by --resume, not by its RUN_UID', async () => {
    await using copy = await world.copy();
    const end = await troubles[0]?.make(copy, victim);
    const environment = { RUN_UID: 'uid-1' };
    assert.equal((await copy.expire(environment)).exit, 10);
    const byHand = { RUN_UID: 'uid-2', RESUME_RUN: 'uid-1' };
    const tries = [await copy.expire(byHand), await copy.expire(byHand)];
    assert.deepEqual(
      tries.map((ended) => [ended.exit, eventsNamed(ended, 'merchant_failed').length]),
      [
        [10, 1],
        [10, 0],
      ],
    );
    await end?.();
    const retried = await copy.expire(environment);
    assert.equal(retried.exit, 10, retried.stderr);
    assert.ok(retried.stdout.includes(victim));
    const { exit, stderr } = await copy.expire({ AS_OF: '' }, '--resume', 'uid-1');
    assert.equal(exit, 0, stderr);
    const runs = await runsOf(copy.database);
    assert.deepEqual(
      runs.map(({ state, totals }) => [state, totals?.['failed']]),
      [['done', 0]],
    );
    assert.deepEqual(await copy.database('run_failures').select('*'), []);
    assert.deepEqual(await ledgerState(copy.database), undisturbed);
  });
});
