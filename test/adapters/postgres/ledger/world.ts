import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import type { Knex } from 'knex';
import { openDatabase } from '../../../../src/adapters/postgres/database.ts';
import type { ExpiryTerms } from '../../../../src/domain/ledger/posting.ts';
import { isRefusal, type Refusal, type RefusalCode } from '../../../../src/domain/ledger/refusal.ts';
import type { PostgresVersion } from '../../../support/postgres/postgres.ts';
import { sharedPostgres } from '../../../support/postgres/shared-postgres.ts';

/** A database of its own with a ledger, and rows for it. */
export interface World extends AsyncDisposable {
  database: Knex;
  merchant(timezone?: string): Promise<string>;
  program(merchantId: string, expiry: ExpiryTerms): Promise<string>;
  /** Of a new customer, or of one that is there; with a pass on each platform, none of them stale. */
  card(merchantId: string, programId: string, customerId?: string): Promise<CardRows>;
}

export interface CardRows {
  merchantId: string;
  cardId: string;
  customerId: string;
}

/** What every change of a test gives as its cause. */
export const cause = { actor: 'test', reason: null, reference: null };

/** `pipelining`: as the API's connections do. */
export async function createWorld(version: PostgresVersion = 18, poolSize = 4, pipelining = false): Promise<World> {
  const postgres = await sharedPostgres(version);
  const { url, drop } = await postgres.createDatabase();
  const settings = { lock_timeout: '30s' };
  const database = openDatabase({ url, poolSize, applicationName: 'ledger-test', settings, pipelining });
  return {
    database,
    merchant: (timezone = 'Europe/Berlin') => insert(database, 'merchants', { name: 'Kiosk', timezone }),
    program: (merchantId, expiry) => insertProgram(database, merchantId, expiry),
    card: async (merchantId, programId, customerId) =>
      insertCard(database, merchantId, programId, customerId ?? (await insertCustomer(database, merchantId))),
    [Symbol.asyncDispose]: async () => {
      await database.destroy();
      await drop();
    },
  };
}

async function insert(database: Knex, table: string, row: object): Promise<string> {
  const [inserted] = await database<{ id: string }>(table).insert(row).returning('id');
  if (inserted === undefined) throw new Error(`${table}: INSERT answered no row`);
  return inserted.id;
}

function insertProgram(database: Knex, merchantId: string, expiry: ExpiryTerms): Promise<string> {
  const terms =
    expiry.mode === 'none'
      ? { expiry_mode: 'none' }
      : { expiry_mode: expiry.mode, expiry_days: expiry.days, expiry_rounding: expiry.rounding };
  return insert(database, 'programs', { merchant_id: merchantId, name: 'Stamps', points_name: 'stamps', ...terms });
}

function insertCustomer(database: Knex, merchantId: string): Promise<string> {
  return insert(database, 'customers', { merchant_id: merchantId, external_id: randomUUID(), name: 'Ada' });
}

async function insertCard(
  database: Knex,
  merchantId: string,
  programId: string,
  customerId: string,
): Promise<CardRows> {
  const cardId = await insert(database, 'cards', {
    merchant_id: merchantId,
    program_id: programId,
    customer_id: customerId,
    number: randomUUID(),
  });
  await database('passes').insert(
    ['google', 'apple'].map((platform) => ({
      merchant_id: merchantId,
      card_id: cardId,
      platform,
      object_id: randomUUID(),
      wanted_version: 1,
      synced_version: 1,
    })),
  );
  return { merchantId, cardId, customerId };
}

/** The answer, when it is of a change that was made. */
export function changed<Answer extends object>(answer: Answer | Refusal | undefined): Exclude<Answer, Refusal> {
  assert.ok(answer !== undefined && !isRefusal(answer), inspect(answer));
  return answer as Exclude<Answer, Refusal>;
}

/** The code of the refusal that an answer is. */
export function refused(answer: object | undefined): RefusalCode | undefined {
  return answer && isRefusal(answer) ? answer.code : undefined;
}

/** Until some connection to this database waits for a lock. */
export async function whenWaiting({ database }: World): Promise<void> {
  const waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { rows } = await database.raw<{ rows: unknown[] }>(waiting);
    if (rows.length > 0) return;
    assert.ok(Date.now() < deadline, 'nobody waits for a lock');
  }
}
