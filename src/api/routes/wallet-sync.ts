import type { Knex } from 'knex';
import { z } from 'zod';
import { reportRun } from '../../adapters/postgres/runs/report.ts';
import type { CardKey } from '../../adapters/postgres/wallet/claims.ts';
import {
  dueNowOfCards,
  dueNowOfMerchants,
  failedCardsOf,
  findCardsById,
} from '../../adapters/postgres/wallet/due-now.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import { operation } from '../operation.ts';
import { Problem } from '../problems.ts';
import { id } from '../schemas.ts';
import { reason } from './cause.ts';
import { found } from './not-found.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';

/** Cards that one request names. */
const mostCards = 1_000;

const body = z
  .strictObject({
    card_ids: z.array(id).min(1).max(mostCards).optional().meta({ description: 'The cards.' }),
    merchant_id: id.optional().meta({ description: 'All cards of this merchant.' }),
    failures_of: id.optional().meta({ description: 'The cards that failed in this run of sync-wallets.' }),
    platform: z.enum(['google', 'apple']).optional().meta({ description: 'Absent: both.' }),
    reason: reason.optional(),
  })
  .meta({
    id: 'WalletSync',
    example: { merchant_id: '01943f6e-7c00-7abc-8def-0123456789ab', platform: 'google' },
    // The handler says it in words.
    override: { oneOf: ['card_ids', 'merchant_id', 'failures_of'].map((name) => ({ required: [name] })) },
  });

type Asked = z.output<typeof body>;

export const syncWallet = operation({
  operationId: 'syncWallet',
  method: 'POST',
  path: `${admin}/wallet-sync`,
  tag: 'Loyalty - Admin',
  summary: 'Send stale passes without waiting for their next try',
  description:
    'Has the stale passes of some cards, of a merchant, or of what failed in a run sent with the next claim of sync-wallets, which runs every minute: those too that would wait for hours, for a change of the card, or are dead. ' +
    'Exactly one of `card_ids`, `merchant_id` and `failures_of` is given. A pass that its wallet has already is not sent again: `loyalty sync-wallets --full` does that.',
  scopes: ['admin'],
  problems: ['not-found'],
  body,
  responses: {
    202: {
      description: 'They are due.',
      schema: z
        .object({ passes: z.int().meta({ description: 'Stale passes among them; 0: nothing is to be sent.' }) })
        .meta({ id: 'WalletSyncRequested' }),
    },
  },
  async handler({ body: asked }, context) {
    const { database } = context;
    const { platform, merchant_id: merchantId, card_ids: cardIds, failures_of: failuresOf, reason: why } = asked;
    const given = [cardIds, merchantId, failuresOf].filter((each) => each !== undefined).length;
    if (given !== 1) {
      throw new Problem('invalid-request', `Give exactly one of card_ids, merchant_id and failures_of, not ${given}.`);
    }
    const platforms = platform === undefined ? (['google', 'apple'] as const) : [platform];
    const passes = await makeDue(database, platforms, asked);
    await recordAudit(context, {
      action: 'passes.sync_requested',
      merchantId: merchantId ?? null,
      subjectId: merchantId ?? failuresOf ?? cardIds?.[0] ?? '',
      ...(why !== undefined && { reason: why }),
      details: { ...asked, passes },
    });
    return { status: 202, body: { passes } };
  },
});

async function makeDue(database: Knex, platforms: readonly Platform[], asked: Asked): Promise<number> {
  const { merchant_id: merchantId } = asked;
  if (merchantId !== undefined) {
    found(await database('merchants').where({ id: merchantId }).first(), 'merchant', merchantId);
    return summed(platforms, (platform) => dueNowOfMerchants(database, platform, [merchantId]));
  }
  const cards = await cardsOf(database, asked);
  return summed(platforms, (platform) => dueNowOfCards(database, platform, cards));
}

async function cardsOf(database: Knex, asked: Asked): Promise<CardKey[]> {
  const { card_ids: ids = [], failures_of: runId, platform } = asked;
  if (runId === undefined) {
    const cards = await findCardsById(database, ids);
    const missing = ids.find((cardId) => !cards.some((card) => card.cardId === cardId));
    if (missing !== undefined) found(undefined, 'card', missing);
    return cards;
  }
  const { task } = found(await reportRun(database, runId), 'run', runId);
  if (task === 'sync-wallets') return failedCardsOf(database, runId, platform);
  throw new Problem('invalid-request', `The run ${runId} is of ${task}: only runs of sync-wallets send passes.`);
}

async function summed(platforms: readonly Platform[], count: (platform: Platform) => Promise<number>): Promise<number> {
  let passes = 0;
  for (const platform of platforms) passes += await count(platform);
  return passes;
}
