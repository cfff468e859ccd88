import { z } from 'zod';
import { type ChangeAnswer, earn, redeem, voidEntry } from '../../adapters/postgres/ledger/change.ts';
import { toEntry } from '../../adapters/postgres/ledger/entries.ts';
import { Card } from '../../adapters/postgres/models/card.ts';
import { Entry } from '../../adapters/postgres/models/entry.ts';
import { operation } from '../operation.ts';
import { id, pageQuery, points } from '../schemas.ts';
import { actorOf } from './actor.ts';
import { card, cardAnswer } from './card-answer.ts';
import { reason, reference } from './cause.ts';
import { entry, entryAnswer, entryPage } from './entry-answer.ts';
import { newestFirst } from './newest-first.ts';
import { found } from './not-found.ts';
import { pageOf } from './page-of.ts';
import { store } from './paths.ts';
import { accepted } from './refused.ts';

const params = z.object({ card_id: id });
const cause = { reason: reason.optional(), reference: reference.optional() };
const booking = z
  .strictObject({ points, ...cause })
  .meta({ id: 'Booking', example: { points: 250, reference: 'receipt 2026-0451' } });

const booked = z.object({ entry, card }).meta({ id: 'Booked', description: 'The entry, and the card after it.' });
const responses = { 201: { description: 'It is booked.', schema: booked } };

function bookedAnswer(answer: ChangeAnswer, kind: string, id: string) {
  const changed = accepted(answer, kind, id);
  return { status: 201 as const, body: { entry: entryAnswer(changed.entry), card: cardAnswer(changed.card) } };
}

function causeOf({ reason, reference }: { reason?: string | undefined; reference?: string | undefined }) {
  return { reason: reason ?? null, reference: reference ?? null };
}

export const earnPoints = operation({
  operationId: 'earnPoints',
  method: 'POST',
  path: `${store}/cards/{card_id}/earn`,
  tag: 'Loyalty - Store',
  summary: 'Earn points',
  description:
    'Adds points, which expire by the terms of the program. Send an `Idempotency-Key`, so that a repeat after a lost answer books nothing twice.',
  scopes: ['store'],
  problems: ['card-frozen', 'card-closed', 'balance-limit'],
  params,
  body: booking,
  responses,
  async handler({ params: { card_id: cardId }, body }, { database, principal, now }) {
    const change = { merchantId: principal.merchantId, cardId, points: body.points, actor: actorOf(principal), now };
    return bookedAnswer(await earn(database, { ...change, ...causeOf(body) }), 'card', cardId);
  },
});

export const redeemPoints = operation({
  operationId: 'redeemPoints',
  method: 'POST',
  path: `${store}/cards/{card_id}/redeem`,
  tag: 'Loyalty - Store',
  summary: 'Redeem points',
  description:
    'Takes points, those that expire first before others. All or none: if fewer are available, 409 `insufficient-points` says how many are. ' +
    'Send an `Idempotency-Key`, so that a repeat after a lost answer takes nothing twice.',
  scopes: ['store'],
  problems: ['insufficient-points', 'card-frozen', 'card-closed'],
  params,
  body: booking,
  responses,
  async handler({ params: { card_id: cardId }, body }, { database, principal, now }) {
    const change = { merchantId: principal.merchantId, cardId, points: body.points, actor: actorOf(principal), now };
    return bookedAnswer(await redeem(database, { ...change, ...causeOf(body) }), 'card', cardId);
  },
});

export const voidCardEntry = operation({
  operationId: 'voidEntry',
  method: 'POST',
  path: `${store}/cards/{card_id}/entries/{entry_id}/void`,
  tag: 'Loyalty - Store',
  summary: 'Void an entry',
  description:
    'Undoes an earn, a redeem or an adjustment with an entry of its own, once. What was earned is taken back, if all of it is still there (else 409 ' +
    '`points-spent`). What was redeemed returns to where it came from, with the expiry that it had; what has expired meanwhile returns for a full period of the program.',
  scopes: ['store'],
  problems: ['points-spent', 'already-voided', 'not-voidable', 'card-frozen', 'card-closed', 'balance-limit'],
  params: z.object({ card_id: id, entry_id: id }),
  body: z.strictObject(cause).meta({ id: 'Voiding', example: { reason: 'Goods returned' } }),
  responses,
  async handler({ params, body }, { database, principal, now }) {
    const { card_id: cardId, entry_id: entryId } = params;
    const change = { merchantId: principal.merchantId, cardId, entryId, actor: actorOf(principal), now };
    return bookedAnswer(await voidEntry(database, { ...change, ...causeOf(body) }), 'entry', entryId);
  },
});

export const listEntries = operation({
  operationId: 'listEntries',
  method: 'GET',
  path: `${store}/cards/{card_id}/entries`,
  tag: 'Loyalty - Store',
  summary: 'List the entries of a card',
  description:
    'All that ever changed its points, newest first. Entries that are booked while you read on do not move the pages.',
  scopes: ['store'],
  params,
  query: z.object(pageQuery(z.int().positive())),
  responses: { 200: { description: 'A page of entries.', schema: entryPage } },
  async handler({ params: { card_id }, query: { limit, cursor } }, { database, principal: { merchantId } }) {
    const key = { merchant_id: merchantId, card_id };
    found(await Card.query(database).findById([merchantId, card_id]).select('id'), 'card', card_id);
    const rows = await newestFirst(Entry.query(database).where(key), { limit, cursor }, 'card_version');
    const answer = { item: (row: Entry) => entryAnswer(toEntry(row)), position: (row: Entry) => row.card_version };
    return { status: 200, body: pageOf(rows, limit, answer) };
  },
});
