import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startApiProcess } from '../test/support/api-process.ts';
import { startPostgres } from '../test/support/postgres/postgres.ts';
import { type Client, createClient } from './curl.ts';
import { startProviders } from './providers.ts';
import { heading, type Shell } from './step.ts';
import { showWallets } from './wallets.ts';

/** The second half of the demo: PostgreSQL, the API, and a customer's points. */

export interface ApiDemo {
  url: string;
  /** The file with the first admin key. */
  keyFile: string;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL and the API, shows a customer earn and redeem, and leaves both running.
 * @param appleRoots file with the root under which the demo's Apple credential was made
 */
export async function demonstrateApi(shell: Shell, appleRoots: string, firstStep: number): Promise<ApiDemo> {
  heading(
    firstStep,
    'PostgreSQL and the API',
    'A real PostgreSQL starts, out of an npm package; the schema is laid by `loyalty migrate`. The API gets the live Secrets as folders of files, ' +
      'as a pod that mounts them does, and its first admin key from a file, as from a Secret.',
  );
  const directory = await mkdtemp(join(tmpdir(), 'orion-demo-'));
  const postgres = await startPostgres();
  const { url } = await postgres.emptyDatabase();
  const database = shell.with({ DATABASE_URL: url });
  await database.run('loyalty migrate');
  const adminKey = `olk_${randomBytes(32).toString('base64url')}`;
  const keyFile = join(directory, 'admin-key');
  await writeFile(keyFile, adminKey, { mode: 0o600 });
  const tokenKeyFile = join(directory, 'pass-token-key');
  await writeFile(tokenKeyFile, randomBytes(32), { mode: 0o600 });
  const credentials = {
    APPLE_ROOTS_FILE: appleRoots,
    GOOGLE_CREDENTIAL_DIR: await liveSecret(shell, 'google-live', directory),
    APPLE_CREDENTIAL_DIR: await liveSecret(shell, 'apple-live', directory),
  };
  const rootPem = await readFile(appleRoots, 'utf8');
  const providers = await startProviders({ directory, rootPem, googleFolder: credentials.GOOGLE_CREDENTIAL_DIR });
  const wallets = { ...credentials, ...providers.environment, PUBLIC_URL: 'https://loyalty.example.com' };
  const api = startApiProcess({
    ...wallets,
    DATABASE_URL: url,
    BOOTSTRAP_ADMIN_KEY_FILE: keyFile,
    PASS_TOKEN_KEY_FILE: tokenKeyFile,
  });
  const listening = await api.whenLogged('api.started').catch(async (error: unknown) => {
    await Promise.all([postgres.stop(), providers.close()]);
    throw error;
  });
  const apiUrl = `http://127.0.0.1:${String(listening['port'])}`;
  const stop = async (): Promise<void> => {
    await api.stop();
    await Promise.all([postgres.stop(), providers.close()]);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const client = await createClient(shell);
    await tellTheStory(client, { url: apiUrl, adminKey, step: firstStep + 1 });
    const job = database.with({ ...wallets, LOG_LEVEL: 'warn' });
    const pass = { client, shell, job, providers, directory, apiUrl, rootFile: appleRoots };
    await showWallets(pass, firstStep + 3);
    await showAdmin(client, job, firstStep + 6);
    await showTheNight(job, firstStep + 7);
    return { url: apiUrl, keyFile, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** What a pod would find where the live Secret is mounted; in a plain folder keys must be for the owner only. */
async function liveSecret(shell: Shell, name: string, directory: string): Promise<string> {
  const secret = JSON.parse(await shell.run(`kubectl get secret ${name} -o json`, { quiet: true })) as {
    data: Record<string, string>;
  };
  const folder = join(directory, name);
  await mkdir(folder);
  for (const [key, value] of Object.entries(secret.data))
    await writeFile(join(folder, key), Buffer.from(value, 'base64'), { mode: 0o600 });
  return folder;
}

async function showTheNight(database: Shell, step: number): Promise<void> {
  heading(
    step,
    'The night',
    'Three more merchants with two years of history, some of whose points have expired. In a cluster these are CronJobs ' +
      '(deploy/manifests/cronjobs.yaml). The second run finds nothing: what has expired does so once. Then every balance is proved again.',
  );
  await database.run('loyalty demo-data --add --merchants 3 --cards 1500 --due-share 0.1');
  await database.run('loyalty expire-points');
  await database.run('loyalty expire-points');
  await database.run('loyalty verify-ledger');
}

interface Story {
  url: string;
  adminKey: string;
  /** Number of its first step. */
  step: number;
}

async function tellTheStory(client: Client, { url, adminKey, step }: Story): Promise<void> {
  heading(
    step,
    'A merchant, a program, a key',
    'The admin key makes a merchant in Vienna, a program whose points expire a year after they were earned, and a store key that sees this merchant only.',
  );
  client.set('ADMIN', `${url}/api/v1/admin/loyalty`);
  client.set('STORE', `${url}/api/v1/store/loyalty`);
  client.set('ADMIN_KEY', adminKey, '"$(cat admin-key)"');
  client.use('ADMIN_KEY');
  const merchant = await client.post('$ADMIN/merchants', { name: 'Café Central', timezone: 'Europe/Vienna' });
  const program = await client.post('$ADMIN/programs', {
    merchant_id: merchant['id'],
    name: 'Beans',
    points_name: 'beans',
    expiry: { mode: 'fixed', days: 365, rounding: 'end_of_month' },
  });
  const till = { name: 'till 1', scope: 'store', merchant_id: merchant['id'] };
  const key = await client.post('$ADMIN/api-keys', till);
  heading(
    step + 1,
    'A customer enrols, earns and redeems',
    'Now with the store key. The redemption carries an Idempotency-Key and is sent twice, as after a lost answer: it takes effect once. ' +
      'The last one asks for more than there is.',
  );
  client.set('STORE_KEY', String(key['key']), 'olk_…');
  client.use('STORE_KEY');
  const customer = { external_id: 'customer-42', name: 'Ada' };
  const card = await client.post('$STORE/cards', { program_id: program['id'], customer });
  client.set('CARD', `$STORE/cards/${String(card['id'])}`);
  await client.post('$CARD/earn', { points: 250, reference: 'receipt 1001' });
  for (const _ of ['once', 'again'])
    await client.post('$CARD/redeem', { points: 100, reason: 'a free espresso' }, 'till-1-0007');
  await client.post('$CARD/redeem', { points: 1000 });
  const shown = await client.get('$CARD');
  if (shown['balance'] !== 150) throw new Error(`the balance is ${String(shown['balance'])}, expected 150`);
}

async function showAdmin(client: Client, job: Shell, step: number): Promise<void> {
  heading(
    step,
    'What the admin sees',
    'Both wallets with the revision that is live (no secret), and the proof that every balance is the sum of its entries and of its lots.',
  );
  client.use('ADMIN_KEY');
  await client.get('$ADMIN/wallet-status');
  await job.run('loyalty verify-ledger');
}
