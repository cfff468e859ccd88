import type { Command } from 'commander';
import type { Knex } from 'knex';
import { readClock } from '../adapters/postgres/runs/clock.ts';
import { enlistMerchantsWithDueLots } from '../adapters/postgres/runs/enlist.ts';
import { type Config, type Flags, readConfig } from '../config.ts';
import { type ExitCode, ExitError, exitCodes } from '../errors.ts';
import { type ExpirePoints, expirePoints } from '../jobs/expire-points.ts';
import { rehearseExpirePoints, worthShowing } from '../jobs/expire-points-rehearsal.ts';
import type { RunRequest } from '../jobs/run.ts';
import { runJob, type RunEnd, type RunTaskOptions } from '../jobs/run-job.ts';
import { requireMerchants } from '../jobs/run-merchants.ts';
import { describeRun, type RunReport, terminationMessage } from '../jobs/run-table.ts';
import { writeTermination } from '../jobs/run-termination.ts';
import { createLog, logEvents } from '../log.ts';
import { endOnDefect } from './end-on-defect.ts';
import { endWithTermination, untilSignal, withJobDatabase } from './job.ts';

type Settings = Config<'expire-points'>;

/** @throws ExitError (64) when what is asked for cannot be, before anything is done. */
async function requireSense(database: Knex, config: Settings): Promise<Date> {
  await requireMerchants(database, [...(config.MERCHANT_IDS ?? []), ...(config.FORCE_MERCHANTS ?? [])]);
  const now = await readClock(database);
  const { AS_OF: asOf, DRY_RUN: dryRun, RESUME_RUN: resume } = config;
  if (asOf !== undefined && asOf > now && !dryRun) {
    const instants = `--as-of (AS_OF) is ${asOf.toISOString()}, and the database's clock says ${now.toISOString()}`;
    throw usage(
      `${instants}: what has not expired yet cannot be expired. With --dry-run it shows what will be due then.`,
    );
  }
  if (dryRun && resume !== undefined) {
    throw usage('--resume (RESUME_RUN) and --dry-run (DRY_RUN) exclude each other: a dry run is of what is due now.');
  }
  return now;
}

function usage(message: string): ExitError {
  return new ExitError(exitCodes.usage, `${message} Nothing was done.`);
}

function optionsFor(config: Settings, runId: string | undefined, asOf: Date): ExpirePoints {
  return {
    runId,
    asOf,
    asOfGiven: config.AS_OF !== undefined,
    batchSize: config.BATCH_SIZE,
    maxExpireShare: config.MAX_EXPIRE_SHARE,
    forced: new Set(config.FORCE_MERCHANTS),
  };
}

function requestFor(config: Settings): RunRequest {
  const { MERCHANT_IDS: merchants, FORCE_MERCHANTS: forced, BATCH_SIZE: batch, MAX_EXPIRE_SHARE: share } = config;
  return {
    task: 'expire-points',
    key: config.RUN_UID,
    name: config.RUN_NAME,
    asOf: config.AS_OF,
    merchants,
    resume: config.RESUME_RUN,
    parameters: { batch_size: batch, max_expire_share: share, ...(forced && { force_merchants: forced }) },
    actor: 'job:expire-points',
    enlist: (transaction, run) => enlistMerchantsWithDueLots(transaction, run.id, merchants, run.asOf),
  };
}

const events: RunTaskOptions['events'] = {
  started: logEvents.expirePointsStarted,
  abandoned: logEvents.expirePointsAbandoned,
  done: logEvents.expirePointsMerchantDone,
  failed: logEvents.expirePointsMerchantFailed,
  interrupted: logEvents.expirePointsInterrupted,
  finished: logEvents.expirePointsFinished,
};

async function rehearse(database: Knex, config: Settings, now: Date): Promise<RunEnd> {
  const begun = performance.now();
  const asOf = config.AS_OF ?? now;
  const { outcomes, sums } = await rehearseExpirePoints(
    database,
    optionsFor(config, undefined, asOf),
    config.MERCHANT_IDS,
  );
  const report: RunReport = {
    heading: `expire-points as of ${asOf.toISOString()}, dry run`,
    outcomes: worthShowing(outcomes, 20),
    sums,
    verb: 'would expire',
    seconds: (performance.now() - begun) / 1_000,
    notes: ['Dry run: nothing was written.'],
  };
  return { exitCode: sums.failed > 0 ? exitCodes.partial : exitCodes.done, report };
}

