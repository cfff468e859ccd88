import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { expireCards } from '../../src/adapters/postgres/ledger/expire.ts';
import { recordMerchant } from '../../src/adapters/postgres/runs/claim.ts';
import { closeRun } from '../../src/adapters/postgres/runs/close.ts';
import { enlistMerchants } from '../../src/adapters/postgres/runs/enlist.ts';
import { insertRun, type RunTask } from '../../src/adapters/postgres/runs/run.ts';

export interface WantedRun {
  /** Absent: expire-points. */
  task?: RunTask;
  merchantId: string;
  /** Cards of which everything expires, whenever it is due. */
  cardIds?: readonly string[];
  /** Why the merchant fails after that. */
  failure?: { reason: string; message: string };
}

/** A finished run of one merchant, made as jobs make it; answers its id. */
export async function expireByRun(database: Knex, wanted: WantedRun): Promise<string> {
  const { task = 'expire-points', merchantId, cardIds = [], failure } = wanted;
  const asOf = new Date(Date.now() + 100 * 365 * 86_400_000);
  const run = { task, key: randomUUID(), name: 'test', asOf: undefined, fullRun: false, parameters: {}, actor: 'test' };
  const runId = await database.transaction(async (transaction) => {
    const { id = '' } = (await insertRun(transaction, run)) ?? {};
    await enlistMerchants(transaction, id, [merchantId]);
    const cause = { actor: 'job:expire-points', reason: null, reference: null, runId: id };
    const counts = await expireCards(transaction, { merchantId, asOf, cards: cardIds, ...cause });
    const record = { state: failure ? ('failed' as const) : ('done' as const), counts, failure };
    await recordMerchant(transaction, id, { merchantId, cards: 0, claimedAt: new Date() }, record);
    return id;
  });
  await closeRun(database, runId);
  return runId;
}
