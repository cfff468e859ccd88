import { z } from 'zod';
import { adjust } from '../../adapters/postgres/ledger/change.ts';
import { merchantOf } from '../../adapters/postgres/ledger/merchant-of.ts';
import { restore } from '../../adapters/postgres/ledger/restore.ts';
import { operation } from '../operation.ts';
import { id, instant, instantGiven, notAnInteger, pointsAnswered } from '../schemas.ts';
import { actorOf } from './actor.ts';
import { adminCard, adminCardAnswer } from './card-answer.ts';
import { reason, reference } from './cause.ts';
import { entry, entryAnswer } from './entry-answer.ts';
import { found } from './not-found.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';
import { accepted } from './refused.ts';

const params = z.object({ card_id: id });
const expiresAt = instantGiven
  .nullable()
  .optional()
  .meta({ description: "When the points expire; null: never; absent: after the program's full period from now." });

const adjustment = z
  .strictObject({
    points: z
      .int({ error: notAnInteger })
      .refine((points) => points !== 0, 'must not be 0')
      .meta({ description: 'Added, or if negative taken.', example: 100, override: { not: { const: 0 } } }),
    reason,
    reference: reference.optional(),
    expires_at: expiresAt,
  })
  .refine(({ points, expires_at }) => points > 0 || expires_at === undefined, {
    path: ['expires_at'],
    error: 'is for points that are added',
  })
  .meta({
    id: 'Adjustment',
    example: { points: 100, reason: 'Goodwill: the parcel was late' },
    // What the refinement says.
    override: { dependentSchemas: { expires_at: { properties: { points: { minimum: 1 } } } } },
  });

const adjusted = z.object({ entry, card: adminCard }).meta({ id: 'Adjusted' });

export const adjustPoints = operation({
  operationId: 'adjustPoints',
  method: 'POST',
  path: `${admin}/cards/{card_id}/adjust`,
  tag: 'Loyalty - Admin',
  summary: 'Adjust the points of a card',
  description:
    'A correction by staff, on frozen cards too. Positive points are added and expire as `expires_at` says; negative ones are taken from what expires first, ' +
    'all or none. It is no activity: it does not put off the expiry of other points. `expires_at` is for positive points.',
  scopes: ['admin'],
  problems: ['insufficient-points', 'balance-limit', 'card-closed', 'expiry-in-past'],
  params,
  body: adjustment,
  responses: { 201: { description: 'The entry, and the card after it.', schema: adjusted } },
  async handler({ params: { card_id: cardId }, body }, context) {
    const { database, principal, now } = context;
    const { points, reason, reference = null, expires_at: expiresAt } = body;
    const merchantId = found(await merchantOf(database, 'card', cardId), 'card', cardId);
    const change = { merchantId, cardId, now, points, actor: actorOf(principal), reason, reference };
    const given = expiresAt === undefined ? change : { ...change, expiresAt };
    const { entry, card } = accepted(await adjust(database, given), 'card', cardId);
    const details = { points, expires_at: expiresAt, entry_id: entry.id };
    await recordAudit(context, { action: 'card.adjusted', merchantId, subjectId: cardId, reason, details });
    return { status: 201, body: { entry: entryAnswer(entry), card: adminCardAnswer(card) } };
  },
});

const restoration = z
  .strictObject({
    reason,
    entry_ids: z.array(id).min(1).max(100).optional().meta({
      description: 'The expire entries whose points come back; absent: all of the card that were not restored.',
    }),
    expires_at: expiresAt,
    dry_run: z.boolean().default(false).meta({ description: 'Say what would come back, and change nothing.' }),
  })
  .meta({ id: 'Restoration', example: { reason: 'The shop was closed for a month', dry_run: true } });

const restored = z
  .object({
    dry_run: z.boolean().meta({ description: 'Whether nothing was changed, and all this is what would be.' }),
    points: pointsAnswered.meta({ description: 'What came back in all.' }),
    restored: z.array(
      z
        .object({ expire_entry_id: id, points: pointsAnswered, expires_at: instant.nullable() })
        .meta({ id: 'RestoredEntry' }),
    ),
    entries: z.array(entry).meta({ description: 'The restore entries; none in a dry run.' }),
    card: adminCard,
  })
  .meta({ id: 'Restored' });

export const restorePoints = operation({
  operationId: 'restorePoints',
  method: 'POST',
  path: `${admin}/cards/{card_id}/points/restore`,
  tag: 'Loyalty - Admin',
  summary: 'Restore expired points of a card',
  description:
    'Brings back what expire-points took, as new points with an expiry of their own, which activity does not move. Each expire entry can be restored once. All or none. ' +
    'Try it with `dry_run: true` first: the answer (200) is what the same request without it would do (201).',
  scopes: ['admin'],
  problems: ['nothing-to-restore', 'already-restored', 'balance-limit', 'card-closed', 'expiry-in-past'],
  params,
  body: restoration,
  responses: {
    200: { description: 'A dry run: what would come back.', schema: restored },
    201: { description: 'What came back.', schema: restored },
  },
  async handler({ params: { card_id: cardId }, body }, context) {
    const { database, principal, now } = context;
    const { reason, entry_ids: entryIds, expires_at: expiresAt, dry_run: dryRun } = body;
    const merchantId = found(await merchantOf(database, 'card', cardId), 'card', cardId);
    const change = { merchantId, cardId, now, entryIds, dryRun, actor: actorOf(principal), reason, reference: null };
    const given = expiresAt === undefined ? change : { ...change, expiresAt };
    const answer = accepted(await restore(database, given), 'card', cardId);
    const ids = answer.restored.map(({ expireEntryId }) => expireEntryId);
    const details = { points: answer.points, expires_at: expiresAt, expire_entry_ids: ids };
    const audited = { action: 'card.points_restored', merchantId, subjectId: cardId, reason, details } as const;
    if (!dryRun) await recordAudit(context, audited);
    return { status: dryRun ? 200 : 201, body: { dry_run: dryRun, ...restoredAnswer(answer) } };
  },
});

function restoredAnswer({
  points,
  restored,
  entries,
  card,
}: Exclude<Awaited<ReturnType<typeof restore>>, undefined | { code: string }>) {
  return {
    points,
    restored: restored.map(({ expireEntryId, points, expiresAt }) => ({
      expire_entry_id: expireEntryId,
      points,
      expires_at: expiresAt,
    })),
    entries: entries.map(entryAnswer),
    card: adminCardAnswer(card),
  };
}
