import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { verifyLots, verifyMerchant } from '../../src/adapters/postgres/ledger/verify.ts';
import { makeWorld } from '../../src/demo-data/make-world.ts';
import type { TestPostgres } from '../support/postgres/postgres.ts';
import { type Ended, type LoyaltyRun, startLoyalty } from '../support/run-loyalty.ts';

export interface ExpireWorldOptions {
  merchants: number;
  cards: number;
  dueShare?: number;
}

/** A world with points that are due, to be copied: every test has the same, ids included. */
export interface ExpireWorld {
  /** By then the points are due, whenever the copies are made. */
  asOf: Date;
  copy(): Promise<Copy>;
}

/** A database of its own that a test may expire in. */
export interface Copy extends AsyncDisposable {
  url: string;
  database: Knex;
  /** Starts `bin/loyalty expire-points` on it, as of the world's instant and without the guard, unless told otherwise. */
  start(environment?: Record<string, string>, ...flags: string[]): LoyaltyRun;
  expire(environment?: Record<string, string>, ...flags: string[]): Promise<Ended>;
  merchants(): Promise<string[]>;
}

export async function createExpireWorld(postgres: TestPostgres, options: ExpireWorldOptions): Promise<ExpireWorld> {
  const { name, url } = await postgres.createDatabase();
  const database = openDatabase({ url, poolSize: 1, applicationName: 'test' });
  const now = new Date();
  const world = { lotsPerCard: 3, dueShare: 0.35, years: 1, seed: 'expire', ...options };
  try {
    await makeWorld(database, world, { add: false, now });
  } finally {
    await database.destroy();
  }
  return { asOf: now, copy: () => copyOf(postgres, name, now) };
}

async function copyOf(postgres: TestPostgres, template: string, asOf: Date): Promise<Copy> {
  const name = `copy_${randomBytes(6).toString('hex')}`;
  await administer(postgres, `CREATE DATABASE ${name} TEMPLATE ${template}`);
  const url = postgres.url(name);
  const database = openDatabase({ url, poolSize: 4, applicationName: 'test' });
  const start: Copy['start'] = (environment = {}, ...flags) => {
    const common = { DATABASE_URL: url, MAX_EXPIRE_SHARE: '0', AS_OF: asOf.toISOString() };
    return startLoyalty({ ...common, ...environment }, 'expire-points', ...flags);
  };
  return {
    url,
    database,
    start,
    expire: (environment, ...flags) => start(environment, ...flags).ended,
    merchants: () => database<{ id: string }>('merchants').orderBy('id').pluck<string[]>('id'),
    [Symbol.asyncDispose]: async () => {
      await database.destroy();
      await administer(postgres, `DROP DATABASE ${name} WITH (FORCE)`);
    },
  };
}

async function administer(postgres: TestPostgres, sql: string): Promise<void> {
  const database = openDatabase({ url: postgres.url(), poolSize: 1, applicationName: 'test' });
  try {
    await database.raw(sql);
  } finally {
    await database.destroy();
  }
}

/** What an expiry leaves behind: the same, however often it was disturbed. Ids of what it makes, and instants, are left out. */
export interface LedgerState {
  cards: string[];
  lots: string[];
  /** One a card, of so many points. */
  expired: string[];
}

export async function ledgerState(database: Knex): Promise<LedgerState> {
  return {
    cards: await lines(database, "SELECT concat_ws(' ', id, balance, version) AS line FROM cards ORDER BY id"),
    lots: await lines(database, "SELECT concat_ws(' ', id, remaining, expires_at) AS line FROM lots ORDER BY id"),
    expired: await expiredInRuns(database),
  };
}

/** The cards of which points expired in a run, with the points, an entry a line. */
export async function expiredInRuns(database: Knex): Promise<string[]> {
  const sql = `SELECT concat_ws(' ', card_id, points) AS line FROM entries
    WHERE kind = 'expire' AND run_id IS NOT NULL ORDER BY card_id, points`;
  return lines(database, sql);
}

async function lines(database: Knex, sql: string): Promise<string[]> {
  const { rows } = await database.raw<{ rows: { line: string }[] }>(sql);
  return rows.map(({ line }) => line);
}

/** How many lots are due and have points. */
export async function countDue(database: Knex, asOf: Date, merchant?: string): Promise<number> {
  const due = database('lots').where('remaining', '>', 0).where('expires_at', '<=', asOf);
  const [row] = await (merchant ? due.where('merchant_id', merchant) : due).count<{ count: number }[]>();
  return row?.count ?? 0;
}

export async function assertLedgerVerifies(database: Knex): Promise<void> {
  for (const { id } of await database<{ id: string }>('merchants').select('id')) {
    assert.deepEqual((await verifyMerchant(database, id)).examples, []);
    assert.deepEqual(await verifyLots(database, id), []);
  }
}

export function eventsNamed({ stderr }: Ended, name: string): Record<string, unknown>[] {
  const lines = stderr.split('\n').filter((line) => line.startsWith('{'));
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  return events.filter(({ event }) => event === `expire_points.${name}`);
}

export interface RunRow {
  id: string;
  run_key: string;
  name: string | null;
  state: string;
  as_of: Date;
  full_run: boolean;
  parameters: Record<string, unknown>;
  finished_at: Date | null;
  totals: Record<string, number> | null;
}

export async function runsOf(database: Knex): Promise<RunRow[]> {
  return database<RunRow>('runs').select('*').orderBy('id');
}

export interface MerchantRow {
  merchant_id: string;
  run_id: string;
  state: string;
  reason: string | null;
  message: string | null;
  cards: number;
  lots: number;
  points: number;
}

export async function merchantsOfRun(database: Knex, runId: string): Promise<MerchantRow[]> {
  return database<MerchantRow>('run_merchants').select('*').where('run_id', runId).orderBy('merchant_id');
}
