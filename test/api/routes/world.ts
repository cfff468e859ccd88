import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { type ApiAnswer, type RunningApi, startApi } from '../../support/api-process.ts';
import { appleWalletSetup } from '../../support/apple-wallet.ts';
import { googleWalletSetup } from '../../support/google-wallet.ts';
import { endBeforeSharedPostgres } from '../../support/postgres/shared-postgres.ts';

export const storePath = '/api/v1/store/loyalty';
export const adminPath = '/api/v1/admin/loyalty';

export type Json = Record<string, unknown>;

/** An answer whose body is known to be an object. */
export interface Answered extends ApiAnswer {
  body: Json;
}

export interface Call {
  body?: unknown;
  headers?: Record<string, string>;
}

/** A merchant with a program and a key of its own. */
export interface Shop {
  merchantId: string;
  programId: string;
  key: string;
  keyId: string;
  /** @param path behind the prefix of the store's operations. */
  call(method: string, path: string, call?: Call): Promise<Answered>;
  /** The card of a new customer; the external id is random unless given. */
  enrol(customer?: { external_id?: string; name?: string }): Promise<Json & { id: string }>;
  /** The card after it. */
  earn(cardId: string, points: number): Promise<Json>;
}

/** An API with its database, for tests that make merchants of their own in it. */
export interface World {
  api: RunningApi;
  /** The same database, seen directly. */
  database: Knex;
  /** @param path behind the prefix of the admin operations. */
  admin(method: string, path: string, call?: Call): Promise<Answered>;
  shop(options?: { timezone?: string; program?: Json }): Promise<Shop>;
  end(): Promise<void>;
}

/** Starts an API on a new database. */
export async function startWorld(): Promise<World> {
  const google = (await googleWalletSetup()).environment;
  const api = await startApi({ environment: { ...appleWalletSetup().environment, ...google } });
  const database = openDatabase({ url: api.database.url, poolSize: 4, applicationName: 'test' });
  const admin: World['admin'] = (method, path, call) =>
    answered(api, method, `${adminPath}${path}`, api.adminKey, call);
  return {
    api,
    database,
    admin,
    shop: (options) => makeShop(api, admin, options),
    async end() {
      await database.destroy();
      await api.end();
    },
  };
}

let shared: Promise<World> | undefined;

/** The world that all test files of this process share: each makes merchants of its own. Ended after the last test. */
export function sharedWorld(): Promise<World> {
  shared ??= startShared();
  return shared;
}

async function startShared(): Promise<World> {
  const world = await startWorld();
  endBeforeSharedPostgres(() => world.end());
  return world;
}

async function answered(
  api: RunningApi,
  method: string,
  path: string,
  key: string,
  call: Call = {},
): Promise<Answered> {
  const answer = await api.call(method, path, { key, ...call });
  return { ...answer, body: (answer.body ?? {}) as Json };
}

async function makeShop(
  api: RunningApi,
  admin: World['admin'],
  { timezone = 'Europe/Berlin', program = {} }: { timezone?: string; program?: Json } = {},
): Promise<Shop> {
  const merchant = await made(admin('POST', '/merchants', { body: { name: 'Bäckerei Vogel', timezone } }));
  const terms = { name: 'Karte', points_name: 'Körner', expiry: { mode: 'none' }, ...program };
  const row = await made(admin('POST', '/programs', { body: { merchant_id: merchant['id'], ...terms } }));
  const body = { name: 'till', scope: 'store', merchant_id: merchant['id'] };
  const apiKey = await made(admin('POST', '/api-keys', { body }));
  const key = String(apiKey['key']);
  const call: Shop['call'] = (method, path, options) => answered(api, method, `${storePath}${path}`, key, options);
  const programId = String(row['id']);
  return {
    merchantId: String(merchant['id']),
    programId,
    key,
    keyId: String(apiKey['id']),
    call,
    async enrol(customer = {}) {
      const wanted = { program_id: programId, customer: { external_id: randomUUID(), ...customer } };
      return (await made(call('POST', '/cards', { body: wanted }))) as Json & { id: string };
    },
    earn: async (cardId, points) =>
      (await made(call('POST', `/cards/${cardId}/earn`, { body: { points } })))['card'] as Json,
  };
}

/** The body of an answer 201. */
export async function made(answer: Promise<Answered>): Promise<Json> {
  const { status, body, text } = await answer;
  assert.equal(status, 201, text);
  return body;
}

/** Holds an answer to be a problem of this code and status, in its media type; answers its body. */
export function isProblem(answer: Answered, status: number, code: string): Json {
  assert.deepEqual([answer.status, answer.body['code']], [status, code], answer.text);
  assert.match(answer.headers.get('content-type') ?? '', /^application\/problem\+json/);
  return answer.body;
}

/** Every item of a list, page by page. `between` is called after each page. */
export async function walk(
  page: (query: string) => Promise<Answered>,
  { limit = 3, between = async () => {} }: { limit?: number; between?: () => Promise<void> } = {},
): Promise<Json[]> {
  const items: Json[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const answer = await page(`limit=${limit}${cursor === '' ? '' : `&cursor=${cursor}`}`);
    assert.equal(answer.status, 200, answer.text);
    const shown = answer.body['items'] as Json[];
    assert.ok(shown.length <= limit);
    items.push(...shown);
    cursor = answer.body['next_cursor'] as string | null;
    await between();
  }
  return items;
}
