import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { startPostgres, type TestPostgres } from '../test/support/postgres/postgres.ts';
import { startLoyalty } from '../test/support/run-loyalty.ts';
import { expireInOneStatement, expireRowByRow } from './expire-raw.ts';
import { type ExpireWorld, fillExpireWorld } from './expire-world.ts';
import { median, residentMebibytes, type Row, seconds } from './measure.ts';

export interface ExpireSizes extends ExpireWorld {
  rounds: number;
  /** Lots that the row-at-a-time loop is measured on. */
  sample: number;
}

/** BENCH_EXPIRE_LOTS, BENCH_EXPIRE_MERCHANTS and BENCH_EXPIRE_ROUNDS give other sizes, such as ten million lots once. */
export function expireSizes(small: boolean, environment: NodeJS.ProcessEnv): ExpireSizes {
  const sizes = small
    ? { merchants: 50, dueLots: 20_000, rounds: 3, sample: 500 }
    : { merchants: 1_000, dueLots: 1_000_000, rounds: 5, sample: 5_000 };
  return {
    ...sizes,
    merchants: Number(environment['BENCH_EXPIRE_MERCHANTS'] ?? sizes.merchants),
    dueLots: Number(environment['BENCH_EXPIRE_LOTS'] ?? sizes.dueLots),
    rounds: Number(environment['BENCH_EXPIRE_ROUNDS'] ?? sizes.rounds),
  };
}

interface Measured {
  milliseconds: number;
  /** From the start of the process until the run, and so its first batch, begins. */
  start: number;
  /** The largest resident memory of a process, in MiB. */
  memory: number;
}

type Arms = Record<'raw' | 'one' | 'two', Measured[]>;

/**
 * expire-points as processes, beside one raw statement over all merchants and a loop that goes row by row; each on a copy of the
 * same database, in turns. A process's own time to start is told apart, since a raw statement has none.
 */
export async function benchExpirePoints(sizes: ExpireSizes, say: (text: string) => void): Promise<Row[]> {
  const postgres = await startPostgres({
    durable: true,
    settings: ['shared_buffers=512MB', 'max_wal_size=8GB', 'checkpoint_timeout=1h', 'autovacuum=off'],
  });
  try {
    say(`filling ${sizes.merchants} merchants with ${sizes.dueLots} due lots`);
    const world = await postgres.createDatabase();
    await fillExpireWorld(world.url, sizes);
    const arms: Arms = { raw: [], one: [], two: [] };
    let loop = Number.NaN;
    for (let round = 1; round <= sizes.rounds; round += 1) {
      await onCopy(postgres, world.name, async (url) => arms.raw.push(await timeRaw(url)));
      await onCopy(postgres, world.name, async (url) => arms.one.push(await timeWorkers(url, 1)));
      await onCopy(postgres, world.name, async (url) => arms.two.push(await timeWorkers(url, 2)));
      say(
        `round ${round}: ${Object.entries(arms)
          .map(([name, all]) => `${name} ${seconds(all.at(-1)?.milliseconds ?? 0)}`)
          .join(', ')}`,
      );
    }
    await onCopy(postgres, world.name, async (url) => {
      loop = ((await expireRowByRow(url, sizes.sample)) * sizes.dueLots) / sizes.sample;
    });
    const nothing = await timeNothing(postgres, world.name, say);
    return rowsFor(sizes, arms, loop, nothing);
  } finally {
    await postgres.stop();
  }
}

async function onCopy(
  postgres: TestPostgres,
  template: string,
  body: (url: string) => Promise<unknown>,
): Promise<void> {
  const name = `copy_${randomUUID().slice(0, 8)}`;
  await query(postgres.url(), `CREATE DATABASE ${name} TEMPLATE ${template} STRATEGY file_copy`);
  await query(postgres.url(), 'CHECKPOINT');
  await body(postgres.url(name));
  await query(postgres.url(), `DROP DATABASE ${name} WITH (FORCE)`);
}

async function query<T extends object>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<T>(sql)).rows;
  } finally {
    await client.end();
  }
}

async function timeRaw(url: string): Promise<Measured> {
  const begun = performance.now();
  await expireInOneStatement(url);
  return { milliseconds: performance.now() - begun, start: 0, memory: 0 };
}

