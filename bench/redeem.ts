import { execFile, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Knex } from 'knex';
import type { ClientBase } from 'pg';
import { claimKey, storeAnswer } from '../src/adapters/postgres/access/idempotency-keys.ts';
import { apiSettings } from '../src/adapters/postgres/database.ts';
import { adjust, redeem } from '../src/adapters/postgres/ledger/change.ts';
import type { Statement } from '../src/adapters/postgres/statement.ts';
import { callApi, newApiKey } from '../test/support/api-process.ts';
import { freePort } from '../test/support/control-plane/ports.ts';
import { eventually } from '../test/support/wait.ts';
import { fillPostgres } from './demo-world.ts';
import { cpuSeconds, median, type Row } from './measure.ts';
import type { LoadOrder, LoadResult } from './redeem-load.ts';
import type { RawStatements } from './redeem-raw.ts';

export interface RedeemSizes {
  cards: number;
  rounds: number;
  roundSeconds: number;
}

const connections = 32;
const cause = { actor: 'bench', reason: null, reference: 'bench' };

/** Redemptions of many cards over HTTP, and the same transactions by nothing but pg, in turn. */
export async function benchRedeem(sizes: RedeemSizes, say: (text: string) => void): Promise<Row[]> {
  const options = { merchants: 1, cards: sizes.cards * 2, lotsPerCard: 4, dueShare: 0, years: 2, seed: 'bench' };
  const filled = await fillPostgres(options, apiSettings);
  const { database, url } = filled;
  const merchantId = filled.world.merchants[0]?.id ?? '';
  const cards = await richCards(database, merchantId, sizes.cards);
  const statements = await recordStatements(database, merchantId, cards[0] ?? '');
  const api = await startApi(url);
  try {
    const key = await storeKey(api, merchantId);
    const rows: Row[] = [];
    for (const idempotent of [false, true]) {
      const order = { key, merchantId, cards, connections, seconds: sizes.roundSeconds, idempotent, statements };
      rows.push(await compare({ api, database: url, order, rounds: sizes.rounds, say }));
    }
    return rows;
  } finally {
    await api.stop();
    await filled.stop();
  }
}

/** Cards of a program whose lots expire each in its own time, with points enough for all rounds. */
async function richCards(database: Knex, merchantId: string, count: number): Promise<string[]> {
  const cards = await database('cards')
    .join('programs', 'programs.id', 'cards.program_id')
    .where({ 'cards.merchant_id': merchantId, expiry_mode: 'fixed', status: 'active' })
    .orderBy('cards.id')
    .limit(count)
    .select<{ id: string }[]>('cards.id');
  for (const { id: cardId } of cards)
    await database.transaction((transaction) =>
      adjust(transaction, { merchantId, cardId, points: 1_000_000, ...cause }),
    );
  await database.raw('VACUUM ANALYZE');
  return cards.map(({ id }) => id);
}

/** What the API sends, seen by a connection that tells; the transaction is rolled back. */
async function recordStatements(database: Knex, merchantId: string, cardId: string): Promise<RawStatements> {
  const seen: Statement[] = [];
  const transaction = await database.transaction();
  const connection = (await transaction.client.acquireConnection()) as ClientBase;
  const telling = {
    query(statement: Statement & { values: unknown[] }) {
      seen.push({ name: statement.name, text: statement.text });
      return connection.query(statement);
    },
  };
  const client = { acquireConnection: async () => telling, releaseConnection: async () => {} };
  const recorder = { client } as unknown as Knex;
  const key = { merchantId, apiKeyId: merchantId, key: 'bench' };
  await claimKey(recorder, key, Buffer.alloc(32));
  await redeem(recorder, { merchantId, cardId, points: 1, ...cause });
  await storeAnswer(recorder, key, { status: 201, headers: {}, body: null });
  await transaction.rollback();
  const [claim, lock, lots, post, store, ...others] = seen;
  if (!claim || !lock || !lots || !post || !store || others.length > 0)
    throw new Error(`A redemption sends ${seen.map(({ name }) => name).join(', ')}: the raw one must send the same`);
  return { claim, lock, lots, post, store };
}

