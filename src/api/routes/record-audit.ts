import { AuditRecord } from '../../adapters/postgres/models/audit-record.ts';
import type { OperationContext } from '../operation.ts';
import { actorOf } from './actor.ts';

/** What is done to what; stable, since people filter by it. */
export type AuditAction =
  | 'merchant.created'
  | 'merchant.changed'
  | 'program.created'
  | 'program.changed'
  | 'program.image_put'
  | 'program.image_removed'
  | 'card.adjusted'
  | 'card.frozen'
  | 'card.unfrozen'
  | 'card.points_restored'
  | 'run.points_restored'
  | 'passes.sync_requested'
  | 'customer.erased'
  | 'api_key.created'
  | 'api_key.revoked';

export interface AuditedChange {
  action: AuditAction;
  /** Null: it concerns no merchant alone. */
  merchantId: string | null;
  subjectId: string;
  reason?: string;
  /** What was asked and what came of it, in snake_case. Never a secret, never personal data: it cannot be deleted. */
  details?: Readonly<Record<string, unknown>>;
}

/** Writes who changed what, in the transaction of the change: neither is there without the other. */
export async function recordAudit(
  { database, principal, now }: Pick<OperationContext, 'database' | 'principal' | 'now'>,
  { action, merchantId, subjectId, reason, details = {} }: AuditedChange,
): Promise<void> {
  const [subject_type = ''] = action.split('.');
  await AuditRecord.query(database).insert({
    merchant_id: merchantId,
    actor: actorOf(principal),
    action,
    subject_type,
    subject_id: subjectId,
    reason: reason ?? null,
    details,
    ...(now && { occurred_at: now }),
  });
}
