import type { Knex } from 'knex';
import { readSums } from '../../adapters/postgres/runs/outcomes.ts';
import { type FailedCards, readFailedCards } from '../../adapters/postgres/runs/card-outcomes.ts';
import { readRun, type Run } from '../../adapters/postgres/runs/run.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import { retryTable, type WalletOutcome } from '../../domain/wallet/retry.ts';
import { type ExitCode, exitCodes } from '../../errors.ts';
import { type Log, logEvents } from '../../log.ts';
import type { StopReason } from './platform-run.ts';
import type { MerchantTally } from './recorder.ts';

/** How sending to one platform has ended in this process. */
export interface PlatformEnd {
  platform: Platform;
  outcomes: ReadonlyMap<WalletOutcome, number>;
  merchants: ReadonlyMap<string, MerchantTally>;
  /** Why it ended before nothing was left, when the platform was the reason. */
  stop: StopReason | undefined;
  /** The time was over, or the process was told to stop. */
  over: boolean;
}

/** What a run of sync-wallets has come to. */
export interface SyncEnd {
  run: Run;
  exitCode: ExitCode;
  platforms: readonly PlatformEnd[];
  /** Of the whole run. */
  failed: FailedCards;
  merchants: { done: number; failed: number };
  /** Passes that were brought up to date in the whole run. */
  cards: number;
  seconds: number;
  /** It was not told to stop. */
  finished: boolean;
}

export interface ConcludeDeps {
  database: Knex;
  log: Log;
}

/** Cards that a log line names. */
const named = 100;

/** Reads what a run has come to, and logs it. */
export async function concludeRun(
  { database, log }: ConcludeDeps,
  runId: string,
  platforms: readonly PlatformEnd[],
  finished: boolean,
): Promise<SyncEnd> {
  const run = await readRun(database, runId);
  const { done, failed: failedMerchants, cards } = await readSums(database, runId);
  const failed = await readFailedCards(database, runId, named);
  const exitCode = exitCodeOf(platforms, failedMerchants, finished);
  const seconds = ((run.finishedAt ?? new Date()).getTime() - run.startedAt.getTime()) / 1_000;
  const merchants = { done, failed: failedMerchants };
  const end = { run, exitCode, platforms, failed, merchants, cards, seconds, finished };
  logMerchants(log, end);
  logEnd(log, end);
  return end;
}

function exitCodeOf(platforms: readonly PlatformEnd[], failedMerchants: number, finished: boolean): ExitCode {
  if (!finished) return exitCodes.temporary;
  const stopped = platforms.some(({ stop }) => stop !== undefined && stop.outcome !== 'Throttled');
  return failedMerchants > 0 || stopped ? exitCodes.partial : exitCodes.done;
}

function logMerchants(log: Log, { run, platforms }: SyncEnd): void {
  for (const { platform, merchants } of platforms) {
    for (const [merchantId, { cards, failed }] of merchants) {
      const fields = { run_id: run.id, merchant_id: merchantId, platform, cards, failed_cards: failed };
      if (failed > 0) log.error({ event: logEvents.syncWalletsMerchantFailed, ...fields });
      else log.info({ event: logEvents.syncWalletsMerchantDone, ...fields });
    }
  }
}

function logEnd(log: Log, { run, exitCode, platforms, failed, merchants, cards, seconds, finished }: SyncEnd): void {
  const ids = { run_id: run.id, run_name: run.name };
  const outcomes = Object.fromEntries(
    platforms.map(({ platform, outcomes: counts }) => [platform, Object.fromEntries(counts)]),
  );
  const stopped = platforms.flatMap(({ platform, stop }) => (stop ? [{ platform, reason: stop.outcome }] : []));
  const left = platforms.filter(({ over }) => over).map(({ platform }) => platform);
  const figures = {
    state: run.state,
    exit_code: exitCode,
    cards,
    merchants: merchants.done + merchants.failed,
    failed_merchants: merchants.failed,
    outcomes,
    stopped,
    left,
    failed_cards: failed.reasons.reduce((sum, { cards: count }) => sum + count, 0),
    failed_card_ids: failed.ids,
    reasons: failed.reasons.map((reason) => ({ ...reason, advice: adviceOn(reason.reason) })),
    duration_ms: Math.round(seconds * 1_000),
  };
  if (finished) log.info({ event: logEvents.syncWalletsFinished, ...ids, ...figures });
  else log.warn({ event: logEvents.syncWalletsInterrupted, ...ids, ...figures, reason: 'told to stop' });
}

/** What to do about an outcome; undefined: it is none of the table. */
export function adviceOn(reason: string): string | undefined {
  return Object.hasOwn(retryTable, reason) ? retryTable[reason as WalletOutcome].advice : undefined;
}
