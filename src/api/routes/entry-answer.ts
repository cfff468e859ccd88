import { z } from 'zod';
import type { LedgerEntry } from '../../adapters/postgres/ledger/card.ts';
import { id, instant, page, pointsAnswered } from '../schemas.ts';

/** A line of the ledger in an answer. */
export const entry = z
  .object({
    id,
    card_id: id,
    kind: z.enum(['earn', 'redeem', 'void', 'adjust', 'expire', 'restore']).meta({
      description: '`expire` is written by the job expire-points, `adjust` and `restore` by staff.',
    }),
    points: pointsAnswered.meta({
      description: "Signed from the card's view: negative where points are taken. Never 0.",
    }),
    balance_after: pointsAnswered.meta({ description: 'The balance of the card after this entry.' }),
    occurred_at: instant,
    actor: z.string().meta({
      description: 'Who did it: `key:` and the id of the API key, or a job.',
      example: 'key:01943f6e-7c00-7abc-8def-0123456789ab',
    }),
    reason: z.string().nullable().meta({ example: null }),
    reference: z
      .string()
      .nullable()
      .meta({ description: "The caller's own name for it.", example: 'receipt 2026-0451' }),
    reverses: z.string().nullable().meta({ description: 'The entry that a void or a restore undoes.', example: null }),
    card_version: z
      .int()
      .meta({ description: 'The version of the card that it made; orders the entries of a card.', example: 7 }),
  })
  .meta({ id: 'Entry', description: 'A line of the ledger. It never changes; a correction is another entry.' });

export const entryPage = page(entry).meta({ id: 'EntryPage' });

export function entryAnswer(line: LedgerEntry): z.input<typeof entry> {
  const { id, kind, points, actor, reason, reference, reverses } = line;
  return {
    id,
    card_id: line.cardId,
    kind,
    points,
    balance_after: line.balanceAfter,
    occurred_at: line.occurredAt,
    actor,
    reason,
    reference,
    reverses,
    card_version: line.cardVersion,
  };
}
