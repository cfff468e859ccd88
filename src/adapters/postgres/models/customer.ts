import { Model } from 'objection';

/** A row of `customers`. Once erased its external id is a pseudonym and its name null, for ever. */
export class Customer extends Model {
  static override tableName = 'customers';
  static override idColumn = ['merchant_id', 'id'];
  declare merchant_id: string;
  declare id: string;
  declare external_id: string;
  declare name: string | null;
  declare erased_at: Date | null;
  declare created_at: Date;
}
