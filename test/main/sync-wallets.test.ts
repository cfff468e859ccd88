import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toJsonFile } from '../../src/example-credentials/service-account.ts';
import { plainFolder, temporaryDirectory } from '../adapters/credential-folder/folders.ts';
import { createSyncWorld, issuerId, namesAt, type SyncWorld } from '../jobs/sync-world.ts';
import { runLoyalty, startLoyalty } from '../support/run-loyalty.ts';
import { testAuthority } from '../support/test-authority.ts';
import { eventually } from '../support/wait.ts';

const nobody = '01900000-0000-7000-8000-000000000000';

describe('loyalty sync-wallets', () => {
  let world: SyncWorld;
  let parent: string;
  let environment: Record<string, string>;

  before(async () => {
    world = await createSyncWorld();
    parent = temporaryDirectory();
    const files = { 'google-wallet-sa.json': toJsonFile(world.account), 'issuer-id': issuerId };
    const authority = join(parent, 'authority.pem');
    writeFileSync(authority, testAuthority().certificate.pem);
    environment = {
      DATABASE_URL: world.url,
      GOOGLE_CREDENTIAL_DIR: plainFolder(files, parent),
      GOOGLE_WALLET_URL: world.google.walletUrl,
      GOOGLE_TOKEN_URL: world.google.tokenUrl,
      NODE_EXTRA_CA_CERTS: authority,
      LOG_FORMAT: 'json',
    };
  });
  beforeEach(() => world.clear());
  after(async () => {
    await world[Symbol.asyncDispose]();
    rmSync(parent, { recursive: true });
  });

  it('says what to set when no wallet is configured: 78', async () => {
    const ended = await runLoyalty({ DATABASE_URL: world.url }, 'sync-wallets');
    assert.equal(ended.exit, 78);
    assert.match(ended.stderr, /set GOOGLE_CREDENTIAL_DIR or APPLE_CREDENTIAL_DIR/);
  });

  for (const flag of ['--merchant', '--card', '--failures-of']) {
    it(`refuses ${flag} of what is not there: 64`, async () => {
      const ended = await runLoyalty(environment, 'sync-wallets', flag, nobody);
      assert.deepEqual([ended.exit, ended.stdout], [64, '']);
      assert.match(ended.stderr, new RegExp(`There is no (merchant|card|run) ${nobody}.*Nothing was done`));
    });
  }

  it('sends, tells what it did on standard output and in its last log line, and leaves alone what is not configured', async () => {
    const { cards } = await world.merchant(3);
    await world.rename('name-1');
    const dry = await runLoyalty(environment, 'sync-wallets', '--dry-run');
    assert.deepEqual([dry.exit, world.google.wallet.all('loyaltyObject').length], [0, 0]);
    assert.match(dry.stdout, /Google Wallet: 3 passes of 1 merchants would be sent/);
    const ended = await runLoyalty(environment, 'sync-wallets');
    assert.equal(ended.exit, 0, ended.stderr);
    assert.match(ended.stdout, /done: 3 passes of 1 merchant up to date, 0 failed/);
    const lines = ended.stderr.trim().split('\n');
    const last = JSON.parse(lines.at(-1) ?? '') as Record<string, unknown>;
    assert.deepEqual([last['event'], last['failed_card_ids']], ['sync_wallets.run_finished', []]);
    assert.match(ended.stderr, /platform_skipped.*APPLE_CREDENTIAL_DIR/);
    for (const card of cards) assert.deepEqual(namesAt(world.google, card), ['name-1']);
  });

  it('forgets nothing when it is killed in the middle of requests, and sends nothing old after new', async () => {
    const { cards } = await world.merchant(30);
    await world.rename('name-1');
    let hanging = 0;
    world.google.interfere = () => {
      hanging += 1;
      return 'hang';
    };
    const { child, ended } = startLoyalty({ ...environment, RUN_UID: 'killed' }, 'sync-wallets');
    await eventually(() => hanging > 0, {
      describe: 'a request under way',
      deadlineSeconds: 25,
    });
    child.kill('SIGKILL');
    assert.equal((await ended).exit, 'SIGKILL');
    world.google.interfere = () => undefined;
    await world.rename('name-2');
    // Until its claims end, nobody sends what the dead process may have sent.
    const claimed = await world.database('passes').whereNotNull('claimed_by');
    assert.ok(claimed.length > 0);
    await runLoyalty(environment, 'sync-wallets');
    for (const { card_id: cardId, synced_version: synced } of await world.database('passes').whereNotNull('claimed_by'))
      assert.equal(synced, 1, `${cardId} was sent although it is claimed`);
    await world.database('passes').update({ claimed_until: world.database.raw("now() - interval '1 second'") });
    assert.equal((await runLoyalty(environment, 'sync-wallets')).exit, 0);
    for (const card of cards) assert.deepEqual(namesAt(world.google, card), ['name-2']);
    const states = await world.database('runs').orderBy('id').pluck<string[]>('state');
    assert.deepEqual(states, ['abandoned', 'done', 'done']);
  });
});