function tell({ exitCode, report }: RunEnd, terminationLog: string): ExitCode {
  process.stdout.write(describeRun(report));
  writeTermination(terminationLog, terminationMessage(report));
  return exitCode;
}

const terminationLog = (): string => process.env['TERMINATION_LOG'] || '/dev/termination-log';

async function job(flags: Flags): Promise<void> {
  endOnDefect();
  const stopping = untilSignal(terminationLog);
  const config = readConfig('expire-points', process.env, flags);
  const { LOG_FORMAT: format, LOG_LEVEL: level, BATCH_SIZE: batchSize, DATABASE_URL: url } = config;
  const log = createLog({ level, format });
  const terminal = process.stderr.isTTY && format === 'pretty' ? process.stderr : undefined;
  await withJobDatabase({ url, applicationName: 'loyalty expire-points' }, async (database) => {
    const now = await requireSense(database, config);
    const work: RunTaskOptions['work'] = (run) => expirePoints(optionsFor(config, run.id, run.asOf));
    const task = { events, work, batchSize, verb: 'expired' };
    const end = config.DRY_RUN
      ? await rehearse(database, config, now)
      : await runJob({ database, log, terminal, stopping }, requestFor(config), task);
    process.exitCode = tell(end, config.TERMINATION_LOG);
  });
}

interface Options {
  merchant?: string;
  asOf?: string;
  dryRun?: true;
  batchSize?: string;
  forceMerchant?: string;
  resume?: string;
}

function run({ merchant, asOf, dryRun, batchSize, forceMerchant, resume }: Options): Promise<void> {
  const flags = {
    MERCHANT_IDS: merchant,
    AS_OF: asOf,
    DRY_RUN: dryRun && 'true',
    BATCH_SIZE: batchSize,
    FORCE_MERCHANTS: forceMerchant,
    RESUME_RUN: resume,
  };
  return endWithTermination(terminationLog, () => job(flags));
}

const listed = (text: string, earlier: string | undefined): string =>
  earlier === undefined ? text : `${earlier},${text}`;

const help = `
Points whose lots have expired are taken from the cards: one "expire" entry a card, in batches of
about --batch-size cards, each in a transaction of its own. Points that have expired cannot be
redeemed even before that; this makes it so in the balance.

Exactly once: run it twice, kill it anywhere, run several at a time: nothing is expired twice, and
what is left the next one does. What fails for one merchant is named with its reason and leaves the
others alone; run that merchant again when the reason is gone.

A merchant of 100 cards or more that would lose more than MAX_EXPIRE_SHARE (0.5) of its points is
held back: wrong dates of an import look like that. --force-merchant lets it pass. If points expired
that should not have, the admin API restores what a run has expired.

A run belongs to its RUN_UID, the uid of the Job: a pod that is tried again goes on with its run and
its as-of, and several pods share it. --resume goes on with a run by hand, its failed merchants
included. Without either it is a run of its own.

Every flag is also a variable, for \`kubectl set env\`: MERCHANT_IDS, AS_OF, DRY_RUN, BATCH_SIZE,
FORCE_MERCHANTS, RESUME_RUN; several ids separated by commas; the flag wins.
\`loyalty config expire-points\` prints all settings.

The table goes to standard output, JSON log events (expire_points.…) to standard error, a short form
to /dev/termination-log. SIGTERM ends it after the batch at hand.

Exit codes: 0 done, 10 a merchant failed or was held back, 64 a flag, its variable, or a merchant or
run that is not there, 75 the database is away or busy, or SIGTERM (try again: it goes on where it
was), 78 the other settings, or a schema that is not migrated.

Examples:
  $ loyalty expire-points --dry-run
  $ loyalty expire-points --merchant 019aafd2-7c1e-7d3b-9f00-6b1d52c7a001
  $ loyalty expire-points --as-of 2026-03-01T00:00:00+01:00
`;

/** Adds `loyalty expire-points` to the program. */
export function addExpirePointsCommand(program: Command): void {
  program
    .command('expire-points')
    .summary('take from the cards the points that have expired')
    .description('Takes from the cards the points that have expired.')
    .option('--merchant <id>', 'only this merchant; may be given several times', listed)
    .option('--as-of <instant>', "what has expired by then (default: the database's clock)")
    .option('--dry-run', 'show the same table, and write nothing')
    .option('--batch-size <cards>', 'cards of a transaction (default: 1000)')
    .option('--force-merchant <id>', 'let this merchant lose what it will; may be given several times', listed)
    .option('--resume <run>', 'go on with this run, by its id or its RUN_UID')
    .addHelpText('after', help)
    .action(run);
}
