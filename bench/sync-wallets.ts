import { fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { openDatabase } from '../src/adapters/postgres/database.ts';
import { classIdOf } from '../src/domain/wallet/google/ids.ts';
import { createServiceAccount, toJsonFile } from '../src/example-credentials/service-account.ts';
import { plainFolder } from '../test/adapters/credential-folder/folders.ts';
import { startPostgres } from '../test/support/postgres/postgres.ts';
import { startLoyalty } from '../test/support/run-loyalty.ts';
import type { GoogleServerCount, GoogleServerOrder, GoogleServerReady } from './google-server-order.ts';
import { cpuSeconds, median, type Row } from './measure.ts';

export interface SyncSizes {
  /** Requests a second that Google takes, and how many rounds of so many seconds are measured. */
  rates: readonly number[];
  seconds: number;
  rounds: number;
}

interface Round extends GoogleServerCount {
  /** Milliseconds of CPU of both processes a card. */
  cpu: number;
}

const issuerId = '3388000000012345678';
const latencyMilliseconds = 150;

/** Two processes together against the limit of a fake Google that answers after 150 ms, and refuses what comes above it in any second. */
export async function benchSyncWallets(sizes: SyncSizes, say: (text: string) => void): Promise<Row[]> {
  const rows: Row[] = [];
  for (const rate of sizes.rates) {
    const rounds: Round[] = [];
    for (let round = 0; round < sizes.rounds; round++) {
      const measured = await measure(rate, sizes.seconds);
      rounds.push(measured);
      say(`sync-wallets at ${rate}/s: ${shareOf(measured, rate).toFixed(3)}, ${measured.refused} refused`);
    }
    rows.push(...rowsOf(rate, rounds));
  }
  return rows;
}

function shareOf({ taken, milliseconds }: Round, rate: number): number {
  return (taken - 1) / (milliseconds / 1_000) / rate;
}

function rowsOf(rate: number, rounds: readonly Round[]): Row[] {
  const share = median(rounds.map((round) => shareOf(round, rate)));
  const refused = rounds.reduce((sum, round) => sum + round.refused, 0);
  const cpu = median(rounds.map((round) => round.cpu));
  const what = `sync-wallets, two processes, Google takes ${rate}/s after ${latencyMilliseconds} ms`;
  return [
    {
      what,
      measured: `${share.toFixed(3)} × the rate, ${refused} refused`,
      goal: '≥ 0.95 × the rate, none refused',
      met: share >= 0.95 && refused === 0,
    },
    { what: `${what}: CPU a card`, measured: `${cpu.toFixed(2)} ms`, goal: '≤ 1 ms', met: cpu <= 1 },
  ];
}

/** One round, with a database and a Google of its own. */
async function measure(requestsPerSecond: number, seconds: number): Promise<Round> {
  const folder = mkdtempSync(join(tmpdir(), 'orion-bench-sync-'));
  const account = createServiceAccount();
  const ids = { merchantId: randomUUID(), programId: randomUUID() };
  const classId = classIdOf(issuerId, { ...ids, walletClass: null });
  const google = await startServer({ account, issuerId, classId, requestsPerSecond, latencyMilliseconds });
  const postgres = await startPostgres();
  const { url } = await postgres.createDatabase();
  const database = openDatabase({ url, poolSize: 2, applicationName: 'bench' });
  try {
    await fill(database, ids, requestsPerSecond * (seconds + 30));
    writeFileSync(join(folder, 'authority.pem'), google.authority);
    const environment = {
      DATABASE_URL: url,
      GOOGLE_CREDENTIAL_DIR: plainFolder(
        { 'google-wallet-sa.json': toJsonFile(account), 'issuer-id': issuerId },
        folder,
      ),
      GOOGLE_WALLET_URL: google.url,
      GOOGLE_TOKEN_URL: `${google.url}/token`,
      GOOGLE_RATE_PER_SECOND: String(requestsPerSecond),
      NODE_EXTRA_CA_CERTS: join(folder, 'authority.pem'),
    };
    return await measureRun(environment, google.count, seconds);
  } finally {
    google.stop();
    await database.destroy();
    await postgres.stop();
    rmSync(folder, { recursive: true });
  }
}

async function measureRun(
  environment: Record<string, string>,
  count: () => Promise<GoogleServerCount>,
  seconds: number,
): Promise<Round> {
  const processes = [1, 2].map(() => startLoyalty(environment, 'sync-wallets'));
  const pids = processes.map(({ child }) => child.pid ?? 0);
  const cpu = async (): Promise<number> =>
    (await Promise.all(pids.map(cpuSeconds))).reduce((sum, each) => sum + each, 0);
  // Connections are opened and code is compiled meanwhile; what is refused counts from the beginning.
  while ((await count()).taken === 0) await sleep(100);
  await sleep(4_000);
  const early = await count();
  const before = await cpu();
  await sleep(seconds * 1_000);
  const measured = await count();
  const spent = (await cpu()) - before;
  for (const { child } of processes) child.kill('SIGTERM');
  await Promise.all(processes.map(({ ended }) => ended));
  return { ...measured, refused: early.refused + measured.refused, cpu: (spent * 1_000) / measured.taken };
}

/** Stale Google passes of one merchant. */
async function fill(
  database: Knex,
  { merchantId, programId }: { merchantId: string; programId: string },
  cards: number,
): Promise<void> {
  await database('merchants').insert({ id: merchantId, name: 'Kiosk', timezone: 'UTC' });
  await database('programs').insert({
    merchant_id: merchantId,
    id: programId,
    name: 'Stamps',
    points_name: 'stamps',
    expiry_mode: 'none',
    wallet: JSON.stringify({ logo_url: 'https://example.com/logo.png' }),
  });
  await database.raw(
    `WITH new AS (
       INSERT INTO customers (merchant_id, id, external_id, name) SELECT ?, id, id::text, 'Ada' FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, ?)) AS ids RETURNING id
     ), held AS (
       INSERT INTO cards (merchant_id, id, program_id, customer_id, number) SELECT ?, id, ?, id, id::text FROM new RETURNING id
     )
     INSERT INTO passes (merchant_id, card_id, platform, object_id, wanted_version, saved, stale_since)
     SELECT ?, id, 'google', ? || id, 1, true, now() FROM held`,
    [merchantId, cards, merchantId, programId, merchantId, `${issuerId}.loyalty-card-${merchantId}-`],
  );
}

interface Server extends GoogleServerReady {
  count: () => Promise<GoogleServerCount>;
  stop: () => void;
}

async function startServer(order: GoogleServerOrder): Promise<Server> {
  const program = fileURLToPath(new URL('./google-server.ts', import.meta.url));
  const child = fork(program, [JSON.stringify(order)]);
  const [ready] = (await once(child, 'message')) as [GoogleServerReady];
  return {
    ...ready,
    async count() {
      child.send('count');
      const [counted] = (await once(child, 'message')) as [GoogleServerCount];
      return counted;
    },
    stop: () => child.disconnect(),
  };
}
