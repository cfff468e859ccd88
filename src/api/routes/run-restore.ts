import { randomUUID } from 'node:crypto';
import type { Knex } from 'knex';
import { z } from 'zod';
import { readClock } from '../../adapters/postgres/runs/clock.ts';
import { listRunMerchants, reportRun, type RunReport } from '../../adapters/postgres/runs/report.ts';
import { enlistRestore, readRestorable, type Restorable } from '../../adapters/postgres/runs/restore.ts';
import { insertRun } from '../../adapters/postgres/runs/run.ts';
import { refusePastExpiry } from '../../domain/ledger/rules.ts';
import { operation } from '../operation.ts';
import { Problem } from '../problems.ts';
import { id, instantGiven } from '../schemas.ts';
import { actorOf } from './actor.ts';
import { reason } from './cause.ts';
import { found } from './not-found.ts';
import { admin } from './paths.ts';
import { recordAudit } from './record-audit.ts';
import { listedRun, runAnswer } from './run-answer.ts';

const restoration = z
  .strictObject({
    reason,
    merchant_id: id.optional().meta({ description: 'Only of this merchant; absent: of all merchants of the run.' }),
    expires_at: instantGiven.nullable().optional().meta({
      description:
        "When the points expire; null: never; absent: after the full period of each card's program from now.",
    }),
    dry_run: z.boolean().default(false).meta({ description: 'Say what would come back, and change nothing.' }),
  })
  .meta({ id: 'RunRestoration', example: { reason: 'Imported with wrong dates', dry_run: true } });

const sum = z.int().meta({ example: 120 });
const points = z.number().meta({
  description: 'Whole; sums beyond 9007199254740991 are rounded.',
  example: 23_400,
  override: { type: 'integer' },
});

const sums = {
  cards: sum.meta({ description: 'Cards that points would come back to.' }),
  entries: sum.meta({ description: 'Expire entries that would be restored.' }),
  points,
  closed: sum.meta({ description: 'Entries that would stay as they are, because their cards are closed.' }),
};

const preview = z
  .object({
    dry_run: z.literal(true),
    merchants: sum.meta({ description: 'Merchants with something to restore.' }),
    ...sums,
    by_merchant: z.array(z.object({ merchant_id: id, merchant_name: z.string(), ...sums })).meta({
      description: 'Those with most points, at most 1,000.',
    }),
  })
  .meta({ id: 'RunRestorationPreview' });

/** Merchants that a preview lists. */
const listed = 1_000;

export const restoreRun = operation({
  operationId: 'restoreRun',
  method: 'POST',
  path: `${admin}/runs/{run_id}/restore`,
  tag: 'Loyalty - Admin',
  summary: 'Restore what a run has expired',
  description:
    'Brings back the points that a run of expire-points took, as new points with an expiry of their own, so that the next run does not take them again. ' +
    'Try it with `dry_run: true` first (200). Without it the answer is 202 and a run of the task `restore`, which replicas of the API work off: `Location` tells what has become of it. ' +
    'What was restored before, by whomever, is passed over: called again, it restores nothing more. Cards that are closed, or whose balance would be too large, are passed over and listed by its failures. ' +
    'While the run to be restored still takes points, end it first: what it takes later is not brought back.',
  scopes: ['admin'],
  problems: ['conflict', 'expiry-in-past'],
  params: z.object({ run_id: id }),
  body: restoration,
  responses: {
    200: { description: 'A dry run: what would come back.', schema: preview },
    202: {
      description: 'The restore, which has yet to be worked off.',
      schema: listedRun,
      headers: z.object({ Location: z.string().meta({ description: 'Path of the restore, which is a run itself.' }) }),
    },
  },
  async handler({ params: { run_id: runId }, body }, context) {
    const { database, principal, now } = context;
    const { reason, merchant_id: merchantId, expires_at: expiresAt, dry_run: dryRun } = body;
    await requireRestorable(database, runId, merchantId);
    const refusal = refusePastExpiry(expiresAt, now ?? (await readClock(database)));
    if (refusal !== undefined) throw new Problem(refusal.code, refusal.detail);
    if (dryRun) return { status: 200, body: previewOf(await readRestorable(database, runId, merchantId)) };
    const wanted = { merchant_id: merchantId, expires_at: expiresAt };
    const parameters = { restored_run: runId, reason, ...wanted };
    const report = await startRestore(database, { runId, merchantId, actor: actorOf(principal), parameters });
    const details = { restore_run_id: report.id, ...wanted };
    const audited = { action: 'run.points_restored', merchantId: merchantId ?? null, subjectId: runId } as const;
    await recordAudit(context, { ...audited, reason, details });
    return { status: 202, headers: { Location: `${admin}/runs/${report.id}` }, body: runAnswer(report) };
  },
});

/** @throws Problem: there is no such run, or it has nothing to do with the merchant, or it takes no points. */
async function requireRestorable(database: Knex, runId: string, merchantId: string | undefined): Promise<void> {
  const { task } = found(await reportRun(database, runId), 'run', runId);
  if (task !== 'expire-points') {
    throw new Problem('conflict', `The run ${runId} is of ${task}: only runs of expire-points take points.`);
  }
  if (merchantId === undefined) return;
  const [merchant] = await listRunMerchants(database, {
    runId,
    merchantId,
    state: undefined,
    after: undefined,
    limit: 1,
  });
  if (merchant === undefined) throw new Problem('not-found', `The run ${runId} was not of a merchant ${merchantId}.`);
}

interface Restore {
  runId: string;
  merchantId: string | undefined;
  actor: string;
  parameters: Record<string, unknown>;
}

async function startRestore(database: Knex, { runId, merchantId, actor, parameters }: Restore): Promise<RunReport> {
  const asked = { task: 'restore', key: randomUUID(), name: null, asOf: undefined, fullRun: false } as const;
  const run = await insertRun(database, { ...asked, parameters, actor });
  if (run === undefined) throw new Error('a random UUID was the key of a run already');
  await enlistRestore(database, run.id, runId, merchantId);
  const report = await reportRun(database, run.id);
  if (report === undefined) throw new Error(`the run ${run.id} was just made and is not there`);
  return report;
}

function previewOf(restorable: readonly Restorable[]): z.input<typeof preview> {
  return {
    dry_run: true,
    merchants: restorable.filter(({ entries }) => entries > 0).length,
    cards: total(restorable, 'cards'),
    entries: total(restorable, 'entries'),
    points: Number(restorable.reduce((sum, { points }) => sum + points, 0n)),
    closed: total(restorable, 'closed'),
    by_merchant: restorable.slice(0, listed).map(({ merchantId, merchantName, points, ...counts }) => ({
      merchant_id: merchantId,
      merchant_name: merchantName,
      ...counts,
      points: Number(points),
    })),
  };
}

function total(restorable: readonly Restorable[], name: 'cards' | 'entries' | 'closed'): number {
  return restorable.reduce((sum, merchant) => sum + merchant[name], 0);
}
