import { Model } from 'objection';
import type { CardState } from '../../../domain/ledger/posting.ts';

/** A row of `cards`. Its balance and version are written by the ledger's statements only. */
export class Card extends Model {
  static override tableName = 'cards';
  static override idColumn = ['merchant_id', 'id'];
  declare merchant_id: string;
  declare id: string;
  declare program_id: string;
  declare customer_id: string;
  declare number: string;
  declare status: CardState['status'];
  declare balance: number;
  declare version: number;
  declare last_activity_at: Date;
  declare created_at: Date;
}
