import { z } from 'zod';
import { readCard } from '../../adapters/postgres/ledger/read-card.ts';
import { Card } from '../../adapters/postgres/models/card.ts';
import { operation } from '../operation.ts';
import { id, text } from '../schemas.ts';
import { card, cardAnswer, cardPage } from './card-answer.ts';
import { enrol } from './enrolment.ts';
import { found } from './not-found.ts';
import { store } from './paths.ts';

const number = z
  .string()
  .regex(/^[!-~]([ -~]{0,62}[!-~])?$/, 'must be of 1 to 64 visible ASCII characters; blanks only within')
  .meta({ description: 'What a till scans: 1 to 64 visible ASCII characters.', example: '6004870014327719' });

const externalId = text(200).meta({
  description:
    'How the merchant names the customer. Not shown on passes; replaced by a pseudonym when the customer is erased.',
  example: 'C-1017',
});

export const enrolCard = operation({
  operationId: 'enrolCard',
  method: 'POST',
  path: `${store}/cards`,
  tag: 'Loyalty - Store',
  summary: 'Enrol a customer',
  description:
    'Makes the card of a customer in a program. The same `external_id` is the same customer: a new one is created, one who is known keeps their other ' +
    'cards, and a `name` that is given replaces theirs. A customer has at most one card of a program (409 `card-exists`, whose `card_id` names it). ' +
    'Without `number` one is made: 16 random digits, the last a check digit (Luhn). After erasure the external id is that of a new customer.',
  scopes: ['store'],
  problems: ['not-found', 'card-exists', 'number-taken', 'conflict'],
  body: z
    .strictObject({
      program_id: id,
      customer: z.strictObject({
        external_id: externalId,
        name: text(200).optional().meta({ description: 'For people and for the pass.', example: 'Ada Lovelace' }),
      }),
      number: number.optional(),
    })
    .meta({ id: 'Enrolment' }),
  responses: { 201: { description: 'The card.', schema: card, headers: z.object({ Location: z.string() }) } },
  async handler({ body }, { database, principal: { merchantId }, now }) {
    const customer = { externalId: body.customer.external_id, name: body.customer.name };
    const enrolment = { merchantId, programId: body.program_id, customer, number: body.number, now };
    const cardId = await enrol(database, enrolment);
    const enrolled = found(await readCard(database, { merchantId, cardId, now }), 'card', cardId);
    return { status: 201, headers: { Location: `${store}/cards/${cardId}` }, body: cardAnswer(enrolled) };
  },
});

export const readStoreCard = operation({
  operationId: 'getCard',
  method: 'GET',
  path: `${store}/cards/{card_id}`,
  tag: 'Loyalty - Store',
  summary: 'Read a card',
  description:
    'With its points and what of them expires soon. `If-None-Match` with the `ETag` of an earlier answer is answered 304 while nothing changed.',
  scopes: ['store'],
  etag: true,
  params: z.object({ card_id: id }),
  responses: { 200: { description: 'The card.', schema: card } },
  async handler({ params: { card_id: cardId } }, { database, principal: { merchantId }, now }) {
    const read = await readCard(database, { merchantId, cardId, now });
    return { status: 200, body: cardAnswer(found(read, 'card', cardId)) };
  },
});

export const findCard = operation({
  operationId: 'findCard',
  method: 'GET',
  path: `${store}/cards`,
  tag: 'Loyalty - Store',
  summary: 'Find a card by its number',
  description:
    'What a till asks after a scan. A page with the card, or without any if no card of the merchant has the number: never 404.',
  scopes: ['store'],
  query: z.object({ number }),
  responses: { 200: { description: 'The card, or none.', schema: cardPage } },
  async handler({ query: { number } }, { database, principal: { merchantId }, now }) {
    const row = await Card.query(database).findOne({ merchant_id: merchantId, number });
    const read = row && (await readCard(database, { merchantId, cardId: row.id, now }));
    return { status: 200, body: { items: read ? [cardAnswer(read)] : [], next_cursor: null } };
  },
});