interface BenchedApi {
  url: string;
  adminKey: string;
  pid: number;
  stop(): Promise<void>;
}

/** `bin/loyalty api` with its access log in a file, as a container's runtime would have it. */
async function startApi(database: string): Promise<BenchedApi> {
  const folder = mkdtempSync(join(tmpdir(), 'orion-bench-'));
  const adminKey = newApiKey();
  writeFileSync(join(folder, 'key'), adminKey, { mode: 0o600 });
  const [port, metricsPort] = [await freePort(), await freePort()];
  const log = openSync(join(folder, 'log'), 'w');
  const child = spawn(fileURLToPath(new URL('../bin/loyalty', import.meta.url)), ['api'], {
    stdio: ['ignore', log, log],
    env: {
      ...process.env,
      DATABASE_URL: database,
      DATABASE_POOL_SIZE: String(connections),
      HOST: '127.0.0.1',
      PORT: String(port),
      METRICS_PORT: String(metricsPort),
      BOOTSTRAP_ADMIN_KEY_FILE: join(folder, 'key'),
      RATE_LIMIT_PER_MINUTE: '100000000',
    },
  });
  closeSync(log);
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const url = `http://127.0.0.1:${port}`;
  const ready = async (): Promise<true | null> =>
    (await fetch(`${url}/readyz`).catch(() => undefined))?.status === 200 ? true : null;
  await eventually(ready, { describe: 'the API to be ready' });
  return {
    url,
    adminKey,
    pid: child.pid ?? -1,
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

async function storeKey({ url, adminKey }: BenchedApi, merchantId: string): Promise<string> {
  const body = { name: 'bench', scope: 'store', merchant_id: merchantId };
  const answer = await callApi(`${url}/api/v1/admin/loyalty/api-keys`, 'POST', { key: adminKey, body });
  const { key } = answer.body as { key?: string };
  if (key === undefined) throw new Error(`No store key: ${answer.text}`);
  return key;
}

interface Comparison {
  api: BenchedApi;
  database: string;
  order: Omit<LoadOrder, 'kind' | 'url' | 'round'>;
  rounds: number;
  say: (text: string) => void;
}

async function compare({ api, database, order, rounds, say }: Comparison): Promise<Row> {
  const what = `redeem over HTTP, 32 connections, ${order.idempotent ? 'with' : 'without'} Idempotency-Key`;
  say(`${what}: ${rounds} rounds in turn with raw pg`);
  const measured: Record<LoadOrder['kind'], LoadResult[]> = { http: [], raw: [] };
  const cpu = await cpuSeconds(api.pid);
  for (let round = 0; round < rounds; round++) {
    measured.http.push(await load({ ...order, kind: 'http', url: api.url, round: `h${order.idempotent}${round}` }));
    measured.raw.push(await load({ ...order, kind: 'raw', url: database, round: `r${order.idempotent}${round}` }));
  }
  const [http, raw] = [figure(measured.http), figure(measured.raw)];
  const ratio = median(
    measured.http.map(({ perSecond }, round) => perSecond / (measured.raw[round]?.perSecond ?? NaN)),
  );
  const requests = measured.http.reduce((sum, { perSecond }) => sum + perSecond * (order.seconds + 1), 0);
  const ours = (((await cpuSeconds(api.pid)) - cpu) * 1_000) / requests;
  return {
    what,
    measured: `${http}/s, ${ratio.toFixed(2)} × raw (${raw}/s); about ${ours.toFixed(2)} ms of the API's CPU each`,
    goal: '≥ 0.7 × raw',
    met: ratio >= 0.7,
  };
}

function figure(results: readonly LoadResult[]): string {
  return median(results.map(({ perSecond }) => perSecond)).toFixed(0);
}

async function load(order: LoadOrder): Promise<LoadResult> {
  const script = fileURLToPath(new URL('redeem-load.ts', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [script, JSON.stringify(order)]);
  return JSON.parse(stdout) as LoadResult;
}
