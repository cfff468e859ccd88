import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { openApns } from '../../src/adapters/apple/push/client.ts';
import type { PushIdentity } from '../../src/adapters/apple/push/identity.ts';
import type { LiveCredential } from '../../src/adapters/credential-folder/live-credential.ts';
import { openGoogleWallet } from '../../src/adapters/google/wallet/google-wallet.ts';
import { jobSettings, openDatabase } from '../../src/adapters/postgres/database.ts';
import { createPacer } from '../../src/adapters/postgres/wallet/pacer.ts';
import { staleSince } from '../../src/adapters/postgres/wallet/stale.ts';
import { objectIdOf } from '../../src/domain/wallet/google/ids.ts';
import { createAuthority } from '../../src/example-credentials/certificate-authority.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { createServiceAccount, type ServiceAccount } from '../../src/example-credentials/service-account.ts';
import type { SyncEnd } from '../../src/jobs/sync-wallets/conclude.ts';
import type { AskedScope } from '../../src/jobs/sync-wallets/scope.ts';
import { readScope } from '../../src/jobs/sync-wallets/scope.ts';
import {
  type ApplePlatform,
  type GooglePlatform,
  type SyncOptions,
  syncWallets,
} from '../../src/jobs/sync-wallets/sync-wallets.ts';
import { createLog } from '../../src/log.ts';
import { type FakeApns, startFakeApns } from '../support/fake-apple/fake-apns.ts';
import { createPushIdentity } from '../support/fake-apple/push-identity.ts';
import { type FakeGoogle, type FakeGoogleOptions, startFakeGoogle } from '../support/fake-google/fake-google.ts';
import { googleCredential } from '../support/fake-google/google-credential.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { issuerId, passTypeIdentifier } from '../support/sources.ts';

export { issuerId, passTypeIdentifier };

export interface Card {
  merchantId: string;
  cardId: string;
  objectId: string;
  pushToken: string;
}

export interface RunOptions extends Partial<SyncOptions>, Partial<AskedScope> {
  platforms?: ('google' | 'apple')[];
  key?: string;
  ratePerSecond?: number;
  /** Of a request to Google. */
  timeoutMilliseconds?: number;
  stopping?: AbortSignal;
}

/** A database with passes, a fake Google and a fake APNs that know them. */
export interface SyncWorld extends AsyncDisposable {
  url: string;
  database: Knex;
  google: FakeGoogle;
  apns: FakeApns;
  account: ServiceAccount;
  credentials: { google: LiveCredential; apple: PushIdentity };
  /** Lines that runs have logged. */
  logged: Record<string, unknown>[];
  /** A merchant with a program and cards; of each a saved pass on both platforms, neither stale, and a device. */
  merchant(cards: number): Promise<{ merchantId: string; programId: string; cards: Card[] }>;
  /** Gives the customers of cards (undefined: of all) another name, as a change that shows: the passes are stale. */
  rename(name: string, cards?: readonly Card[]): Promise<void>;
  run(options?: RunOptions): Promise<SyncEnd>;
  pass(card: Card, platform?: 'google' | 'apple'): Promise<PassRow>;
  stale(platform: 'google' | 'apple'): Promise<number>;
  /** A customer saves what is at Google, and Google calls back. */
  save(card: Card): Promise<void>;
  /** Forgets every pass and run, and what was to go wrong. */
  clear(): Promise<void>;
}

export interface PassRow {
  wanted_version: number;
  synced_version: number | null;
  stale_since: Date | null;
  next_attempt_at: Date | number | null;
  attempts: number;
  last_reason: string | null;
  last_error: string | null;
  claimed_by: string | null;
  claimed_until: Date | null;
  saved: boolean;
}

const authority = createAuthority({ now: new Date() });
const wwdr = authority.wwdr('G4');
const key = generateRsaKey();

export function liveGoogle(account: ServiceAccount, fingerprint: string): LiveCredential {
  return { ...googleCredential(account, issuerId), fingerprint, warnings: [] };
}

export function createIdentity(): PushIdentity {
  return createPushIdentity(wwdr, passTypeIdentifier);
}

