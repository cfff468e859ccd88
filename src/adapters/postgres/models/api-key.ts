import { Model } from 'objection';

/** A row of `api_keys`. `merchant_id` is null unless the scope is `store`. */
export class ApiKey extends Model {
  static override tableName = 'api_keys';
  declare id: string;
  declare name: string;
  declare scope: 'store' | 'admin' | 'admin:read';
  declare merchant_id: string | null;
  /** SHA-256 of the key. */
  declare hash: Buffer;
  declare created_by: string;
  declare created_at: Date;
  declare revoked_at: Date | null;
  declare last_used_at: Date | null;
}
