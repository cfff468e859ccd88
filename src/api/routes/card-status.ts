import { z } from 'zod';
import { freeze, unfreeze } from '../../adapters/postgres/ledger/status.ts';
import { Card } from '../../adapters/postgres/models/card.ts';
import { type AdminPrincipal, operation, type OperationContext } from '../operation.ts';
import { id } from '../schemas.ts';
import { adminCard, adminCardAnswer } from './card-answer.ts';
import { reason } from './cause.ts';
import { found } from './not-found.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';
import { accepted } from './refused.ts';

const params = z.object({ card_id: id });
const body = z.strictObject({ reason }).meta({ id: 'StatusChange', example: { reason: 'Reported stolen' } });
const responses = { 200: { description: 'The card as it is now.', schema: adminCard } };

const changes = {
  frozen: { apply: freeze, action: 'card.frozen' },
  active: { apply: unfreeze, action: 'card.unfrozen' },
} as const;

/** The audit has what changed something only: the card is locked here already, so that its status is the one that is changed. */
async function changeStatus(
  context: OperationContext<AdminPrincipal>,
  { cardId, status, reason }: { cardId: string; status: keyof typeof changes; reason: string },
) {
  const { database, now } = context;
  const before = found(await Card.query(database).findOne({ id: cardId }).forUpdate(), 'card', cardId);
  const { apply, action } = changes[status];
  const merchantId = before.merchant_id;
  const { card } = accepted(await apply(database, { merchantId, cardId, now }), 'card', cardId);
  if (before.status !== status) await recordAudit(context, { action, merchantId, subjectId: cardId, reason });
  return { status: 200 as const, body: adminCardAnswer(card) };
}

export const freezeCard = operation({
  operationId: 'freezeCard',
  method: 'POST',
  path: `${admin}/cards/{card_id}/freeze`,
  tag: 'Loyalty - Admin',
  summary: 'Freeze a card',
  description:
    'From now on earn, redeem and void are refused with 409 `card-frozen`; adjustments, expiry and restore go on. A card that is frozen stays as it is.',
  scopes: ['admin'],
  problems: ['card-closed'],
  params,
  body,
  responses,
  handler: ({ params: { card_id }, body: { reason } }, context) =>
    changeStatus(context, { cardId: card_id, status: 'frozen', reason }),
});

export const unfreezeCard = operation({
  operationId: 'unfreezeCard',
  method: 'POST',
  path: `${admin}/cards/{card_id}/unfreeze`,
  tag: 'Loyalty - Admin',
  summary: 'Unfreeze a card',
  description:
    'Makes a frozen card active again. Points that expired meanwhile stay expired. An active card stays as it is.',
  scopes: ['admin'],
  problems: ['card-closed'],
  params,
  body,
  responses,
  handler: ({ params: { card_id }, body: { reason } }, context) =>
    changeStatus(context, { cardId: card_id, status: 'active', reason }),
});