export async function createSyncWorld(options: FakeGoogleOptions = {}): Promise<SyncWorld> {
  const postgres = await sharedPostgres();
  const { url, drop } = await postgres.createDatabase();
  const database = openDatabase({ url, poolSize: 12, applicationName: 'sync-test', settings: jobSettings });
  const google = await startFakeGoogle(options);
  const apns = await startFakeApns({ clientAuthorities: [authority.root.certificate.pem] });
  const account = createServiceAccount({ privateKey: key.privateKey });
  google.accounts.register(account);
  google.issuers.set(issuerId, new Set([account.client_email]));
  const identity = createIdentity();
  const credentials = { google: liveGoogle(account, 'a'.repeat(64)), apple: identity };
  const logged: SyncWorld['logged'] = [];
  const world: SyncWorld = {
    url,
    database,
    google,
    apns,
    account,
    credentials,
    logged,
    merchant: (cards) => insertMerchant(database, apns, cards),
    rename: (name, cards) => rename(database, name, cards),
    run: (more = {}) => run(world, more),
    async pass({ merchantId, cardId }, platform = 'google') {
      const row = (await database('passes').where({ merchant_id: merchantId, card_id: cardId, platform }).first()) as
        PassRow | undefined;
      if (row === undefined) throw new Error(`there is no pass of ${cardId}`);
      return row;
    },
    async stale(platform) {
      return (await database('passes').where({ platform }).whereNotNull('stale_since')).length;
    },
    async save({ cardId, objectId }) {
      google.wallet.setUsers(objectId, true);
      await database('passes')
        .where({ card_id: cardId, platform: 'google' })
        .update({ saved: true, next_attempt_at: null });
    },
    async clear() {
      const tables = [
        'registrations',
        'passes',
        'google_classes',
        'run_failures',
        'run_merchants',
        'wallet_platforms',
        'runs',
      ];
      for (const table of [...tables, 'wallet_slots', 'wallet_outcomes']) await database(table).delete();
      await database('programs').update({ wallet_marked_version: database.ref('wallet_version') });
      google.interfere = () => undefined;
      apns.injectPush(() => undefined);
      Object.assign(world.credentials, { google: liveGoogle(account, 'a'.repeat(64)), apple: identity });
      logged.length = 0;
    },
    async [Symbol.asyncDispose]() {
      await database.destroy();
      await Promise.all([google.close(), apns.close()]);
      await drop();
    },
  };
  return world;
}

async function insertMerchant(database: Knex, apns: FakeApns, count: number): ReturnType<SyncWorld['merchant']> {
  const [merchantId, programId] = [randomUUID(), randomUUID()];
  await database('merchants').insert({ id: merchantId, name: 'Kiosk', timezone: 'UTC' });
  await database('programs').insert({
    merchant_id: merchantId,
    id: programId,
    name: 'Stamps',
    points_name: 'stamps',
    expiry_mode: 'none',
    wallet: JSON.stringify({ logo_url: 'https://example.com/logo.png' }),
  });
  const cards = Array.from({ length: count }, (): Card => {
    const cardId = randomUUID();
    const pushToken = randomUUID().replaceAll('-', '').repeat(2);
    return { merchantId, cardId, objectId: objectIdOf(issuerId, { merchantId, cardId }), pushToken };
  });
  const ids = [merchantId, cards.map(({ cardId }) => cardId)];
  await database.raw(
    `INSERT INTO customers (merchant_id, id, external_id, name) SELECT ?, id, id::text, 'name-0' FROM unnest(?::uuid[]) AS id`,
    ids,
  );
  await database.raw(
    `INSERT INTO cards (merchant_id, id, program_id, customer_id, number) SELECT ?, id, ?, id, id::text FROM unnest(?::uuid[]) AS id`,
    [merchantId, programId, ids[1] as string[]],
  );
  await database.raw(
    `INSERT INTO passes (merchant_id, card_id, platform, object_id, wanted_version, synced_version, synced_at, saved)
     SELECT ?, id, platform, CASE platform WHEN 'google' THEN ? || id ELSE id::text END, 1, 1, now(), true
     FROM unnest(?::uuid[]) AS id, unnest(ARRAY['google', 'apple']) AS platform`,
    [merchantId, `${issuerId}.loyalty-card-${merchantId}-`, ids[1] as string[]],
  );
  await insertDevices(database, cards);
  for (const { pushToken } of cards) apns.devices.register(pushToken, passTypeIdentifier);
  return { merchantId, programId, cards };
}

