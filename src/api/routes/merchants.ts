import { z } from 'zod';
import { Merchant } from '../../adapters/postgres/models/merchant.ts';
import { programsChanged } from '../../adapters/postgres/wallet/changed-programs.ts';
import { isTimeZone } from '../../domain/ledger/time-zone.ts';
import { operation } from '../operation.ts';
import { id, instant, page, pageQuery, text } from '../schemas.ts';
import { changedFields } from './changed-fields.ts';
import { instantOrClock } from './database-clock.ts';
import { newestFirst } from './newest-first.ts';
import { found } from './not-found.ts';
import { pageOf } from './page-of.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';

const name = text(200).meta({ description: 'For people.', example: 'Bäckerei Vogel' });
const timezone = text(64).refine(isTimeZone, 'must be a timezone of the IANA database, such as Europe/Berlin').meta({
  description: 'IANA name. Days of expiry are calendar days of this timezone.',
  example: 'Europe/Berlin',
});

const answered = z
  .object({
    id,
    name: z.string().meta({ example: 'Bäckerei Vogel' }),
    timezone: z.string().meta({ example: 'Europe/Berlin' }),
    created_at: instant,
    updated_at: instant,
  })
  .meta({
    id: 'Merchant',
    description: 'A tenant. Programs, customers, cards and store keys belong to one merchant each.',
  });

const params = z.object({ merchant_id: id });

function merchantAnswer({ id, name, timezone, created_at, updated_at }: Merchant): z.input<typeof answered> {
  return { id, name, timezone, created_at, updated_at };
}

export const createMerchant = operation({
  operationId: 'createMerchant',
  method: 'POST',
  path: `${admin}/merchants`,
  tag: 'Loyalty - Admin',
  summary: 'Create a merchant',
  description: 'Then create a program for it, and an API key of scope `store` with which its systems enrol and book.',
  scopes: ['admin'],
  body: z.strictObject({ name, timezone }).meta({ id: 'NewMerchant' }),
  responses: { 201: { description: 'The merchant.', schema: answered, headers: z.object({ Location: z.string() }) } },
  async handler({ body }, context) {
    const row = await Merchant.query(context.database)
      .insert({ ...body, ...(context.now && { created_at: context.now, updated_at: context.now }) })
      .returning('*');
    await recordAudit(context, {
      action: 'merchant.created',
      merchantId: row.id,
      subjectId: row.id,
      details: { name: row.name, timezone: row.timezone },
    });
    const headers = { Location: `${admin}/merchants/${row.id}` };
    return { status: 201, headers, body: merchantAnswer(row) };
  },
});

export const listMerchants = operation({
  operationId: 'listMerchants',
  method: 'GET',
  path: `${admin}/merchants`,
  tag: 'Loyalty - Admin',
  summary: 'List the merchants',
  description: 'Newest first.',
  scopes: ['admin', 'admin:read'],
  query: z.object(pageQuery(z.uuid())),
  responses: { 200: { description: 'A page of merchants.', schema: page(answered).meta({ id: 'MerchantPage' }) } },
  async handler({ query: { limit, cursor } }, { database }) {
    const rows = await newestFirst(Merchant.query(database), { limit, cursor });
    return { status: 200, body: pageOf(rows, limit, { item: merchantAnswer, position: (row) => row.id }) };
  },
});

export const readMerchant = operation({
  operationId: 'getMerchant',
  method: 'GET',
  path: `${admin}/merchants/{merchant_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Read a merchant',
  description: 'By its id.',
  scopes: ['admin', 'admin:read'],
  params,
  responses: { 200: { description: 'The merchant.', schema: answered } },
  async handler({ params: { merchant_id } }, { database }) {
    const row = await Merchant.query(database).findById(merchant_id);
    return { status: 200, body: merchantAnswer(found(row, 'merchant', merchant_id)) };
  },
});

export const changeMerchant = operation({
  operationId: 'changeMerchant',
  method: 'PATCH',
  path: `${admin}/merchants/{merchant_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Change a merchant',
  description:
    'Members that are absent stay as they are. Another timezone counts for points that are earned from then on, and for the next earn or redeem of ' +
    'cards whose points expire by inactivity; the expiry of points that exist does not move.',
  scopes: ['admin'],
  params,
  body: z
    .strictObject({ name: name.optional(), timezone: timezone.optional() })
    .meta({ id: 'MerchantChange', example: { timezone: 'Europe/Vienna' } }),
  responses: { 200: { description: 'The merchant as it is now.', schema: answered } },
  async handler({ params: { merchant_id }, body }, context) {
    const before = await Merchant.query(context.database).findById(merchant_id).forNoKeyUpdate();
    const row = found(before, 'merchant', merchant_id);
    const changes = changedFields(row, body as Partial<Merchant>);
    if (Object.keys(changes).length > 0) {
      const change = { ...(body as Partial<Merchant>), updated_at: instantOrClock(context.now) };
      row.$set(await row.$query(context.database).patch(change).returning('*'));
      // Both show on the passes of all of its programs.
      await programsChanged(context.database, row.id);
      const details = { changes };
      await recordAudit(context, { action: 'merchant.changed', merchantId: row.id, subjectId: row.id, details });
    }
    return { status: 200, body: merchantAnswer(row) };
  },
});
