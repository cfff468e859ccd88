import { z } from 'zod';
import type { FailureReport, MerchantReport, RunReport } from '../../adapters/postgres/runs/report.ts';
import { failureAdvice } from '../../domain/runs/failure-advice.ts';
import { id, instant, page } from '../schemas.ts';

export const runTask = z.enum(['expire-points', 'sync-wallets', 'verify-ledger', 'restore']).meta({
  description: 'What was run: a job, or a restore, which replicas of the API work off.',
});

export const runState = z.enum(['running', 'done', 'partial', 'failed', 'abandoned']).meta({
  description:
    '`partial`: some merchants failed; `failed`: all did. A run that nobody works on any more is `running` until the next one of its task finds that out; then it is `abandoned`.',
});

export const merchantState = z.enum(['pending', 'done', 'failed', 'skipped']);

const merchantName = z.string().meta({ example: 'Bäckerei Vogel' });
const cards = z.int().meta({ description: 'Cards that were changed.', example: 120 });
const lots = z.int().meta({ description: 'Lots that expired, or came back.', example: 190 });
const points = z.number().meta({
  description: 'Points that expired, or came back. Whole; sums beyond 9007199254740991 are rounded.',
  example: 23_400,
  override: { type: 'integer' },
});

const reason = z.string().meta({ description: 'Stable, CamelCase; see docs/reasons.md.', example: 'SuspiciousVolume' });
const message = z.string().meta({ description: 'What happened, for people.' });
const advice = z.string().nullable().meta({ description: 'What to do about the reason; null: it is not known.' });

const run = z.object({
  id,
  task: runTask,
  key: z.string().meta({ description: 'RUN_UID of the job; a random one where there was none.' }),
  name: z.string().nullable().meta({ description: 'RUN_NAME, for people.', example: 'expire-points-29384610' }),
  state: runState,
  as_of: instant.meta({ description: 'What had expired by then was due.' }),
  full_run: z.boolean().meta({ description: 'Whether it was of all merchants.' }),
  parameters: z.record(z.string(), z.unknown()).meta({
    description: 'With what it was run.',
    example: { batch_size: 1_000, max_expire_share: 0.5 },
  }),
  actor: z
    .string()
    .meta({ description: '`job:` and its name, or `key:` and the id of the API key.', example: 'job:expire-points' }),
  started_at: instant,
  finished_at: instant.nullable().meta({ description: 'null: it is not finished.' }),
  merchants: z
    .object({ total: z.int(), pending: z.int(), done: z.int(), failed: z.int(), skipped: z.int() })
    .meta({ description: 'Its merchants by state.' }),
  totals: z.object({ cards, lots, points }).meta({ description: 'What it has come to so far.' }),
});

export const listedRun = run.meta({ id: 'Run' });
export const runPage = page(listedRun).meta({ id: 'RunPage' });

const failedMerchant = z.object({ merchant_id: id, merchant_name: merchantName, reason, message, advice });

export const runDetails = run
  .extend({
    failed_merchants: z.array(failedMerchant).meta({ description: 'The first 20; /merchants?state=failed has all.' }),
    rerun: z.string().nullable().meta({
      description: 'How to have done what is left, for people; null: nothing is.',
      example: 'loyalty expire-points --resume 01943f6e-7c00-7abc-8def-0123456789ab',
    }),
  })
  .meta({ id: 'RunDetails' });

export const runMerchantPage = page(
  z
    .object({
      merchant_id: id,
      merchant_name: merchantName,
      state: merchantState,
      reason: reason.nullable().meta({ description: 'Why it failed; null: it did not.' }),
      message: message.nullable(),
      advice,
      cards,
      lots,
      points,
      started_at: instant.nullable().meta({ description: 'null: nobody has begun with it.' }),
      finished_at: instant.nullable(),
    })
    .meta({ id: 'RunMerchant' }),
).meta({ id: 'RunMerchantPage' });

export const runFailurePage = page(
  z
    .object({
      id,
      merchant_id: id,
      merchant_name: merchantName,
      card_id: id.nullable().meta({ description: 'null: the merchant failed as a whole.' }),
      platform: z.enum(['google', 'apple']).nullable().meta({ description: 'null: it is not of a wallet.' }),
      reason,
      message,
      advice,
      occurred_at: instant,
    })
    .meta({ id: 'RunFailure' }),
).meta({ id: 'RunFailurePage' });

function adviceOn(why: string | null): string | null {
  return why === null ? null : failureAdvice(why);
}

export function runAnswer(report: RunReport): z.input<typeof listedRun> {
  const { id, task, key, name, state, parameters, actor, totals } = report;
  const { merchants, pending, done, failed, skipped, cards, lots, points } = totals;
  return {
    id,
    task,
    key,
    name,
    state,
    as_of: report.asOf,
    full_run: report.fullRun,
    parameters: { ...parameters },
    actor,
    started_at: report.startedAt,
    finished_at: report.finishedAt,
    merchants: { total: merchants, pending, done, failed, skipped },
    totals: { cards, lots, points },
  };
}

export function runDetailsAnswer(report: RunReport, failed: readonly MerchantReport[]): z.input<typeof runDetails> {
  const failedMerchants = failed.map(({ merchantId, merchantName: name, reason: why, message: text }) => ({
    merchant_id: merchantId,
    merchant_name: name,
    reason: why ?? '',
    message: text ?? '',
    advice: adviceOn(why),
  }));
  return { ...runAnswer(report), failed_merchants: failedMerchants, rerun: rerunOf(report, failed) };
}

/** Replicas go on with a restore by themselves; what is left of a job's run somebody must ask for. */
function rerunOf({ id, task, parameters, totals }: RunReport, known: readonly MerchantReport[]): string | null {
  const { failed, pending } = totals;
  if (task === 'restore') {
    const restored = String(parameters['restored_run']);
    return failed > 0 ? `POST /api/v1/admin/loyalty/runs/${restored}/restore, as before` : null;
  }
  if (failed + pending === 0) return null;
  if (task === 'sync-wallets') return `loyalty sync-wallets --failures-of ${id}`;
  if (task === 'expire-points') return `loyalty expire-points --resume ${id}`;
  const some = pending === 0 && failed === known.length ? known : [];
  return ['loyalty verify-ledger', ...some.map(({ merchantId }) => `--merchant ${merchantId}`)].join(' ');
}

export function runMerchantAnswer(report: MerchantReport) {
  const { merchantId, merchantName: name, state, reason: why, message: text, cards, lots, points } = report;
  return {
    merchant_id: merchantId,
    merchant_name: name,
    state,
    reason: why,
    message: text,
    advice: adviceOn(why),
    cards,
    lots,
    points,
    started_at: report.startedAt,
    finished_at: report.finishedAt,
  };
}

export function runFailureAnswer(report: FailureReport) {
  const { id, merchantId, merchantName: name, cardId, platform, reason: why, message: text, occurredAt } = report;
  return {
    id,
    merchant_id: merchantId,
    merchant_name: name,
    card_id: cardId,
    platform,
    reason: why,
    message: text,
    advice: adviceOn(why),
    occurred_at: occurredAt,
  };
}
