import { Model } from 'objection';

/** A row of `idempotency_keys`: what was answered to the first request under the key; kept for 48 hours. */
export class IdempotencyKey extends Model {
  static override tableName = 'idempotency_keys';
  static override idColumn = ['merchant_id', 'api_key_id', 'key'];
  static override jsonAttributes = ['headers'];
  declare merchant_id: string;
  declare api_key_id: string;
  declare key: string;
  /** SHA-256 of method, path, query and body. */
  declare fingerprint: Buffer;
  declare status: number | null;
  declare headers: Record<string, string> | null;
  declare body: string | null;
  declare created_at: Date;
}