async function insertDevices(database: Knex, cards: readonly Card[]): Promise<void> {
  await database.raw(
    `INSERT INTO devices (id, pass_type, push_token) SELECT id::text, ?, token FROM unnest(?::uuid[], ?::text[]) AS device (id, token)`,
    [passTypeIdentifier, cards.map(({ cardId }) => cardId), cards.map(({ pushToken }) => pushToken)],
  );
  await database.raw(
    `INSERT INTO registrations (merchant_id, card_id, device_id, pass_type, pushed_version)
     SELECT ?, id, id::text, ?, 1 FROM unnest(?::uuid[]) AS id`,
    [cards[0]?.merchantId ?? randomUUID(), passTypeIdentifier, cards.map(({ cardId }) => cardId)],
  );
}

async function rename(database: Knex, name: string, cards: readonly Card[] | undefined): Promise<void> {
  const ids = cards?.map(({ cardId }) => cardId) ?? null;
  await database.transaction(async (transaction) => {
    await transaction.raw('UPDATE customers SET name = ? WHERE ?::uuid[] IS NULL OR id = ANY (?)', [name, ids, ids]);
    await transaction.raw(
      `UPDATE passes SET ${staleSince('1', 'clock_timestamp()')} WHERE ?::uuid[] IS NULL OR card_id = ANY (?)`,
      [ids, ids],
    );
  });
}

async function run(world: SyncWorld, options: RunOptions): Promise<SyncEnd> {
  const { database, logged } = world;
  const { platforms = ['google', 'apple'], ratePerSecond = 4_000, stopping = new AbortController().signal } = options;
  const log = createLog(
    { level: 'trace', format: 'json' },
    { write: (line: string) => void logged.push(JSON.parse(line) as Record<string, unknown>) },
  );
  const apple = applePlatform(world);
  const targets = platforms.map((platform) =>
    platform === 'apple' ? apple : googlePlatform(world, ratePerSecond, options.timeoutMilliseconds),
  );
  const { merchants, cards, failuresOf, platform, full = false, limitSeconds = 600 } = options;
  const scope = options.scope ?? (await readScope(database, { merchants, cards, failuresOf, platform }));
  const request = {
    task: 'sync-wallets' as const,
    key: options.key,
    name: undefined,
    asOf: undefined,
    merchants,
    resume: undefined,
    parameters: {},
    actor: 'test',
    enlist: async () => {},
  };
  try {
    return await syncWallets({ database, log, platforms: targets, stopping }, request, { scope, full, limitSeconds });
  } finally {
    await apple.apns.close();
  }
}

function googlePlatform(world: SyncWorld, ratePerSecond: number, timeoutMilliseconds = 5_000): GooglePlatform {
  const { database, google, credentials } = world;
  return {
    platform: 'google',
    ratePerSecond,
    pacer: createPacer({ database, platform: 'google', account: () => issuerId, ratePerSecond }),
    open: (pacing) =>
      openGoogleWallet({
        credential: () => credentials.google,
        renew: () => credentials.google,
        endpoints: google,
        sleep: async () => {},
        connections: 32,
        timeoutMilliseconds,
        ...pacing,
      }),
  };
}

function applePlatform({ apns, credentials }: SyncWorld): ApplePlatform {
  return {
    platform: 'apple',
    apns: openApns({ url: apns.url, identity: () => credentials.apple, maximumStreams: 200 }),
    account: () => ({ account: credentials.apple.topic, fingerprint: credentials.apple.fingerprint }),
    renew: () => {},
  };
}

/** The names that an object has had at Google, in their order. */
export function namesAt(google: FakeGoogle, { objectId }: Card): string[] {
  return (google.wallet.find(objectId)?.versions ?? []).map((version) => String(version['accountName']));
}
