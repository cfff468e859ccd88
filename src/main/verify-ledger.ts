import { type Command, InvalidArgumentError } from 'commander';
import type { Knex } from 'knex';
import { jobSettings, openDatabase } from '../adapters/postgres/database.ts';
import { verificationSettings } from '../adapters/postgres/ledger/verify.ts';
import { requireSchema } from '../adapters/postgres/require-schema.ts';
import { explainDatabaseError, requireSuitable } from '../adapters/postgres/usable-database.ts';
import { readConfig } from '../config.ts';
import { type ExitCode, ExitError, exitCodes } from '../errors.ts';
import { describeVerification } from '../jobs/verification-table.ts';
import { type LedgerVerification, type VerifiedMerchant, verifyLedger } from '../jobs/verify-ledger.ts';
import { createLog, logEvents } from '../log.ts';
import { endOnDefect } from './end-on-defect.ts';

/** @throws ExitError (64) naming the ids that no merchant has. */
async function readMerchants(database: Knex, ids: readonly string[] | undefined): Promise<VerifiedMerchant[]> {
  const all = database<VerifiedMerchant>('merchants').select('id', 'name').orderBy('id');
  const merchants = await (ids ? all.whereIn('id', ids) : all);
  const unknown = ids?.filter((id) => !merchants.some((merchant) => merchant.id === id)) ?? [];
  if (unknown.length === 0) return merchants;
  const what = unknown.length === 1 ? 'There is no merchant' : 'There are no merchants';
  throw new ExitError(exitCodes.usage, `${what} ${unknown.join(', ')}. Nothing was verified.`);
}

function exitCodeFor({ interruption, imbalancedCards, failedMerchants }: LedgerVerification): ExitCode {
  if (interruption) return exitCodes.temporary;
  return imbalancedCards > 0 || failedMerchants > 0 ? exitCodes.partial : exitCodes.done;
}

/** Aborted by SIGTERM or SIGINT. */
function untilSignal(): AbortSignal {
  const stopping = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
  return stopping.signal;
}

async function run({ merchant: flags }: { merchant: string[] }): Promise<void> {
  endOnDefect();
  const stopping = untilSignal();
  const config = readConfig('verify-ledger', process.env);
  const ids = flags.length > 0 ? flags : config.MERCHANT_IDS;
  const log = createLog({ level: config.LOG_LEVEL, format: config.LOG_FORMAT });
  const { DATABASE_URL: url } = config;
  const settings = { ...jobSettings, ...verificationSettings };
  const database = openDatabase({ url, poolSize: 1, applicationName: 'loyalty verify-ledger', settings });
  try {
    await requireSuitable(database, url);
    await requireSchema(database, url);
    const merchants = await readMerchants(database, ids);
    const begun = performance.now();
    const result = await verifyLedger({ database, log, stopping }, merchants);
    const milliseconds = performance.now() - begun;
    process.exitCode = exitCodeFor(result);
    log.info({ event: logEvents.verifyLedgerFinished, ...figures(result, milliseconds), exit_code: process.exitCode });
    process.stdout.write(describeVerification(result, milliseconds));
    if (typeof result.interruption === 'object') throw result.interruption.error;
  } catch (error) {
    throw explainDatabaseError(error, url);
  } finally {
    await database.destroy();
  }
}

function figures(
  { outcomes, failedMerchants, left, cards, imbalancedCards }: LedgerVerification,
  milliseconds: number,
) {
  const ofMerchants = { merchants: outcomes.length + left, failed_merchants: failedMerchants, left };
  return { ...ofMerchants, cards, imbalanced_cards: imbalancedCards, duration_ms: Math.round(milliseconds) };
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;

function merchantId(text: string, earlier: string[]): string[] {
  if (!uuid.test(text)) throw new InvalidArgumentError('It must be the id of a merchant, a UUID.');
  return [...new Set([...earlier, text.toLowerCase()])];
}

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

Exit codes: 0 every card is balanced, 10 an imbalance, or a merchant could not be verified, 64 a
flag or a merchant that is not there, 75 the database is away or busy, or SIGTERM (try again),
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
    .option('--merchant <id>', 'only this merchant; may be given several times', merchantId, [])
    .addHelpText('after', help)
    .action(run);
}
