import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import type { Knex } from 'knex';
import { openCredentialFolders } from '../../../src/adapters/credential-folder/open-folders.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import type { OperationContext } from '../../../src/api/operation.ts';
import { walletStatusOperation } from '../../../src/api/routes/wallet-status.ts';
import { fingerprintOf } from '../../../src/domain/credentials/checks/fingerprint.ts';
import { createLog } from '../../../src/log.ts';
import {
  appleFiles,
  type Files,
  googleFiles,
  SecretVolume,
  temporaryDirectory,
  withMetadata,
} from '../../adapters/credential-folder/folders.ts';
import { createKeyMaterialSearch } from '../../support/key-material.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { createSources } from '../../support/sources.ts';

const log = createLog({ level: 'silent', format: 'json' });
const path = '/api/v1/admin/loyalty/wallet-status';
const nothing = {
  fingerprint: null,
  revision: null,
  expires_at: null,
  days_left: null,
  rotate_by: null,
  rejected: null,
  warnings: [],
  last_sync: null,
  stale_passes: 0,
  stopped: null,
  stopped_reason: null,
  stopped_message: null,
};

describe(`GET ${path}`, () => {
  const now = new Date();
  const sources = createSources(now);
  let parent: string;
  let test: TestDatabase;
  let database: Knex;

  before(async () => {
    test = await (await sharedPostgres()).createDatabase();
    database = openDatabase({ url: test.url, poolSize: 2, applicationName: 'wallet-status.test' });
  });
  after(async () => {
    await database.destroy();
    await test.drop();
  });
  beforeEach(() => {
    parent = temporaryDirectory();
  });
  afterEach(() => rmSync(parent, { recursive: true }));

  /** The volumes of the wallets that are configured, and a call that answers as the API does. */
  function configured({ google, apple }: { google?: Files; apple?: Files }) {
    const volumes = {
      google: google && new SecretVolume(parent, google),
      apple: apple && new SecretVolume(parent, apple),
    };
    const directories = { google: volumes.google?.directory, apple: volumes.apple?.directory };
    const opened = openCredentialFolders({ directories, log, appleRootsPem: sources.rootPem, pollMilliseconds: 0 });
    assert.deepEqual(opened.problems, []);
    const { folders } = opened;
    const operation = walletStatusOperation({ folders: folders ?? {}, replica: 'api-7c9d' });
    const principal = { scope: 'admin:read', keyId: 'key', name: 'test' } as const;
    const context: OperationContext = { database, principal, now, log, headers: {}, requestId: 'request' };
    const call = async (at = now) => {
      const { status, body } = await operation.handler({ params: {}, query: {}, body: {} }, { ...context, now: at });
      assert.equal(status, 200);
      // What the schema of the documentation leaves is what there is.
      assert.deepEqual(operation.responses[200]?.schema?.parse(body), body);
      return JSON.parse(JSON.stringify(body)) as Record<string, object | string | boolean>;
    };
    return { volumes, folders: folders ?? {}, call };
  }

  it('says that no wallet is configured', async () => {
    assert.deepEqual(await configured({}).call(), {
      replica: 'api-7c9d',
      google_configured: false,
      apple_configured: false,
      google: nothing,
      apple: nothing,
    });
  });

  it('says what is live: fingerprint, revision, end, days left and rotation', async () => {
    const google = withMetadata(googleFiles(), { revision: 4, rotateBy: '2027-02-03T04:05:06Z' });
    const files = appleFiles(sources, { validDays: 12.5 });
    const { call } = configured({ google, apple: withMetadata(files, { revision: 2 }) });
    const status = await call();
    assert.equal(status['google_configured'], true);
    assert.equal(status['apple_configured'], true);
    const { 'metadata.json': _metadata, ...googleOnly } = google;
    assert.deepEqual(status['google'], {
      ...nothing,
      fingerprint: fingerprintOf(googleOnly as Record<string, string>),
      revision: 4,
      rotate_by: '2027-02-03T04:05:06.000Z',
    });
    const expires = new Date(now.getTime() + 12.5 * 86_400_000).toISOString().replace(/\.\d+Z$/, '.000Z');
    assert.deepEqual(status['apple'], {
      ...nothing,
      fingerprint: fingerprintOf(files),
      revision: 2,
      expires_at: expires,
      days_left: 12,
    });
    const ten = await call(new Date(now.getTime() + 2.5 * 86_400_000 + 1_000));
    assert.equal((ten['apple'] as { days_left: number }).days_left, 9);
    const over = await call(new Date(now.getTime() + 13 * 86_400_000));
    assert.equal((over['apple'] as { days_left: number }).days_left, -1);
  });

  it('shows a new credential when the mounted Secret was swapped, and what was rejected', async () => {
    const apple = withMetadata(appleFiles(sources), { revision: 1 });
    const { volumes, folders, call } = configured({ apple });
    volumes.apple?.swap({ ...apple, 'wwdr.pem': 'damaged' });
    folders.apple?.refresh();
    const { rejected, revision } = (await call())['apple'] as { rejected: { problems: string[] }; revision: number };
    assert.equal(revision, 1);
    assert.match(rejected.problems.join(), /wwdr\.pem holds 7 bytes of text that is not PEM/);
    const next = appleFiles(sources, { validDays: 20 });
    volumes.apple?.swap(withMetadata(next, { revision: 2 }));
    folders.apple?.refresh();
    const status = (await call())['apple'] as typeof nothing;
    assert.deepEqual(
      { rejected: status.rejected, revision: status.revision, fingerprint: status.fingerprint },
      { rejected: null, revision: 2, fingerprint: fingerprintOf(next) },
    );
  });

  it('counts the stale passes of each platform', async () => {
    await insertPasses(database, [
      ['google', now],
      ['google', now],
      ['google', null],
      ['apple', now],
    ]);
    const status = await configured({}).call();
    assert.deepEqual(
      [status['google'], status['apple']],
      [
        { ...nothing, stale_passes: 2 },
        { ...nothing, stale_passes: 1 },
      ],
    );
  });

  it('tells the last run of sync-wallets that ended, and what failed of each platform in it', async () => {
    const [merchant] = await database('merchants').insert({ name: 'Shop', timezone: 'UTC' }).returning('id');
    const { id: merchant_id } = merchant as { id: string };
    const finished_at = new Date('2026-03-01T02:00:00.000Z');
    const run = { task: 'sync-wallets', as_of: now, full_run: true, actor: 'test', state: 'partial', finished_at };
    await database('runs').insert({ ...run, run_key: 'earlier', state: 'done' });
    const [made] = await database('runs')
      .insert({ ...run, run_key: 'last' })
      .returning('id');
    const { id: run_id } = made as { id: string };
    await database('runs').insert({ ...run, run_key: 'goes on', state: 'running', finished_at: null });
    await database('runs').insert({ ...run, run_key: 'another task', task: 'expire-points' });
    await database('run_merchants').insert({ merchant_id, run_id, state: 'failed' });
    const failure = { merchant_id, run_id, reason: 'x', message: 'x' };
    await database('run_failures').insert([
      { ...failure, platform: 'google' },
      { ...failure, platform: 'google' },
    ]);
    const status = await configured({}).call();
    const last_sync = { run: run_id, finished_at: finished_at.toISOString(), failed: 2 };
    assert.deepEqual((status['google'] as { last_sync: unknown }).last_sync, last_sync);
    assert.deepEqual((status['apple'] as { last_sync: unknown }).last_sync, { ...last_sync, failed: 0 });
  });

  it('says no secret', async () => {
    const apple = appleFiles(sources);
    const google = googleFiles();
    const search = createKeyMaterialSearch();
    search.addKey(apple['signer.key'] ?? '');
    search.addKey((JSON.parse(google['google-wallet-sa.json'] ?? '') as { private_key: string }).private_key);
    const { volumes, folders, call } = configured({ apple, google });
    volumes.apple?.swap({ ...apple, 'team-identifier': apple['signer.key'] ?? '' });
    volumes.google?.swap({ ...google, 'issuer-id': google['google-wallet-sa.json'] ?? '' });
    folders.apple?.refresh();
    folders.google?.refresh();
    const told = JSON.stringify(await call());
    assert.match(told, /team-identifier holds something else.*|issuer-id holds something else/);
    assert.equal(search.find(told), undefined);
  });
});

async function insertPasses(database: Knex, passes: ['google' | 'apple', Date | null][]): Promise<void> {
  const [merchant] = await database('merchants').insert({ name: 'Shop', timezone: 'UTC' }).returning('id');
  const { id: merchant_id } = merchant as { id: string };
  const program = { merchant_id, name: 'Stars', points_name: 'stars', expiry_mode: 'none' };
  const [{ id: program_id } = { id: '' }] = (await database('programs').insert(program).returning('id')) as {
    id: string;
  }[];
  for (const [index, [platform, stale_since]] of passes.entries()) {
    const number = `card-${index}`;
    const customer = await database('customers').insert({ merchant_id, external_id: number }).returning('id');
    const { id: customer_id } = customer[0] as { id: string };
    const card = await database('cards').insert({ merchant_id, program_id, customer_id, number }).returning('id');
    const { id: card_id } = card[0] as { id: string };
    await database('passes').insert({
      merchant_id,
      card_id,
      platform,
      object_id: number,
      wanted_version: 1,
      saved: true,
      stale_since,
    });
  }
}
