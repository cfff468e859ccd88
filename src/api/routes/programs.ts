import { z } from 'zod';
import { Merchant } from '../../adapters/postgres/models/merchant.ts';
import { Program } from '../../adapters/postgres/models/program.ts';
import { programsChanged } from '../../adapters/postgres/wallet/changed-programs.ts';
import { operation } from '../operation.ts';
import { id, instant, page, pageQuery } from '../schemas.ts';
import { changedFields } from './changed-fields.ts';
import { instantOrClock } from './database-clock.ts';
import { given, newestFirst } from './newest-first.ts';
import { found } from './not-found.ts';
import { pageOf } from './page-of.ts';
import { admin } from './paths.ts';
import { programChange, programFields, programSettings } from './program-settings.ts';
import { recordAudit } from './record-audit.ts';

const answered = z
  .object({ id, merchant_id: id, ...programSettings.shape, created_at: instant, updated_at: instant })
  .meta({
    id: 'Program',
    description: 'What points are called, and when they expire. A customer has at most one card of a program.',
  });

const params = z.object({ program_id: id });

/** What of a program wallets show, or where they have it. */
const shownOnPasses = ['name', 'points_name', 'wallet', 'wallet_class'];

function programAnswer(row: Program): z.input<typeof answered> {
  const { id, merchant_id, name, points_name, warning_days, wallet_class, wallet, created_at, updated_at } = row;
  const { expiry_mode: mode, expiry_days: days, expiry_rounding: rounding } = row;
  const expiry = mode === 'none' || days === null ? { mode: 'none' as const } : { mode, days, rounding };
  const walletMembers = { wallet_class, wallet };
  return { id, merchant_id, name, points_name, expiry, warning_days, ...walletMembers, created_at, updated_at };
}

export const createProgram = operation({
  operationId: 'createProgram',
  method: 'POST',
  path: `${admin}/programs`,
  tag: 'Loyalty - Admin',
  summary: 'Create a program',
  description: 'Of the merchant that `merchant_id` names.',
  scopes: ['admin'],
  problems: ['not-found'],
  body: z.strictObject({ merchant_id: id, ...programSettings.shape }).meta({ id: 'NewProgram' }),
  responses: { 201: { description: 'The program.', schema: answered, headers: z.object({ Location: z.string() }) } },
  async handler({ body: { merchant_id, ...settings } }, context) {
    found(await Merchant.query(context.database).findById(merchant_id), 'merchant', merchant_id);
    const fields = { merchant_id, ...programFields(settings) };
    const row = await Program.query(context.database)
      .insert({ ...fields, ...(context.now && { created_at: context.now, updated_at: context.now }) })
      .returning('*');
    const subject = { merchantId: merchant_id, subjectId: row.id };
    await recordAudit(context, { action: 'program.created', ...subject, details: settings });
    return { status: 201, headers: { Location: `${admin}/programs/${row.id}` }, body: programAnswer(row) };
  },
});

export const listPrograms = operation({
  operationId: 'listPrograms',
  method: 'GET',
  path: `${admin}/programs`,
  tag: 'Loyalty - Admin',
  summary: 'List the programs',
  description: 'Of all merchants or of one, newest first.',
  scopes: ['admin', 'admin:read'],
  query: z.object({
    merchant_id: id.optional().meta({ description: 'Only programs of this merchant.' }),
    ...pageQuery(z.uuid()),
  }),
  responses: { 200: { description: 'A page of programs.', schema: page(answered).meta({ id: 'ProgramPage' }) } },
  async handler({ query: { merchant_id, limit, cursor } }, { database }) {
    const rows = await newestFirst(Program.query(database).where(given({ merchant_id })), { limit, cursor });
    return { status: 200, body: pageOf(rows, limit, { item: programAnswer, position: (row) => row.id }) };
  },
});

export const readProgram = operation({
  operationId: 'getProgram',
  method: 'GET',
  path: `${admin}/programs/{program_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Read a program',
  description: 'By its id.',
  scopes: ['admin', 'admin:read'],
  params,
  responses: { 200: { description: 'The program.', schema: answered } },
  async handler({ params: { program_id } }, { database }) {
    const row = await Program.query(database).findOne({ id: program_id });
    return { status: 200, body: programAnswer(found(row, 'program', program_id)) };
  },
});

export const changeProgram = operation({
  operationId: 'changeProgram',
  method: 'PATCH',
  path: `${admin}/programs/{program_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Change a program',
  description:
    'Members that are absent stay as they are; `expiry` and `wallet` are replaced as a whole. What shows on passes is sent to the wallets by the next ' +
    'syncs. Other terms of expiry count for points that are earned from then on: the ' +
    'expiry of points that exist does not move. In the mode `inactivity` the next earn or redeem of a card moves its points by the terms of that moment.',
  scopes: ['admin'],
  params,
  body: programChange,
  responses: { 200: { description: 'The program as it is now.', schema: answered } },
  async handler({ params: { program_id }, body }, context) {
    const before = await Program.query(context.database).findOne({ id: program_id }).forNoKeyUpdate();
    const row = found(before, 'program', program_id);
    const fields = programFields(body);
    const changes = changedFields(row, fields);
    if (Object.keys(changes).length > 0) {
      const change = { ...fields, updated_at: instantOrClock(context.now) };
      row.$set(await row.$query(context.database).patch(change).returning('*'));
      if (shownOnPasses.some((name) => name in changes))
        await programsChanged(context.database, row.merchant_id, row.id);
      const subject = { merchantId: row.merchant_id, subjectId: row.id };
      await recordAudit(context, { action: 'program.changed', ...subject, details: { changes } });
    }
    return { status: 200, body: programAnswer(row) };
  },
});
