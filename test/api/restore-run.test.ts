import assert from 'node:assert/strict';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { verifyLots, verifyMerchant } from '../../src/adapters/postgres/ledger/verify.ts';
import { makeWorld } from '../../src/demo-data/make-world.ts';
import { newApiKey, type RunningApi, startApi } from '../support/api-process.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { type Ended, runLoyalty } from '../support/run-loyalty.ts';
import { eventually } from '../support/wait.ts';

const admin = '/api/v1/admin/loyalty';

interface Run {
  id: string;
  state: string;
  merchants: { total: number; done: number; failed: number };
  totals: { cards: number; lots: number; points: number };
}

// What an import with wrong dates leads to, and how it is put right: expired by real runs, restored by real replicas.
describe('the restore of a run', () => {
  const adminKey = newApiKey();
  const now = new Date();
  let test: TestDatabase;
  let database: Knex;
  let merchants: string[];
  let imported: string;

  before('import four merchants with lots that expire three years too early', async () => {
    test = await (await sharedPostgres()).createDatabase();
    database = openDatabase({ url: test.url, poolSize: 4, applicationName: 'test' });
    const world = { merchants: 4, cards: 4_000, lotsPerCard: 2, dueShare: 0, years: 1, seed: 'restore' };
    await makeWorld(database, world, { add: false, now });
    await database.raw("UPDATE lots SET expires_at = now() - interval '1 hour' WHERE remaining > 0");
    // Points of closed cards are not restored; test/api/routes/runs.test.ts shows that.
    await database('cards').where({ status: 'closed' }).update({ status: 'active' });
    merchants = await database<{ id: string }>('merchants').orderBy('id').pluck<string[]>('id');
    imported = await balances();
  });
  after(async () => {
    await database?.destroy();
    await test?.drop();
  });

  const replica = (): Promise<RunningApi> => startApi({ database: test, adminKey });

  async function balances(): Promise<string> {
    const sql = "SELECT string_agg(id || ' ' || balance, E'\\n' ORDER BY id) AS lines FROM cards";
    return (await database.raw<{ rows: { lines: string }[] }>(sql)).rows[0]?.lines ?? '';
  }

  async function expire(...flags: string[]): Promise<Ended & { run: Run & { asOf: string } }> {
    const ended = await runLoyalty({ DATABASE_URL: test.url, AS_OF: now.toISOString() }, 'expire-points', ...flags);
    const [row] = await database('runs').orderBy('id', 'desc').limit(1);
    return { ...ended, run: row as Run & { asOf: string } };
  }

  async function restore(api: RunningApi, runId: string, body: object = {}): Promise<Run> {
    const call = { key: adminKey, body: { reason: 'Imported with wrong dates', ...body } };
    const answer = await api.call('POST', `${admin}/runs/${runId}/restore`, call);
    assert.ok(answer.status === 202 || answer.status === 200, answer.text);
    return answer.body as Run;
  }

  const finished = (api: RunningApi, { id }: Run): Promise<Run> =>
    eventually(
      async () => {
        const { body } = await api.call('GET', `${admin}/runs/${id}`, { key: adminKey });
        const run = body as Run;
        return run.state === 'running' ? null : run;
      },
      { describe: 'the restore to be finished', deadlineSeconds: 60, intervalMilliseconds: 50 },
    );

  /** Some of it has come back. */
  const halfway = ({ id }: Run): Promise<boolean> =>
    eventually(
      async () => {
        const [row] = await database('run_merchants').where({ run_id: id }).sum<{ sum: string }[]>('lots');
        return Number(row?.sum) > 0;
      },
      { describe: 'the restore to begin', deadlineSeconds: 20 },
    );

  /** Has a card of the merchant locked by somebody else, so that the restore is not finished before it is disturbed. Answers how to let go. */
  async function holdCard(merchantId: string): Promise<() => Promise<unknown>> {
    const transaction = await database.transaction();
    const expired = transaction('entries').where({ merchant_id: merchantId, kind: 'expire' }).select('card_id');
    await transaction('cards').where({ merchant_id: merchantId }).whereIn('id', expired).first('id').forUpdate();
    return () => transaction.rollback();
  }

  async function countEntries(kind: string, runId: string): Promise<number> {
    const [row] = await database('entries').where({ kind, run_id: runId }).count<{ count: number }[]>();
    return row?.count ?? 0;
  }

  /** All that the run took is back, once, and every ledger verifies. */
  async function assertRestored(expired: Run, restored: Run): Promise<void> {
    assert.deepEqual([restored.state, restored.merchants.failed], ['done', 0]);
    const entries = await countEntries('expire', expired.id);
    assert.equal(await countEntries('restore', restored.id), entries);
    assert.deepEqual([restored.totals.lots, restored.totals.points], [entries, expired.totals.points]);
    for (const merchant of merchants) {
      assert.deepEqual((await verifyMerchant(database, merchant)).examples, []);
      assert.deepEqual(await verifyLots(database, merchant), []);
    }
  }

  it('is what a forced expiry of wrong dates may need', async () => {
    const held = await expire();
    assert.equal(held.exit, 10, held.stderr);
    assert.equal(await balances(), imported);
  });

  it('goes on when its only replica is killed and another one starts: all is back exactly once', async () => {
    const [first = '', second = ''] = merchants;
    const flags = [first, second].flatMap((id) => ['--merchant', id, '--force-merchant', id]);
    const { exit, run: expired, stderr } = await expire(...flags);
    assert.equal(exit, 0, stderr);
    const killed = await replica();
    const letGo = await holdCard(second);
    const restored = await restore(killed, expired.id);
    await halfway(restored);
    killed.kill('SIGKILL');
    await killed.exited;
    await letGo();
    const next = await replica();
    try {
      await assertRestored(expired, await finished(next, restored));
      assert.equal(await balances(), imported);
      const again = await finished(next, await restore(next, expired.id));
      assert.deepEqual([again.state, again.totals], ['done', { cards: 0, lots: 0, points: 0 }]);
      assert.equal(await balances(), imported);
    } finally {
      await next.end();
    }
  });

  it('is finished by the other replica when one of them is told to stop and ends at once', async () => {
    const [, , third = '', fourth = ''] = merchants;
    const flags = [third, fourth].flatMap((id) => ['--merchant', id, '--force-merchant', id]);
    const { exit, run: expired, stderr } = await expire(...flags);
    assert.equal(exit, 0, stderr);
    const [one, other] = [await replica(), await replica()];
    try {
      const letGo = await holdCard(fourth);
      const restored = await restore(one, expired.id);
      await halfway(restored);
      const working = [one, other].find((api) => api.lines().some(({ event }) => event === 'restore.run_started'));
      assert.ok(working, 'one of them says that it works on it');
      working.kill('SIGTERM');
      await letGo();
      assert.equal(await working.exited, 0, working.text());
      await assertRestored(expired, await finished(working === one ? other : one, restored));
      assert.equal(await balances(), imported);
    } finally {
      await Promise.all([one.stop(), other.stop()]);
    }
  });

  it('is not undone by the next run, as of the same instant or of now', async () => {
    for (const environment of [{ AS_OF: now.toISOString() }, {}]) {
      const { exit, stderr } = await runLoyalty({ DATABASE_URL: test.url, ...environment }, 'expire-points');
      assert.equal(exit, 0, stderr);
      const [run] = await database('runs').orderBy('id', 'desc').limit(1);
      assert.deepEqual([(run as Run).state, (run as Run).totals.points], ['done', 0]);
    }
    assert.equal(await balances(), imported);
  });
});
