import type { Knex } from 'knex';
import { databaseFailure } from '../adapters/postgres/failure.ts';
import { recordVerification, type Verification, verifyMerchant } from '../adapters/postgres/ledger/verify.ts';
import { closeRun } from '../adapters/postgres/runs/close.ts';
import { enlistMerchants } from '../adapters/postgres/runs/enlist.ts';
import { readSums } from '../adapters/postgres/runs/outcomes.ts';
import { messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';
import { type OpenRun, openRun, type RunRequest } from './run.ts';
import { type Work, type WorkedOff, workOff } from './run-worker.ts';

export interface VerifiedMerchant {
  id: string;
  name: string;
}

/** What came of a merchant: what its ledger is like, or why that is not known. */
export type MerchantOutcome =
  | { merchant: VerifiedMerchant; verification: Verification; milliseconds: number }
  | { merchant: VerifiedMerchant; failure: string };

export interface LedgerVerification {
  outcomes: MerchantOutcome[];
  /** Merchants that nobody came to: it was told to stop, or the database went away. */
  left: number;
  cards: number;
  imbalancedCards: number;
  failedMerchants: number;
  /** Why it ended early: the database's error when that went away. */
  interruption: 'stopped' | { error: unknown } | undefined;
}

/** What this process found, and how its run as a whole stands. */
export interface VerifiedRun extends LedgerVerification {
  runId: string;
  /** Merchants of the run, also those that others verified, that are imbalanced or could not be verified. */
  runFailed: number;
}

export interface VerifyLedgerDeps {
  /** With the schema, and with two connections at least. */
  database: Knex;
  log: Log;
  /** Aborted: no further merchant is begun. */
  stopping: AbortSignal;
}

export interface VerifyLedgerOptions extends Partial<Pick<RunRequest, 'key' | 'name'>> {
  /** Not all that there are. */
  some?: boolean;
}

/**
 * Verifies these merchants one after the other, as a run that other processes may share, and records each in `ledger_verifications`. What
 * fails for one is named and leaves the others alone; only when the database is away there is no point in going on.
 */
export async function verifyLedger(
  deps: VerifyLedgerDeps,
  merchants: readonly VerifiedMerchant[],
  { key, name, some = false }: VerifyLedgerOptions = {},
): Promise<VerifiedRun> {
  const scope = some ? merchants.map(({ id }) => id) : undefined;
  const open = await openRun(deps.database, {
    task: 'verify-ledger',
    key,
    name,
    asOf: undefined,
    merchants: scope,
    resume: undefined,
    parameters: {},
    actor: 'job:verify-ledger',
    enlist: (transaction, run) => enlistMerchants(transaction, run.id, scope),
  });
  try {
    return await verifyRun(deps, open, new Map(merchants.map((merchant) => [merchant.id, merchant])));
  } finally {
    await open.presence.leave();
  }
}

async function verifyRun(
  { database, log, stopping }: VerifyLedgerDeps,
  { run, pending, presence }: OpenRun,
  merchants: ReadonlyMap<string, VerifiedMerchant>,
): Promise<VerifiedRun> {
  const runId = run.id;
  const outcomes: MerchantOutcome[] = [];
  const verifying = createWork({ log, runId, merchants, outcomes });
  log.info({ event: logEvents.verifyLedgerStarted, run_id: runId, run_name: run.name, merchants: pending });
  try {
    // A commit a merchant: what was found is not found again.
    const options = { runId, work: verifying.work, batchSize: 1 };
    const finished = await workOff({ database, presence, stopping, report: verifying.report }, options);
    if (finished) await closeRun(database, runId);
    const { failed, pending: left } = await readSums(database, runId);
    return { ...summed(outcomes, left, finished ? undefined : 'stopped'), runId, runFailed: failed };
  } catch (error) {
    if (databaseFailure(error) !== 'unavailable') throw error;
    verifying.fail(messageOf(error));
    const left = Math.max(0, pending - outcomes.length);
    return { ...summed(outcomes, left, { error }), runId, runFailed: 0 };
  }
}

interface Verifying {
  work: Work;
  report: (worked: WorkedOff) => void;
  /** Of the merchant at hand, if there is one, it is not known what its ledger is like. */
  fail: (failure: string) => void;
}

interface VerifyingDeps {
  log: Log;
  runId: string;
  merchants: ReadonlyMap<string, VerifiedMerchant>;
  /** Get what was committed. */
  outcomes: MerchantOutcome[];
}

function createWork({ log, runId, merchants, outcomes }: VerifyingDeps): Verifying {
  const found = new Map<string, Verification>();
  let atHand: string | undefined;
  const merchantOf = (id: string): VerifiedMerchant => merchants.get(id) ?? { id, name: '' };
  const failed = (id: string, failure: string): void => {
    outcomes.push({ merchant: merchantOf(id), failure });
    log.error({ event: logEvents.verifyLedgerMerchantFailed, run_id: runId, merchant_id: id, error: failure });
  };
  return {
    async work(transaction, { merchantId }) {
      atHand = merchantId;
      const verification = await verifyMerchant(transaction, merchantId);
      found.set(merchantId, verification);
      // Told before it is recorded: it must be heard of even if that fails.
      if (verification.imbalancedCards > 0) tellImbalance(log, runId, merchantId, verification);
      await recordVerification(transaction, merchantId, verification);
      return outcomeOf(verification);
    },
    report({ merchantId, milliseconds, failure }) {
      atHand = undefined;
      const verification = found.get(merchantId);
      const known = failure === undefined || failure.reason === 'LedgerImbalanced';
      if (!known) failed(merchantId, failure.message);
      else if (verification !== undefined) {
        outcomes.push({ merchant: merchantOf(merchantId), verification, milliseconds });
        tellDone(log, runId, merchantId, verification, milliseconds);
      }
    },
    fail(failure) {
      if (atHand !== undefined) failed(atHand, failure);
    },
  };
}

function outcomeOf({ cards, imbalancedCards, examples }: Verification): Awaited<ReturnType<Work>> {
  const counts = { cards, lots: 0, points: 0n };
  if (imbalancedCards === 0) return { counts, more: false };
  const message = `${imbalancedCards} of ${cards} cards, the first of them ${examples[0]?.card_id}: balance, entries and lots differ`;
  return { counts, failure: { reason: 'LedgerImbalanced', message } };
}

function tellImbalance(log: Log, runId: string, merchantId: string, verification: Verification): void {
  const { imbalancedCards, examples } = verification;
  const found = { merchant_id: merchantId, imbalanced_cards: imbalancedCards, examples };
  log.error({ event: logEvents.verifyLedgerImbalance, run_id: runId, ...found });
}

function tellDone(log: Log, runId: string, merchantId: string, verification: Verification, milliseconds: number): void {
  const { cards, imbalancedCards } = verification;
  const figures = { cards, imbalanced_cards: imbalancedCards, duration_ms: Math.round(milliseconds) };
  log.info({ event: logEvents.verifyLedgerMerchantDone, run_id: runId, merchant_id: merchantId, ...figures });
}

function summed(
  outcomes: MerchantOutcome[],
  left: number,
  interruption: LedgerVerification['interruption'],
): LedgerVerification {
  const found = outcomes.flatMap((outcome) => ('verification' in outcome ? [outcome.verification] : []));
  return {
    outcomes,
    left,
    interruption,
    cards: found.reduce((sum, { cards }) => sum + cards, 0),
    imbalancedCards: found.reduce((sum, { imbalancedCards }) => sum + imbalancedCards, 0),
    failedMerchants: outcomes.length - found.length,
  };
}
