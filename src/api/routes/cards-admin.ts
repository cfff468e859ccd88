import type { Knex } from 'knex';
import { z } from 'zod';
import { merchantOf } from '../../adapters/postgres/ledger/merchant-of.ts';
import { readCard, readCards } from '../../adapters/postgres/ledger/read-card.ts';
import { Card } from '../../adapters/postgres/models/card.ts';
import { operation } from '../operation.ts';
import { id, pageQuery, text } from '../schemas.ts';
import { adminCard, adminCardAnswer, adminCardPage } from './card-answer.ts';
import { given, newestFirst } from './newest-first.ts';
import { found } from './not-found.ts';
import { pageOf } from './page-of.ts';
import { admin } from './paths.ts';

const filters = z.object({
  merchant_id: id.optional().meta({ description: 'Only cards of this merchant.' }),
  program_id: id.optional().meta({ description: 'Only cards of this program.' }),
  customer_id: id.optional().meta({ description: 'Only cards of this customer.' }),
  external_id: text(200).optional().meta({ description: 'Only cards of customers whom a merchant names so, exactly.' }),
  number: text(64).optional().meta({ description: 'Only cards of exactly this number; each merchant may have one.' }),
  status: z.enum(['active', 'frozen', 'closed']).optional(),
});

type Filters = z.output<typeof filters>;

export const searchCards = operation({
  operationId: 'searchCards',
  method: 'GET',
  path: `${admin}/cards`,
  tag: 'Loyalty - Admin',
  summary: 'Search cards',
  description: 'Cards that satisfy every filter that is given, of all merchants unless one is named; newest first.',
  scopes: ['admin', 'admin:read'],
  query: z.object({ ...filters.shape, ...pageQuery(z.uuid()) }),
  responses: { 200: { description: 'A page of cards.', schema: adminCardPage } },
  async handler({ query: { limit, cursor, ...wanted } }, { database, now }) {
    const rows = await newestFirst(cardsWith(database, wanted), { limit, cursor }, 'cards.id');
    const { items, next_cursor } = pageOf(rows, limit, { item: keyOf, position: (row) => row.id });
    return { status: 200, body: { items: (await readCards(database, items, now)).map(adminCardAnswer), next_cursor } };
  },
});

function keyOf({ merchant_id: merchantId, id: cardId }: Card): { merchantId: string; cardId: string } {
  return { merchantId, cardId };
}

/** Indexes begin with the merchant: by the join what is wanted can be looked up merchant by merchant, if none is named. */
function cardsWith(database: Knex, { external_id, ...columns }: Filters) {
  const wanted = Object.fromEntries(Object.entries(given(columns)).map(([name, value]) => [`cards.${name}`, value]));
  const cards = Card.query(database)
    .select('cards.merchant_id', 'cards.id')
    .join('merchants', 'merchants.id', 'cards.merchant_id')
    .where(wanted);
  if (external_id === undefined) return cards;
  return cards
    .join('customers', (join) =>
      join.on('customers.merchant_id', 'merchants.id').andOn('customers.id', 'cards.customer_id'),
    )
    .where({ 'customers.external_id': external_id });
}

export const readAdminCard = operation({
  operationId: 'getAdminCard',
  method: 'GET',
  path: `${admin}/cards/{card_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Read a card of any merchant',
  description:
    'As its store sees it, and whose it is. `If-None-Match` with the `ETag` of an earlier answer is answered 304 while nothing changed.',
  scopes: ['admin', 'admin:read'],
  etag: true,
  params: z.object({ card_id: id }),
  responses: { 200: { description: 'The card.', schema: adminCard } },
  async handler({ params: { card_id: cardId } }, { database, now }) {
    const merchantId = found(await merchantOf(database, 'card', cardId), 'card', cardId);
    const card = await readCard(database, { merchantId, cardId, now });
    return { status: 200, body: adminCardAnswer(found(card, 'card', cardId)) };
  },
});
