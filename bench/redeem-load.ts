import { performance } from 'node:perf_hooks';
import { Pool } from 'undici';
import { redeemRaw, type RawStatements } from './redeem-raw.ts';

/** What a process of its own is told by its first argument, in JSON, so that it shares no event loop with the API. */
export interface LoadOrder {
  kind: 'http' | 'raw';
  /** Of the API, or of the database. */
  url: string;
  key: string;
  merchantId: string;
  cards: string[];
  connections: number;
  /** Measured after one of warming up. */
  seconds: number;
  idempotent: boolean;
  statements: RawStatements;
  /** So that no Idempotency-Key is used twice. */
  round: string;
}

export interface LoadResult {
  perSecond: number;
  /** CPU milliseconds of this process a redemption. */
  cpu: number;
}

type Redeem = (card: string, count: number) => Promise<void>;

const body = JSON.stringify({ points: 1, reference: 'bench' });

function overHttp({ url, key, connections, idempotent, round }: LoadOrder): Redeem[] {
  const pool = new Pool(url, { connections, pipelining: 1 });
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  const redeem: Redeem = async (card, count) => {
    const response = await pool.request({
      method: 'POST',
      path: `/api/v1/store/loyalty/cards/${card}/redeem`,
      headers: idempotent ? { ...headers, 'idempotency-key': `${round}-${count}` } : headers,
      body,
    });
    const text = await response.body.text();
    if (response.statusCode !== 201) throw new Error(`${response.statusCode}: ${text}`);
  };
  return Array.from({ length: connections }, () => redeem);
}

/** Each connection takes the next card until the time is over. */
async function run(
  workers: readonly Redeem[],
  cards: readonly string[],
  seconds: number,
  state: { count: number },
): Promise<number> {
  const until = performance.now() + seconds * 1_000;
  const before = state.count;
  await Promise.all(
    workers.map(async (redeem) => {
      while (performance.now() < until) {
        const count = state.count++;
        await redeem(cards[count % cards.length] as string, count);
      }
    }),
  );
  return state.count - before;
}

const order = JSON.parse(process.argv[2] ?? '') as LoadOrder;
const workers = order.kind === 'http' ? overHttp(order) : await redeemRaw(order);
const state = { count: 0 };
await run(workers, order.cards, 1, state);
const [begun, cpu] = [performance.now(), process.cpuUsage()];
const done = await run(workers, order.cards, order.seconds, state);
const { user, system } = process.cpuUsage(cpu);
const result: LoadResult = {
  perSecond: done / ((performance.now() - begun) / 1_000),
  cpu: (user + system) / 1_000 / done,
};
process.stdout.write(JSON.stringify(result));
process.exit(0);
