import { z } from 'zod';
import { ApiKey } from '../../adapters/postgres/models/api-key.ts';
import { Merchant } from '../../adapters/postgres/models/merchant.ts';
import { apiKeyHash, newApiKey } from '../api-key.ts';
import { operation } from '../operation.ts';
import { Problem } from '../problems.ts';
import { id, instant, page, pageQuery, text } from '../schemas.ts';
import { actorOf } from './actor.ts';
import { instantOrClock } from './database-clock.ts';
import { given, newestFirst } from './newest-first.ts';
import { found } from './not-found.ts';
import { pageOf } from './page-of.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';

const name = text(200).meta({ description: 'For people: what uses the key.', example: 'Tills of Bäckerei Vogel' });
const scope = z.enum(['store', 'admin', 'admin:read']).meta({
  description:
    '`store`: all operations of the tag Loyalty - Store, for one merchant. `admin`: all of Loyalty - Admin. `admin:read`: its GETs.',
});

const wanted = z
  .discriminatedUnion('scope', [
    z.strictObject({ name, scope: z.literal('store'), merchant_id: id }),
    z.strictObject({ name, scope: z.enum(['admin', 'admin:read']) }),
  ])
  .meta({ id: 'NewApiKey', description: '`merchant_id` belongs to the scope `store`, and to it alone.' });

const answered = z
  .object({
    id,
    name: z.string().meta({ example: 'Tills of Bäckerei Vogel' }),
    scope,
    merchant_id: z.string().nullable().meta({ description: 'Of the scope `store`; else null.' }),
    created_by: z.string().meta({ description: 'Who created it, as entries name an actor.' }),
    created_at: instant,
    revoked_at: instant.nullable(),
    last_used_at: instant.nullable().meta({ description: 'To within a minute.' }),
  })
  .meta({ id: 'ApiKey' });

const created = answered
  .extend({
    key: z.string().optional().meta({
      description:
        'The key itself, in this answer only. A repeat under the same Idempotency-Key is answered without it: it is stored nowhere.',
      example: 'olk_…',
    }),
  })
  .meta({ id: 'CreatedApiKey' });

function apiKeyAnswer(row: ApiKey): z.input<typeof answered> {
  const { id, name, scope, merchant_id, created_by, created_at, revoked_at, last_used_at } = row;
  return { id, name, scope, merchant_id, created_by, created_at, revoked_at, last_used_at };
}

export const createApiKey = operation({
  operationId: 'createApiKey',
  method: 'POST',
  path: `${admin}/api-keys`,
  tag: 'Loyalty - Admin',
  summary: 'Create an API key',
  description:
    'The answer is the only one that shows `key`: keep it. Only its SHA-256 is stored, so that it cannot be shown again, and a repeat of the request ' +
    'under the same Idempotency-Key is answered without it. If the first answer was lost, revoke the key and create another. ' +
    'Entries and the audit name the key as `key:` and its id.',
  scopes: ['admin'],
  problems: ['not-found'],
  shownOnce: ['key'],
  body: wanted,
  responses: {
    201: { description: 'The API key with its `key`.', schema: created, headers: z.object({ Location: z.string() }) },
  },
  async handler({ body }, context) {
    const { database, principal, now } = context;
    const merchantId = body.scope === 'store' ? body.merchant_id : null;
    if (merchantId !== null) found(await Merchant.query(database).findById(merchantId), 'merchant', merchantId);
    const key = newApiKey();
    const columns = { name: body.name, scope: body.scope, merchant_id: merchantId, created_by: actorOf(principal) };
    const row = await ApiKey.query(database)
      .insert({ ...columns, hash: apiKeyHash(key), ...(now && { created_at: now }) })
      .returning('*');
    const details = { name: row.name, scope: row.scope };
    await recordAudit(context, { action: 'api_key.created', merchantId, subjectId: row.id, details });
    return { status: 201, headers: { Location: `${admin}/api-keys/${row.id}` }, body: { ...apiKeyAnswer(row), key } };
  },
});

export const listApiKeys = operation({
  operationId: 'listApiKeys',
  method: 'GET',
  path: `${admin}/api-keys`,
  tag: 'Loyalty - Admin',
  summary: 'List the API keys',
  description: 'Revoked ones, too; newest first. No key is shown.',
  scopes: ['admin', 'admin:read'],
  query: z.object({
    merchant_id: id.optional().meta({ description: 'Only store keys of this merchant.' }),
    ...pageQuery(z.uuid()),
  }),
  responses: { 200: { description: 'A page of API keys.', schema: page(answered).meta({ id: 'ApiKeyPage' }) } },
  async handler({ query: { merchant_id, limit, cursor } }, { database }) {
    const rows = await newestFirst(ApiKey.query(database).where(given({ merchant_id })), { limit, cursor });
    return { status: 200, body: pageOf(rows, limit, { item: apiKeyAnswer, position: (row) => row.id }) };
  },
});

export const revokeApiKey = operation({
  operationId: 'revokeApiKey',
  method: 'DELETE',
  path: `${admin}/api-keys/{api_key_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Revoke an API key',
  description:
    'Within 5 seconds it is refused with 401 everywhere, for ever. A key that is revoked already is answered alike. The last key of scope `admin` is ' +
    'not revoked (409 `conflict`): nobody could create another one. Create its successor first.',
  scopes: ['admin'],
  problems: ['conflict'],
  params: z.object({ api_key_id: id }),
  responses: { 204: { description: 'It is revoked.' } },
  async handler({ params: { api_key_id } }, context) {
    const { database, now } = context;
    const row = found(await ApiKey.query(database).findById(api_key_id), 'API key', api_key_id);
    if (row.scope === 'admin') await keepOneAdminKey(context, row);
    const revoked = await ApiKey.query(database)
      .findById(api_key_id)
      .whereNull('revoked_at')
      .patch({ revoked_at: instantOrClock(now) });
    const { name, scope, merchant_id: merchantId } = row;
    const details = { name, scope };
    if (revoked > 0) await recordAudit(context, { action: 'api_key.revoked', merchantId, subjectId: row.id, details });
    return { status: 204 };
  },
});

/** Two who revoke the last two keys at once lock them in one order: the second sees that the first is gone. */
async function keepOneAdminKey(
  { database }: { database: Parameters<typeof ApiKey.query>[0] },
  { id }: ApiKey,
): Promise<void> {
  await ApiKey.query(database).where({ scope: 'admin' }).whereNull('revoked_at').orderBy('id').forUpdate();
  const left = await ApiKey.query(database).where({ scope: 'admin' }).whereNull('revoked_at');
  if (left.length === 1 && left[0]?.id === id) {
    throw new Problem(
      'conflict',
      'It is the last API key of scope admin. Create another one first, and revoke this one with it.',
    );
  }
}
