import { z } from 'zod';
import type { Card } from '../../adapters/postgres/ledger/card.ts';
import { id, instant, page, pointsAnswered } from '../schemas.ts';

const members = {
  id,
  number: z
    .string()
    .meta({ description: 'What a till scans; unique within the merchant.', example: '6004870014327719' }),
  program_id: id,
  customer: z.object({
    id,
    external_id: z
      .string()
      .meta({ description: 'How the merchant names the customer; a pseudonym once erased.', example: 'C-1017' }),
    name: z.string().nullable().meta({ example: 'Ada Lovelace' }),
  }),
  status: z.enum(['active', 'frozen', 'closed']).meta({
    description:
      '`frozen`: no earn, redeem or void. `closed`: its customer was erased; it is only kept for the ledger.',
  }),
  balance: pointsAnswered.meta({
    description: 'The sum of its entries. It includes points that have expired since the last run of expire-points.',
  }),
  available_points: pointsAnswered.meta({
    description: 'What can be redeemed now: the balance without expired points.',
  }),
  expiring_soon: z
    .array(z.object({ expires_at: instant, points: pointsAnswered }))
    .meta({ description: "What expires within the program's `warning_days`, the nearest first." }),
  version: z.int().meta({ description: 'Goes up with every change of the card.', example: 7 }),
  last_activity_at: instant.meta({ description: 'Its last earn or redeem; before the first, when it was enrolled.' }),
  created_at: instant,
};

/** A card as a store sees it. */
export const card = z.object(members).meta({ id: 'Card' });
export const cardPage = page(card).meta({ id: 'CardPage' });

/** A card as the admin part shows it: with its merchant. */
export const adminCard = z.object({ ...members, merchant_id: id }).meta({ id: 'AdminCard' });
export const adminCardPage = page(adminCard).meta({ id: 'AdminCardPage' });

type StoreCard = z.input<typeof card>;

export function cardAnswer(card: Card): StoreCard {
  const { id, externalId, name } = card.customer;
  return {
    id: card.id,
    number: card.number,
    program_id: card.programId,
    customer: { id, external_id: externalId, name },
    status: card.status,
    balance: card.balance,
    available_points: card.availablePoints,
    expiring_soon: card.expiringSoon.map(({ expiresAt, points }) => ({ expires_at: expiresAt, points })),
    version: card.version,
    last_activity_at: card.lastActivityAt,
    created_at: card.createdAt,
  };
}

export function adminCardAnswer(card: Card): z.input<typeof adminCard> {
  return { ...cardAnswer(card), merchant_id: card.merchantId };
}
