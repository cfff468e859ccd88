import type { Knex } from 'knex';
import { noMerchant } from '../../adapters/postgres/access/idempotency-keys.ts';
import { IdempotencyKey } from '../../adapters/postgres/models/idempotency-key.ts';

export interface Pseudonym {
  id: string;
  external_id: string;
  name: null;
}

/**
 * Replaces an erased customer in the answers that are kept for Idempotency-Keys (48 hours): whoever repeats a request
 * gets the same answer with the pseudonym. The cards of the customer are locked, so no further answer has the name.
 */
export async function pseudonymizeAnswers(database: Knex, merchantId: string, pseudonym: Pseudonym): Promise<void> {
  const rows = await IdempotencyKey.query(database)
    .whereIn('merchant_id', [merchantId, noMerchant])
    .whereRaw('position(? in body) > 0', [pseudonym.id])
    .orderBy(['merchant_id', 'api_key_id', 'key'])
    .forUpdate();
  for (const row of rows) {
    if (row.body === null) continue;
    const body = JSON.stringify(JSON.parse(row.body, (_name, value: unknown) => pseudonymized(value, pseudonym)));
    await row.$query(database).patch({ body });
  }
}

function pseudonymized(value: unknown, pseudonym: Pseudonym): unknown {
  const isCustomer = typeof value === 'object' && value !== null && 'external_id' in value && 'id' in value;
  return isCustomer && value.id === pseudonym.id ? { ...value, ...pseudonym } : value;
}
