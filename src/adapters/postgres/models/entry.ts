import { Model } from 'objection';
import type { EntryKind } from '../../../domain/ledger/posting.ts';

/** A row of `entries`: a line of the ledger; append-only. */
export class Entry extends Model {
  static override tableName = 'entries';
  static override idColumn = ['merchant_id', 'id'];
  declare merchant_id: string;
  declare id: string;
  declare card_id: string;
  /** The card's version that it made; orders a card's entries. */
  declare card_version: number;
  declare kind: EntryKind;
  declare points: number;
  declare balance_after: number;
  declare occurred_at: Date;
  declare actor: string;
  declare reason: string | null;
  declare reference: string | null;
  declare run_id: string | null;
  declare reverses: string | null;
}
