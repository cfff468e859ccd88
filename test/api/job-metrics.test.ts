import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { Registry } from 'prom-client';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import type { RunTask } from '../../src/adapters/postgres/runs/run.ts';
import { addJobMetrics, type JobMetricsDeps } from '../../src/api/job-metrics.ts';
import { createLog } from '../../src/log.ts';
import { jobMetrics } from '../../src/metrics.ts';
import { startApi } from '../support/api-process.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { startPostgres, type TestPostgres } from '../support/postgres/postgres.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { parseScrape, type Series, seriesOf } from '../support/scrape.ts';
import { eventually } from '../support/wait.ts';

const log = createLog({ level: 'silent', format: 'json' });
const hour = 3_600_000;
const at = Date.parse('2026-03-01T02:00:00.000Z');
const seconds = (instant: number): number => instant / 1_000;

describe('metrics of jobs', () => {
  let test: TestDatabase;
  let database: Knex;
  let clock = 0;
  let lastRunAt = Date.now();
  beforeEach(async () => {
    test = await (await sharedPostgres()).createDatabase();
    database = openDatabase({ url: test.url, poolSize: 2, applicationName: 'job-metrics.test' });
  });
  afterEach(async () => {
    await database.destroy();
    await test.drop();
  });

  /** A registry of its own, and what it shows. */
  function scraper(deps: Partial<JobMetricsDeps> = {}): () => Promise<Series[]> {
    const registry = new Registry();
    const unfit = (): undefined => undefined;
    addJobMetrics(registry, { database, unfit, expectedTasks: ['expire-points'], log, elapsed: () => clock, ...deps });
    return async () => parseScrape(await registry.metrics());
  }

  const valueOf = (scrape: readonly Series[], name: string, labels: Record<string, string> = {}): number | undefined =>
    seriesOf(scrape, name, labels)[0]?.value;

  async function merchant(members: object = {}): Promise<string> {
    const [row] = await database('merchants')
      .insert({ name: 'Shop', timezone: 'UTC', ...members })
      .returning('id');
    return (row as { id: string }).id;
  }

  interface Recorded {
    task?: RunTask;
    state?: string;
    started?: number;
    /** Absent: it is not finished. */
    finished?: number;
    full?: boolean;
    dry?: boolean;
    merchants?: Record<string, 'done' | 'failed' | 'pending' | 'skipped'>;
    points?: number;
  }

  async function record(run: Recorded): Promise<string> {
    const {
      task = 'expire-points',
      state = 'done',
      started = at,
      finished,
      full = true,
      dry = false,
      points = 0,
    } = run;
    // Runs are in the order of their ids, and two may be made within a millisecond here.
    lastRunAt += 1;
    const row = {
      id: database.raw('uuid_v7(?)', [new Date(lastRunAt)]),
      task,
      state,
      run_key: randomUUID(),
      as_of: new Date(at),
      full_run: full,
      dry_run: dry,
      actor: 'test',
    };
    const ended = finished === undefined ? {} : { finished_at: new Date(finished), totals: JSON.stringify({ points }) };
    const [made] = await database('runs')
      .insert({ ...row, started_at: new Date(started), ...ended })
      .returning('id');
    const { id: run_id } = made as { id: string };
    for (const [merchant_id, outcome] of Object.entries(run.merchants ?? {})) {
      await database('run_merchants').insert({ run_id, merchant_id, state: outcome, points });
    }
    return run_id;
  }

  it('tell the last success of runs of all merchants, never of dry, partial or smaller ones', async () => {
    const scrape = scraper();
    const name = 'loyalty_job_last_success_timestamp_seconds';
    assert.deepEqual(seriesOf(await scrape(), name), []);
    await record({ finished: at + hour });
    await record({ finished: at + 2 * hour, full: false });
    await record({ finished: at + 3 * hour, dry: true });
    await record({ finished: at + 4 * hour, state: 'partial' });
    await record({ finished: at + 5 * hour, state: 'failed' });
    await record({ finished: at + 6 * hour, state: 'abandoned' });
    await record({ state: 'running' });
    await record({ task: 'sync-wallets', finished: at + 7 * hour });
    clock += 15_000;
    const after = await scrape();
    assert.deepEqual(
      seriesOf(after, name).map(({ labels, value }) => [labels['task'], value]),
      [
        ['expire-points', seconds(at + hour)],
        ['sync-wallets', seconds(at + 7 * hour)],
      ],
    );
    assert.equal(valueOf(after, 'loyalty_job_last_run_duration_seconds', { task: 'expire-points' }), 5 * 3_600);
    const lastRun = (task: string) => valueOf(after, 'loyalty_job_last_run_timestamp_seconds', { task });
    assert.deepEqual(['expire-points', 'sync-wallets'].map(lastRun), [seconds(at + 5 * hour), seconds(at + 7 * hour)]);
  });

  it('tell since when a job is expected, so that one that never succeeded is missed', async () => {
    const [row] = await database('knex_migrations').where({ name: '0005-runs' }).select('migration_time');
    const scrape = await scraper({ expectedTasks: ['expire-points', 'sync-wallets'] })();
    const since = seriesOf(scrape, 'loyalty_job_expected_since_timestamp_seconds');
    assert.deepEqual(since.map(({ labels }) => labels['task']), ['expire-points', 'sync-wallets']); // prettier-ignore
    for (const { value } of since) {
      assert.equal(value, seconds((row as { migration_time: Date }).migration_time.getTime()));
    }
  });

  it('count the merchants whose latest outcome is that they failed', async () => {
    const [one, two, three, four] = [await merchant(), await merchant(), await merchant(), await merchant()];
    const scrape = scraper();
    const failed = async (task: string): Promise<number | undefined> => {
      clock += 15_000;
      return valueOf(await scrape(), 'loyalty_job_failed_merchants', { task });
    };
    assert.deepEqual([await failed('expire-points'), await failed('sync-wallets')], [0, undefined]);
    const outcomes = { [one]: 'failed', [two]: 'failed', [three]: 'failed', [four]: 'done' } as const;
    await record({ state: 'partial', finished: at, merchants: outcomes });
    assert.equal(await failed('expire-points'), 3);
    await record({ full: false, finished: at, merchants: { [one]: 'done' } });
    assert.equal(await failed('expire-points'), 2, 'one was run again, and well');
    await record({ state: 'partial', finished: at, merchants: { [one]: 'done', [two]: 'failed', [three]: 'skipped' } });
    assert.equal(await failed('expire-points'), 2, 'once each; skipped is no outcome');
    await record({ task: 'sync-wallets', finished: at, merchants: { [two]: 'done', [three]: 'failed' } });
    assert.deepEqual([await failed('expire-points'), await failed('sync-wallets')], [2, 1]);
    await record({ state: 'running', merchants: { [two]: 'pending', [three]: 'pending', [four]: 'failed' } });
    assert.equal(await failed('expire-points'), 3, 'a run that goes on counts with what is known of it');
    await record({ finished: at, merchants: { [two]: 'done', [three]: 'done', [four]: 'done' } });
    assert.deepEqual([await failed('expire-points'), await failed('sync-wallets')], [0, 1]);
  });

  it('sum up the points that expired, of runs that go on too', async () => {
    const [one, two] = [await merchant(), await merchant()];
    await record({ finished: at, points: 100, merchants: { [one]: 'done' } });
    await record({ state: 'abandoned', finished: at, points: 20 });
    await record({ state: 'running', points: 3, merchants: { [one]: 'done', [two]: 'pending' } });
    await record({ task: 'restore', finished: at, points: 5_000 });
    assert.equal(valueOf(await scraper()(), 'loyalty_expired_points_total'), 126);
  });

  it('count stale passes, and how old the first of them is, on and on', async () => {
    const merchant_id = await merchant();
    const scrape = scraper();
    const nothing = await scrape();
    assert.deepEqual(seriesOf(nothing, 'loyalty_stale_passes').map(({ value }) => value), [0, 0]); // prettier-ignore
    assert.deepEqual(seriesOf(nothing, 'loyalty_oldest_stale_pass_age_seconds').map(({ value }) => value), [0, 0]); // prettier-ignore
    await stalePasses(merchant_id, ['90 minutes', '30 minutes', null]);
    clock += 15_000;
    const read = await scrape();
    clock += 7_000;
    const later = await scrape();
    assert.equal(valueOf(read, 'loyalty_stale_passes', { platform: 'google' }), 2);
    assert.equal(valueOf(read, 'loyalty_stale_passes', { platform: 'apple' }), 0);
    const [age = 0, older = 0] = [read, later].map((one) => valueOf(one, 'loyalty_oldest_stale_pass_age_seconds', { platform: 'google' })); // prettier-ignore
    assert.ok(age >= 5_400 && age < 5_460, String(age));
    assert.ok(Math.abs(older - age - 7) < 0.001, `${older} is not 7 s more than ${age}`);
  });

  async function stalePasses(merchant_id: string, ages: readonly (string | null)[]): Promise<void> {
    const program = { merchant_id, name: 'Stars', points_name: 'stars', expiry_mode: 'none' };
    const [{ id: program_id } = { id: '' }] = (await database('programs').insert(program).returning('id')) as { id: string }[]; // prettier-ignore
    for (const [index, age] of ages.entries()) {
      const number = `card-${index}`;
      const insert = async (table: string, row: object): Promise<string> =>
        ((await database(table).insert({ merchant_id, ...row }).returning('id')) as { id: string }[])[0]?.id ?? ''; // prettier-ignore
      const customer_id = await insert('customers', { external_id: number });
      const card_id = await insert('cards', { program_id, customer_id, number });
      const stale_since = age === null ? null : database.raw('now() - ?::interval', [age]);
      const pass = {
        merchant_id,
        card_id,
        platform: 'google',
        object_id: number,
        wanted_version: 1,
        saved: true,
        stale_since,
      };
      await database('passes').insert(pass);
    }
  }

  it('tell the latest verification of each merchant: imbalanced cards, and who was not verified for longest', async () => {
    const scrape = scraper();
    const read = async (): Promise<(number | undefined)[]> => {
      clock += 15_000;
      const shown = await scrape();
      const names = ['loyalty_ledger_imbalanced_cards', 'loyalty_ledger_last_verified_timestamp_seconds'];
      return names.map((name) => valueOf(shown, name));
    };
    const verified = (merchant_id: string, instant: number, imbalanced_cards: number) =>
      database('ledger_verifications').insert({
        merchant_id,
        verified_at: new Date(instant),
        cards: 9,
        imbalanced_cards,
      });
    assert.deepEqual(await read(), [0, undefined], 'without a merchant nothing is to be verified');
    const [one, two] = [await merchant({ created_at: new Date(at) }), await merchant({ created_at: new Date(at) })];
    await verified(one, at + 5 * hour, 3);
    await verified(one, at + 6 * hour, 1);
    await verified(two, at + 4 * hour, 2);
    assert.deepEqual(await read(), [3, seconds(at + 4 * hour)]);
    await verified(two, at + 7 * hour, 0);
    assert.deepEqual(await read(), [1, seconds(at + 6 * hour)]);
    // Of a new merchant nothing is missed until he has existed for as long as the alert waits.
    await merchant({ created_at: new Date(at + 5.5 * hour) });
    assert.deepEqual(await read(), [1, seconds(at + 5.5 * hour)]);
  });

  it('are read at most every 15 s', async () => {
    const scrape = scraper();
    await scrape();
    await record({ finished: at, points: 1, merchants: {} });
    const points = async (): Promise<(number | undefined)[]> => {
      const shown = await scrape();
      return ['loyalty_expired_points_total', 'loyalty_job_metrics_age_seconds'].map((name) => valueOf(shown, name));
    };
    clock += 14_999;
    assert.deepEqual(await points(), [0, 14.999]);
    clock += 1;
    assert.deepEqual(await points(), [1, 0]);
  });

  it('have no series before the schema fits', async () => {
    const scrape = scraper({ unfit: () => 'The database lacks migrations.' });
    assert.deepEqual(await scrape(), []);
  });

  it('keep their values while the database is away, and follow it when it is back', async () => {
    const postgres: TestPostgres = await startPostgres();
    try {
      const own = await postgres.createDatabase();
      const api = await startApi({ database: own });
      try {
        const scrape = async (): Promise<Series[]> =>
          parseScrape(await (await fetch(`${api.metricsUrl}/metrics`)).text());
        const first = await eventually(
          async () => {
            const shown = await scrape();
            return seriesOf(shown, 'loyalty_job_failed_merchants').length > 0 ? shown : null;
          },
          { describe: 'the metrics to be read' },
        );
        for (const name of Object.keys(jobMetrics)) {
          // Nothing has succeeded or was sent yet, and nobody is there to be verified.
          const absent = ['last_success', 'last_run', 'last_verified', 'platform_stopped', 'requests'].some((part) =>
            name.includes(part),
          );
          assert.equal(seriesOf(first, name).length > 0, !absent, name);
        }
        await postgres.kill9();
        const shown = await scrape();
        assert.equal(valueOf(shown, 'loyalty_job_failed_merchants', { task: 'expire-points' }), 0);
        assert.ok((valueOf(shown, 'loyalty_job_metrics_age_seconds') ?? 0) > 0);
      } finally {
        await api.stop();
      }
    } finally {
      await postgres.stop();
    }
  });

  it('do not hold a scrape up, nor end, when the database fails', async () => {
    const scrape = scraper();
    await record({ finished: at, points: 7 });
    assert.equal(valueOf(await scrape(), 'loyalty_expired_points_total'), 7);
    await database.raw('ALTER TABLE runs RENAME TO runs_gone');
    clock += 15_000;
    assert.equal(valueOf(await scrape(), 'loyalty_expired_points_total'), 7);
    await database.raw('ALTER TABLE runs_gone RENAME TO runs');
    await record({ finished: at, points: 1 });
    clock += 15_000;
    assert.equal(valueOf(await scrape(), 'loyalty_expired_points_total'), 8);
    const blocker = await database.transaction();
    await blocker.raw('LOCK TABLE runs IN ACCESS EXCLUSIVE MODE');
    clock += 15_000;
    assert.equal(valueOf(await scrape(), 'loyalty_expired_points_total'), 8);
    await blocker.rollback();
  });
});
