import { z } from 'zod';
import { AuditRecord } from '../../adapters/postgres/models/audit-record.ts';
import { operation } from '../operation.ts';
import { id, instant, page, pageQuery, text } from '../schemas.ts';
import { given, newestFirst } from './newest-first.ts';
import { pageOf } from './page-of.ts';
import { admin } from './paths.ts';

const answered = z
  .object({
    id,
    merchant_id: z.string().nullable().meta({ description: 'Null: it concerned no merchant alone.' }),
    occurred_at: instant,
    actor: z
      .string()
      .meta({ description: '`key:` and the id of the API key.', example: 'key:01943f6e-7c00-7abc-8def-0123456789ab' }),
    action: z.string().meta({ example: 'card.adjusted' }),
    subject_type: z.string().meta({ example: 'card' }),
    subject_id: z.string().meta({ description: 'Id of what was changed.' }),
    reason: z.string().nullable(),
    details: z.record(z.string(), z.unknown()).meta({
      description: 'What was asked and what came of it. It holds no personal data and no secret.',
      example: { points: 250, entry_id: '01943f6e-7c00-7abc-8def-0123456789ac' },
    }),
  })
  .meta({ id: 'AuditRecord' });

export const listAudit = operation({
  operationId: 'listAudit',
  method: 'GET',
  path: `${admin}/audit`,
  tag: 'Loyalty - Admin',
  summary: 'Read the audit',
  description:
    'Every change made through this part of the API, newest first: written in the transaction of the change, never altered or deleted. ' +
    'What stores do (enrol, earn, redeem, void) is told by the entries of the cards.',
  scopes: ['admin', 'admin:read'],
  query: z.object({
    merchant_id: id.optional().meta({ description: 'Only what concerned this merchant.' }),
    subject: text(200).optional().meta({ description: 'Only changes of what has this id.' }),
    action: text(200).optional().meta({ description: 'Only this action.', example: 'card.adjusted' }),
    ...pageQuery(z.uuid()),
  }),
  responses: { 200: { description: 'A page of the audit.', schema: page(answered).meta({ id: 'AuditPage' }) } },
  async handler({ query: { merchant_id, subject, action, limit, cursor } }, { database }) {
    const rows = await newestFirst(
      AuditRecord.query(database).where(given({ merchant_id, subject_id: subject, action })),
      { limit, cursor },
    );
    return { status: 200, body: pageOf(rows, limit, { item: auditAnswer, position: (row) => row.id }) };
  },
});

function auditAnswer(row: AuditRecord): z.input<typeof answered> {
  const { id, merchant_id, occurred_at, actor, action, subject_type, subject_id, reason, details } = row;
  return { id, merchant_id, occurred_at, actor, action, subject_type, subject_id, reason, details };
}
