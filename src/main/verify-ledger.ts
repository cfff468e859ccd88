import type { Command } from 'commander';
import type { Knex } from 'knex';
import { verificationSettings } from '../adapters/postgres/ledger/verify.ts';
import { type Config, readConfig } from '../config.ts';
import { type ExitCode, exitCodes } from '../errors.ts';
import { requireMerchants } from '../jobs/run-merchants.ts';
import { writeTermination } from '../jobs/run-termination.ts';
import { describeVerification } from '../jobs/verification-table.ts';
import { type VerifiedMerchant, type VerifiedRun, verifyLedger } from '../jobs/verify-ledger.ts';
import { createLog, logEvents } from '../log.ts';
import { endOnDefect } from './end-on-defect.ts';
import { endWithTermination, untilSignal, withJobDatabase } from './job.ts';

/** @throws ExitError (64) naming the ids that no merchant has. */
async function readMerchants(database: Knex, ids: readonly string[] | undefined): Promise<VerifiedMerchant[]> {
  await requireMerchants(database, ids ?? []);
  const all = database<VerifiedMerchant>('merchants').select('id', 'name').orderBy('id');
  return ids ? all.whereIn('id', [...ids]) : all;
}

function exitCodeFor({ interruption, imbalancedCards, failedMerchants, runFailed }: VerifiedRun): ExitCode {
  if (interruption) return exitCodes.temporary;
  return imbalancedCards > 0 || failedMerchants > 0 || runFailed > 0 ? exitCodes.partial : exitCodes.done;
}

const terminationLog = (): string => process.env['TERMINATION_LOG'] || '/dev/termination-log';

function run({ merchant }: { merchant?: string }): Promise<void> {
  return endWithTermination(terminationLog, () => job(merchant));
}

async function job(flag: string | undefined): Promise<void> {
  endOnDefect();
  const stopping = untilSignal(terminationLog);
  const config = readConfig('verify-ledger', process.env, { MERCHANT_IDS: flag });
  const log = createLog({ level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const { DATABASE_URL: url, RUN_UID: key, RUN_NAME: name, MERCHANT_IDS: ids } = config;
  const connection = { url, applicationName: 'loyalty verify-ledger', settings: verificationSettings };
  await withJobDatabase(connection, async (database) => {
    const merchants = await readMerchants(database, ids);
    const begun = performance.now();
    const result = await verifyLedger({ database, log, stopping }, merchants, { key, name, some: ids !== undefined });
    const milliseconds = performance.now() - begun;
    process.exitCode = exitCodeFor(result);
    log.info({ event: logEvents.verifyLedgerFinished, ...figures(result, milliseconds), exit_code: process.exitCode });
    tell(config, result, milliseconds);
    if (typeof result.interruption === 'object') throw result.interruption.error;
  });
}

function tell({ TERMINATION_LOG: path }: Config<'verify-ledger'>, result: VerifiedRun, milliseconds: number): void {
  const table = describeVerification(result, milliseconds);
  const others = result.runFailed - result.outcomes.filter(isWrong).length;
  const more =
    others > 0
      ? `Of the run ${result.runId}, other processes found ${others} merchants imbalanced or could not verify them.\n`
      : '';
  process.stdout.write(table + more);
  const wrong = result.outcomes
    .filter(isWrong)
    .map(({ merchant }) => `wrong, or not verified: merchant ${merchant.id}`);
  writeTermination(path, [table.trimEnd().split('\n').at(-1), more.trimEnd(), ...wrong].filter(Boolean).join('\n'));
}

function isWrong(outcome: VerifiedRun['outcomes'][number]): boolean {
  return 'failure' in outcome || outcome.verification.imbalancedCards > 0;
}

function figures(
  { runId, outcomes, failedMerchants, left, cards, imbalancedCards }: VerifiedRun,
  milliseconds: number,
) {
  const ofMerchants = { merchants: outcomes.length + left, failed_merchants: failedMerchants, left };
  const duration = { duration_ms: Math.round(milliseconds) };
  return { run_id: runId, ...ofMerchants, cards, imbalanced_cards: imbalancedCards, ...duration };
}

const listed = (text: string, earlier: string | undefined): string =>
  earlier === undefined ? text : `${earlier},${text}`;

const help = `
It proves for every card that its balance is the sum of its entries and the sum of what remains in
its lots, with one statement a merchant, as of one moment: requests and jobs may go on meanwhile.
Each merchant's result is kept in ledger_verifications, which the metrics and the alert
LedgerImbalanced read. It changes nothing else. The chart runs it every night after expire-points.

An imbalance is a defect, or somebody wrote to the tables by hand. The first 20 cards of each
merchant are named with their balance, Σ entries and Σ lots; the runbook says what to do.
What fails for one merchant is named and leaves the others alone.

The table goes to standard output, JSON log events (verify_ledger.…) to standard error.
MERCHANT_IDS is for \`kubectl set env\`, where arguments cannot be changed; the flag wins.
\`loyalty config verify-ledger\` prints the settings. SIGTERM ends it after the merchant at hand.

Pods of one Job (one RUN_UID) share a run, and one that is tried again goes on with it.

Exit codes: 0 every card is balanced, 10 an imbalance, or a merchant could not be verified, 64
--merchant, MERCHANT_IDS, or a merchant that is not there, 75 the database is away or busy, or SIGTERM (try again),
78 the settings, or a schema that is not migrated.

Examples:
  $ DATABASE_URL_FILE=/var/run/secrets/database/url loyalty verify-ledger
  $ loyalty verify-ledger --merchant 019aafd2-7c1e-7d3b-9f00-6b1d52c7a001
`;

/** Adds `loyalty verify-ledger` to the program. */
export function addVerifyLedgerCommand(program: Command): void {
  program
    .command('verify-ledger')
    .summary('prove that every balance is the sum of its entries and of its lots')
    .description('Proves that every balance is the sum of its entries and of its lots.')
    .option('--merchant <id>', 'only this merchant; may be given several times', listed)
    .addHelpText('after', help)
    .action(run);
}
