import pg from 'pg';
import type { Statement } from '../src/adapters/postgres/statement.ts';
import type { LoadOrder } from './redeem-load.ts';

/** The statements that the API sends for a redemption, as they were recorded. */
export interface RawStatements {
  lock: Statement;
  lots: Statement;
  post: Statement;
  claim: Statement;
  store: Statement;
}

interface RawCard {
  version: number;
  balance: number;
}

interface RawLot {
  now: Date;
  lot_id: string;
  remaining: number;
  expires_at: Date | null;
}

/** The same transaction, sent by nothing but pg: one connection each, no rules, no HTTP. */
export async function redeemRaw(order: LoadOrder): Promise<((card: string, count: number) => Promise<void>)[]> {
  pg.types.setTypeParser(20, Number);
  const clients = Array.from({ length: order.connections }, () => new pg.Client({ connectionString: order.url }));
  await Promise.all(clients.map((client) => client.connect()));
  return clients.map((client) => (card, count) => transact(client, order, card, `${order.round}-${count}`));
}

async function transact(client: pg.Client, order: LoadOrder, card: string, key: string): Promise<void> {
  const { merchantId, statements, idempotent } = order;
  const owner = [merchantId, '00000000-0000-7000-8000-000000000001', key];
  await client.query('BEGIN;');
  if (idempotent) await client.query({ ...statements.claim, values: [...owner, Buffer.alloc(32, 1)] });
  const locked = await client.query<RawCard>({ ...statements.lock, values: [merchantId, card] });
  const { rows: lots } = await client.query<RawLot>({ ...statements.lots, values: [merchantId, card, undefined] });
  const lot = lots.find(({ now, expires_at: expiresAt }) => expiresAt === null || expiresAt > now);
  const [state] = locked.rows;
  if (state === undefined || lot === undefined) throw new Error(`card ${card} has nothing to redeem`);
  const { rows } = await client.query({ ...statements.post, values: posting(merchantId, card, state, lot) });
  const answer = JSON.stringify({ entry: rows[0], card: state });
  if (idempotent) await client.query({ ...statements.store, values: [...owner, 201, '{}', answer] });
  await client.query('COMMIT;');
}

function posting(merchantId: string, card: string, { version, balance }: RawCard, lot: RawLot): unknown[] {
  const entry = ['redeem', -1, balance - 1, lot.now, 'bench', null, 'bench', null, null, lot.now];
  return [merchantId, card, version + 1, ...entry, [lot.lot_id], [-1], [lot.expires_at], [], [], [], []];
}
