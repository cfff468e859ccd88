import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { abandonOthers } from '../../../../src/adapters/postgres/runs/abandon.ts';
import { claimMerchant, countPending, recordMerchant } from '../../../../src/adapters/postgres/runs/claim.ts';
import { closeRun } from '../../../../src/adapters/postgres/runs/close.ts';
import { enlistMerchants, resetFailedMerchants } from '../../../../src/adapters/postgres/runs/enlist.ts';
import { readOutcomes, readSums } from '../../../../src/adapters/postgres/runs/outcomes.ts';
import { enterRun } from '../../../../src/adapters/postgres/runs/presence.ts';
import {
  findRun,
  insertRun,
  lockRun,
  readRun,
  reopenRun,
  type Run,
} from '../../../../src/adapters/postgres/runs/run.ts';
import { createWorld, type World } from '../ledger/world.ts';

describe('runs in the database', () => {
  let world: World;
  let merchants: string[];

  before(async () => {
    world = await createWorld(18, 6);
    merchants = [];
    for (let count = 0; count < 3; count += 1) merchants.push(await world.merchant());
    merchants.sort();
  });
  after(() => world[Symbol.asyncDispose]());

  async function open(task: Run['task'] = 'expire-points'): Promise<Run> {
    const run = await insertRun(world.database, {
      task,
      key: randomUUID(),
      name: null,
      asOf: undefined,
      fullRun: true,
      parameters: { a: 1 },
      actor: 'test',
    });
    assert.ok(run);
    await enlistMerchants(world.database, run.id, undefined);
    return run;
  }

  const counts = { cards: 1, lots: 2, points: 3n };

  async function finish(run: Run, state: 'done' | 'failed'): Promise<void> {
    await world.database.transaction(async (transaction) => {
      const claim = await claimMerchant(transaction, run.id);
      assert.ok(claim);
      const failure = state === 'failed' ? { reason: 'LockTimeout', message: 'slow' } : undefined;
      await recordMerchant(transaction, run.id, claim, { state, counts, failure });
    });
  }

  it('are one a task and key, found by key and id', async () => {
    const run = await open();
    const again = { ...run, name: null, asOf: undefined, actor: 'test' };
    assert.equal(await insertRun(world.database, again), undefined);
    assert.ok(await insertRun(world.database, { ...again, task: 'verify-ledger' }));
    for (const name of [run.key, run.id, run.id.toUpperCase()]) {
      assert.equal((await findRun(world.database, 'expire-points', name))?.id, run.id);
    }
    assert.equal(await findRun(world.database, 'sync-wallets', run.key), undefined);
    assert.equal(run.asOf.getTime() % 1, 0);
  });

  it('give each merchant to one at a time, in the order of ids', async () => {
    const run = await open();
    const [first, second] = [await world.database.transaction(), await world.database.transaction()];
    assert.equal((await claimMerchant(first, run.id))?.merchantId, merchants[0]);
    assert.equal((await claimMerchant(second, run.id))?.merchantId, merchants[1]);
    assert.equal((await claimMerchant(first, run.id, merchants[0]))?.merchantId, merchants[2]);
    assert.equal(await claimMerchant(second, run.id, merchants[1]), undefined);
    assert.equal(await countPending(world.database, run.id), 3);
    await first.rollback();
    await second.rollback();
  });

  it('add up what batches have done, and keep failures until they are tried again', async () => {
    const run = await open();
    await finish(run, 'failed');
    await finish(run, 'done');
    const sums = { merchants: 3, pending: 1, done: 1, failed: 1, skipped: 0, cards: 2, lots: 4, points: 6n };
    assert.deepEqual(await readSums(world.database, run.id), sums);
    const outcomes = await readOutcomes(world.database, run.id, 10);
    assert.deepEqual(
      outcomes.map(({ id, state, reason }) => [id, state, reason]),
      [
        [merchants[0], 'failed', 'LockTimeout'],
        [merchants[1], 'done', null],
      ],
    );
    await resetFailedMerchants(world.database, run.id, [merchants[1] ?? '']);
    assert.equal(await countPending(world.database, run.id), 1);
    await resetFailedMerchants(world.database, run.id, undefined);
    assert.equal(await countPending(world.database, run.id), 2);
    assert.deepEqual(await world.database('run_failures').where({ run_id: run.id }), []);
  });

  const closings: [states: ('done' | 'failed')[], state: Run['state']][] = [
    [['done', 'done', 'done'], 'done'],
    [['done', 'failed', 'done'], 'partial'],
    [['failed', 'failed', 'failed'], 'failed'],
    [['done', 'failed'], 'running'],
  ];
  for (const [states, state] of closings) {
    it(`are ${state} after ${states.join(', ')} of three merchants`, async () => {
      const run = await open();
      for (const each of states) await finish(run, each);
      await Promise.all([closeRun(world.database, run.id), closeRun(world.database, run.id)]);
      const closed = await readRun(world.database, run.id);
      assert.equal(closed.state, state);
      assert.equal(closed.finishedAt === null, state === 'running');
      assert.equal(closed.totals?.points, state === 'running' ? undefined : 9);
    });
  }

  it('are not closed by somebody who looked before they were resumed', async () => {
    const run = await open();
    for (let count = 0; count < 3; count += 1) await finish(run, 'failed');
    const resuming = await world.database.transaction();
    await lockRun(resuming, run.id);
    const closing = closeRun(world.database, run.id);
    await resetFailedMerchants(resuming, run.id, undefined);
    await reopenRun(resuming, run.id, { b: 2 });
    await resuming.commit();
    await closing;
    const { state, parameters } = await readRun(world.database, run.id);
    assert.deepEqual([state, parameters], ['running', { a: 1, b: 2 }]);
  });

  it('are abandoned when nobody works on them: of the same task, and not one’s own', async () => {
    const [dead, living, own, other] = [await open(), await open(), await open(), await open('sync-wallets')];
    const presence = await enterRun(world.database, living.id);
    const abandoned = await abandonOthers(world.database, 'expire-points', own.id);
    assert.ok(abandoned.includes(dead.id));
    for (const run of [living, own, other]) assert.ok(!abandoned.includes(run.id));
    const { state, totals } = await readRun(world.database, dead.id);
    assert.deepEqual([state, totals?.pending], ['abandoned', 3]);
    await presence.leave();
    assert.deepEqual(await abandonOthers(world.database, 'expire-points', own.id), [living.id]);
  });

  it('know when the connection that shows the presence has ended', async () => {
    const run = await open();
    const presence = await enterRun(world.database, run.id);
    assert.equal(presence.lost(), false);
    const { rows } = await world.database.raw<{ rows: object[] }>(
      "SELECT pg_terminate_backend(pid, 5000) FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    assert.equal(rows.length, 1);
    await presence.leave();
    assert.equal(presence.lost(), true);
  });
});
