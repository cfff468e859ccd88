import { z } from 'zod';
import { eraseCustomer } from '../../adapters/postgres/ledger/erase.ts';
import { Customer } from '../../adapters/postgres/models/customer.ts';
import { operation } from '../operation.ts';
import { id, instant } from '../schemas.ts';
import { pseudonymizeAnswers } from './kept-answers.ts';
import { found } from './not-found.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';

const erased = z
  .object({
    customer: z.object({
      id,
      external_id: z.string().meta({ description: 'The pseudonym: random, not derived from what it replaces.' }),
      name: z.null(),
      erased_at: instant,
    }),
    cards_closed: z.int().meta({ description: 'By this request; 0 when the customer was erased before.' }),
    passes_voided: z.int().meta({ description: 'By this request. Wallets are told by the next sync.' }),
  })
  .meta({ id: 'Erased' });

export const eraseCustomerOperation = operation({
  operationId: 'eraseCustomer',
  method: 'DELETE',
  path: `${admin}/customers/{customer_id}`,
  tag: 'Loyalty - Admin',
  summary: 'Erase a customer',
  description:
    'For good: external id and name give way to a random pseudonym, everywhere, answers kept for Idempotency-Keys included; the cards are closed and the passes voided. ' +
    'The ledger stays, for it proves the balances. It cannot know what was written into `reason`, `reference` or an Idempotency-Key: put no personal data there. ' +
    'A customer who was erased already is answered alike. Whoever is enrolled under the external id later is a new customer.',
  scopes: ['admin'],
  params: z.object({ customer_id: id }),
  responses: { 200: { description: 'What was done.', schema: erased } },
  async handler({ params: { customer_id: customerId } }, context) {
    const { database, now } = context;
    // Locked, so that of two who erase at once one finds it done.
    const before = await Customer.query(database).findOne({ id: customerId }).forUpdate();
    const { merchant_id: merchantId, erased_at: erasedBefore } = found(before, 'customer', customerId);
    const answer = found(await eraseCustomer(database, { merchantId, customerId, now }), 'customer', customerId);
    const { id, externalId, name, erasedAt } = answer.customer;
    const customer = { id, external_id: externalId, name, erased_at: erasedAt };
    await pseudonymizeAnswers(database, merchantId, { id, external_id: externalId, name });
    const details = { cards_closed: answer.cards, passes_voided: answer.passes };
    const audited = { action: 'customer.erased', merchantId, subjectId: id, details } as const;
    if (erasedBefore === null) await recordAudit(context, audited);
    return { status: 200, body: { customer, cards_closed: answer.cards, passes_voided: answer.passes } };
  },
});
