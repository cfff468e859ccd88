import { Model } from 'objection';

/** A row of `merchants`: a tenant. */
export class Merchant extends Model {
  static override tableName = 'merchants';
  declare id: string;
  declare name: string;
  /** IANA name; calendar days of expiry are counted in it. */
  declare timezone: string;
  declare created_at: Date;
  declare updated_at: Date;
}
