import { Model } from 'objection';

/** A row of `audit`: who did what; append-only. */
export class AuditRecord extends Model {
  static override tableName = 'audit';
  static override jsonAttributes = ['details'];
  declare id: string;
  declare merchant_id: string | null;
  declare occurred_at: Date;
  declare actor: string;
  declare action: string;
  declare subject_type: string;
  declare subject_id: string;
  declare reason: string | null;
  /** Never a secret or personal data. */
  declare details: Record<string, unknown>;
}
