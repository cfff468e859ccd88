import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { openDatabase } from '../../src/adapters/postgres/database.ts';
import { type ApiAnswer, type RunningApi, startApi } from '../support/api-process.ts';
import { admin, createWorld, type NewCard, type World } from './world.ts';

describe('POST /wallet-sync', () => {
  let api: RunningApi;
  let world: World;
  let database: Knex;
  let cards: NewCard[];

  before(async () => {
    api = await startApi();
    world = await createWorld(api);
    database = openDatabase({ url: api.database.url, poolSize: 2, applicationName: 'test' });
    cards = [await world.newCard(), await world.newCard()];
    for (const { id } of cards) {
      const pass = { merchant_id: world.home.id, card_id: id, platform: 'google', object_id: id, wanted_version: 2 };
      await database('passes').insert(pass);
    }
  });
  beforeEach(async () => {
    await database('passes').update({ stale_since: new Date(0), next_attempt_at: 'infinity' });
  });
  after(async () => {
    await database?.destroy();
    await api?.end();
  });

  const sync = (body: object): Promise<ApiAnswer> =>
    api.call('POST', `${admin}/wallet-sync`, { key: api.adminKey, body });
  const due = async (): Promise<string[]> =>
    (await database('passes').whereNull('next_attempt_at').orderBy('created_at').pluck<string[]>('card_id')).toSorted();
  const id = (index: number): string => cards[index]?.id ?? '';

  it('has the stale passes of cards sent, however long they were to wait, and again without harm', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { status, body } = await sync({ card_ids: [id(0)], platform: 'google' });
      assert.deepEqual([status, body], [202, { passes: 1 }]);
      assert.deepEqual(await due(), [id(0)]);
    }
    await database('passes').update({ stale_since: null, next_attempt_at: null });
    assert.deepEqual((await sync({ card_ids: [id(0)] })).body, { passes: 0 });
  });

  it('has all of a merchant sent', async () => {
    assert.deepEqual((await sync({ merchant_id: world.home.id, platform: 'apple' })).body, { passes: 0 });
    assert.deepEqual(await due(), []);
    assert.deepEqual((await sync({ merchant_id: world.home.id })).body, { passes: 2 });
    assert.deepEqual(await due(), [id(0), id(1)].toSorted());
  });

  it('has those sent that failed in a run', async () => {
    const run = {
      task: 'sync-wallets',
      state: 'failed',
      run_key: randomUUID(),
      as_of: new Date(),
      actor: 'test',
      full_run: true,
      dry_run: false,
    };
    const [{ id: runId } = { id: '' }] = (await database('runs').insert(run).returning('id')) as { id: string }[];
    await database('run_merchants').insert({ run_id: runId, merchant_id: world.home.id, state: 'failed' });
    const failure = { run_id: runId, merchant_id: world.home.id, card_id: id(1), platform: 'google' };
    await database('run_failures').insert({ ...failure, reason: 'CardRefused', message: 'no' });
    assert.deepEqual((await sync({ failures_of: runId })).body, { passes: 1 });
    assert.deepEqual(await due(), [id(1)]);
  });

  it('refuses what is not there, and more or less than one choice, and changes nothing', async () => {
    for (const body of [{ card_ids: [randomUUID()] }, { merchant_id: randomUUID() }, { failures_of: randomUUID() }]) {
      assert.equal((await sync(body)).status, 404, JSON.stringify(body));
    }
    for (const body of [{}, { card_ids: [id(0)], merchant_id: world.home.id }, { card_ids: [] }]) {
      assert.equal((await sync(body)).status, 400, JSON.stringify(body));
    }
    assert.deepEqual(await due(), []);
  });
});