/** As Job pods do: processes of the same RUN_UID. The time is from the run's start to its end, by the database's clock. */
async function timeWorkers(url: string, count: number): Promise<Measured> {
  const environment = { DATABASE_URL: url, RUN_UID: randomUUID(), MAX_EXPIRE_SHARE: '0', LOG_LEVEL: 'warn' };
  const begun = Date.now();
  const runs = Array.from({ length: count }, () => startLoyalty(environment, 'expire-points'));
  const memory = watchMemory(runs.map(({ child }) => child.pid ?? 0));
  for (const { exit, stderr } of await Promise.all(runs.map(({ ended }) => ended))) assert.equal(exit, 0, stderr);
  const [run] = await query<{ started_at: Date; finished_at: Date; due: string }>(
    url,
    `SELECT started_at, finished_at, (SELECT count(*) FROM lots WHERE remaining > 0 AND expires_at <= as_of) AS due
      FROM runs WHERE state = 'done' ORDER BY id DESC LIMIT 1`,
  );
  assert.equal(run?.due, '0');
  const milliseconds = run.finished_at.getTime() - run.started_at.getTime();
  return { milliseconds, start: run.started_at.getTime() - begun, memory: memory() };
}

/** The largest resident memory that any of the processes had when looked at. */
function watchMemory(pids: readonly number[]): () => number {
  let largest = 0;
  const timer = setInterval(() => {
    for (const pid of pids)
      void residentMebibytes(pid).then(
        (size) => (largest = Math.max(largest, size || 0)),
        () => {},
      );
  }, 200);
  return () => {
    clearInterval(timer);
    return largest;
  };
}

/** A run that finds nothing due. */
async function timeNothing(postgres: TestPostgres, template: string, say: (text: string) => void): Promise<Measured[]> {
  const all: Measured[] = [];
  await onCopy(postgres, template, async (url) => {
    await expireInOneStatement(url);
    await query(url, 'VACUUM (ANALYZE)');
    for (let round = 0; round < 5; round += 1) all.push(await timeWorkers(url, 1));
  });
  say(`nothing due: ${all.map(({ milliseconds }) => seconds(milliseconds)).join(', ')}`);
  return all;
}

function rowsFor(sizes: ExpireSizes, { raw, one, two }: Arms, loop: number, nothing: readonly Measured[]): Row[] {
  const size = `expire-points, ${sizes.dueLots} due lots, ${sizes.merchants} merchants`;
  const [ofRaw, ofOne, ofTwo] = [raw, one, two].map((arm) => median(arm.map(({ milliseconds }) => milliseconds)));
  const [base = 0, single = 0, double = 0] = [ofRaw, ofOne, ofTwo];
  const start = median(one.map((measured) => measured.start));
  const idle = median(nothing.map(({ milliseconds }) => milliseconds));
  const rate = (time: number): string => `${(sizes.dueLots / time).toFixed(1)}k lots/s`;
  const memory = Math.max(...one.map((measured) => measured.memory));
  return [
    {
      what: `${size}: one worker`,
      measured: `${seconds(single)} (${rate(single)}, ${memory.toFixed(0)} MiB), ${(base / single).toFixed(2)} × the raw statement (${rate(base)})`,
      goal: '≥ 0.8 × the raw statement',
      met: base / single >= 0.8,
    },
    {
      what: `${size}: two workers`,
      measured: `${seconds(double)} (${rate(double)}), ${(base / double).toFixed(2)} × the raw statement`,
      goal: '≥ 1.4 × the raw statement',
      met: base / double >= 1.4,
    },
    {
      what: `${size}: row at a time`,
      measured: `${(loop / single).toFixed(0)} × (${rate(loop)}, from ${sizes.sample} lots)`,
      goal: '≥ 40 ×',
      met: loop / single >= 40,
    },
    { what: 'expire-points, nothing due', measured: seconds(idle), goal: '≤ 0.3 s', met: idle <= 300 },
    {
      what: 'expire-points, process start to run',
      measured: seconds(start),
      goal: '≤ 1.5 s to the first batch',
      met: start <= 1_500,
    },
  ];
}
