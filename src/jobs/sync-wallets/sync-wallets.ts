import type { Knex } from 'knex';
import { readClock } from '../../adapters/postgres/runs/clock.ts';
import { closeRun } from '../../adapters/postgres/runs/close.ts';
import type { GoogleWallet } from '../../adapters/google/wallet/google-wallet.ts';
import type { Apns } from '../../adapters/apple/push/client.ts';
import type { Pacer } from '../../adapters/postgres/wallet/pacer.ts';
import { type PlatformAccount, stopPlatform, usePlatform } from '../../adapters/postgres/wallet/platforms.ts';
import { sendAgain } from '../../adapters/postgres/wallet/due-now.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import { type Log, logEvents } from '../../log.ts';
import { type OpenRun, openRun, type RunRequest } from '../run.ts';
import { PresenceLostError } from '../run-worker.ts';
import { sendToApple } from './apple.ts';
import { createClaimant } from './claimant.ts';
import { type GooglePacing, paceLeases, sendToGoogle } from './google.ts';
import { createLeases, type Leases } from './leases.ts';
import { Ending, type PlatformRun } from './platform-run.ts';
import { markChangedPrograms, sendClasses } from './programs.ts';
import { createRecorder } from './recorder.ts';
import { makeDue, type SyncScope } from './scope.ts';
import { concludeRun, type PlatformEnd, type SyncEnd } from './conclude.ts';

/** A wallet that passes are sent to. */
export interface GooglePlatform {
  platform: 'google';
  pacer: Pacer;
  /** Opens the wallet whose requests this paces. */
  open: (pacing: GooglePacing) => GoogleWallet;
  ratePerSecond: number;
}

export interface ApplePlatform {
  platform: 'apple';
  apns: Apns;
  account: () => Omit<PlatformAccount, 'platform'>;
  /** Reads the credential folder again. */
  renew: () => void;
}

export interface SyncDeps {
  /** With the schema; six connections or more. */
  database: Knex;
  log: Log;
  /** Those that are configured and wanted. */
  platforms: readonly (GooglePlatform | ApplePlatform)[];
  /** Aborted: nothing more is sent, and what is under way ends within some seconds. */
  stopping: AbortSignal;
}

export interface SyncOptions {
  scope: SyncScope;
  /** Passes that the wallets have already, too. */
  full: boolean;
  /** After so many seconds the rest is left to the next run. */
  limitSeconds: number;
}

/** Milliseconds that requests under way have after the signal to stop. */
const grace = 2_500;

/**
 * Opens or joins a run and sends what is due to every platform at once, until nothing is left, the time is over or it is told to stop.
 * @throws ExitError (64) of {@link openRun}; what the database throws when it is away: the run stays open, and claims end by themselves.
 */
export async function syncWallets(deps: SyncDeps, request: RunRequest, options: SyncOptions): Promise<SyncEnd> {
  const open = await openRun(deps.database, request);
  try {
    logStart(deps, open);
    const ends = open.run.state === 'running' ? await sendAll(deps, open, options) : [];
    const finished = !deps.stopping.aborted;
    const stopped = ends.filter(({ stop }) => stop !== undefined && stop.outcome !== 'Throttled');
    if (finished) await closeRun(deps.database, open.run.id, stopped.length > 0);
    return await concludeRun(deps, open.run.id, ends, finished);
  } finally {
    await open.presence.leave();
  }
}

function logStart({ log, platforms }: SyncDeps, { run: { id, name }, joined, abandoned }: OpenRun): void {
  for (const runId of abandoned) log.warn({ event: logEvents.syncWalletsAbandoned, run_id: runId });
  const names = platforms.map(({ platform }) => platform);
  log.info({ event: logEvents.syncWalletsStarted, run_id: id, run_name: name, joined, platforms: names });
}

async function sendAll(deps: SyncDeps, open: OpenRun, options: SyncOptions): Promise<PlatformEnd[]> {
  const { database, stopping, platforms } = deps;
  const now = await databaseClock(database);
  const all = platforms.map((target) => prepare(deps, open, options, target, now));
  const tell = (): void => {
    for (const { run, leases } of all) {
      run.ending.tell();
      setTimeout(() => leases.abandon(), grace).unref();
    }
  };
  const spent = (now().getTime() - open.run.startedAt.getTime()) / 1_000;
  // Whoever goes on with a run that was cut short has a minute at least.
  const seconds = Math.min(options.limitSeconds, Math.max(60, options.limitSeconds - spent));
  const deadline = setTimeout(() => all.forEach(({ run }) => run.ending.tell()), seconds * 1_000);
  stopping.addEventListener('abort', tell, { once: true });
  if (stopping.aborted) tell();
  const watch = setInterval(() => open.presence.lost() && tell(), 500);
  try {
    for (const { useCredential } of all) await useCredential();
    if (options.scope.cards === undefined) await markPrograms(database, open, options, all);
    const ends = await Promise.all(all.map((prepared) => sendPlatform(deps, open, options, prepared)));
    if (open.presence.lost()) throw new PresenceLostError();
    return ends;
  } finally {
    clearTimeout(deadline);
    clearInterval(watch);
    stopping.removeEventListener('abort', tell);
    await Promise.all(all.map(async ({ wallet }) => wallet?.close()));
  }
}

/** The database's clock, without asking it again. */
async function databaseClock(database: Knex): Promise<() => Date> {
  const sent = performance.now();
  const instant = (await readClock(database)).getTime();
  return () => new Date(instant + performance.now() - sent);
}

interface Prepared {
  run: PlatformRun;
  leases: Leases;
  target: GooglePlatform | ApplePlatform;
  /** Of Google. */
  wallet: GoogleWallet | undefined;
  useCredential: () => Promise<void>;
}

/** One process marks for all platforms; several take turns. */
async function markPrograms(
  database: Knex,
  { run: { startedAt: due } }: OpenRun,
  { scope: { merchants } }: SyncOptions,
  all: readonly Prepared[],
): Promise<void> {
  const issuerId = all.find(({ wallet }) => wallet !== undefined)?.wallet?.account().issuerId;
  const ended = (): boolean => all.every(({ run }) => run.ending.ended);
  await markChangedPrograms(database, { merchants, due, issuerId, ended });
}

function prepare(
  { database }: SyncDeps,
  { run: { id: runId, startedAt } }: OpenRun,
  { scope }: SyncOptions,
  target: GooglePlatform | ApplePlatform,
  now: () => Date,
): Prepared {
  const { platform } = target;
  const ending = new Ending();
  const claimant = createClaimant(database, { platform, scope, until: startedAt });
  const recorder = createRecorder({ database, platform, runId, now, countPasses: platform === 'google' });
  const leases = createLeases(database, platform, ending);
  const run = { database, platform, claimant, recorder, ending };
  const wallet = target.platform === 'google' ? target.open(paceLeases(target.pacer, leases, run)) : undefined;
  const useCredential = credentialUser(database, () => accountOf(target, wallet));
  return { target, leases, run, wallet, useCredential };
}

async function sendPlatform(
  { database, log }: SyncDeps,
  { run: { id: runId, startedAt: until } }: OpenRun,
  { scope, full }: SyncOptions,
  { run, leases, target, wallet, useCredential }: Prepared,
): Promise<PlatformEnd> {
  const { platform, ending, recorder } = run;
  const { merchants, cards } = scope;
  if (full) await sendAllAgain(database, platform, scope, until, ending);
  else await makeDue(database, platform, scope);
  if (target.platform === 'apple') {
    await sendToApple(run, { apns: target.apns, renew: target.renew, leases, useCredential });
  } else if (wallet !== undefined) {
    if (cards === undefined) await sendClasses(run, wallet, { merchants, until });
    await sendToGoogle(run, { wallet, leases, ratePerSecond: target.ratePerSecond, useCredential });
  }
  await leases.release();
  await recorder.finish();
  // One that was replaced while the last passes were sent is known, too.
  await useCredential();
  const stop = typeof ending.why === 'object' ? ending.why : undefined;
  if (stop !== undefined && stop.outcome !== 'Throttled') {
    log.error({
      event: logEvents.syncWalletsStopped,
      run_id: runId,
      platform,
      reason: stop.outcome,
      reason_message: stop.message,
    });
    await stopPlatform(database, { platform, reason: stop.outcome, message: stop.message }, runId);
  }
  return { platform, outcomes: recorder.outcomes, merchants: recorder.merchants, stop, over: ending.why === 'told' };
}

function accountOf(target: GooglePlatform | ApplePlatform, wallet: GoogleWallet | undefined): PlatformAccount {
  if (target.platform === 'apple') return { platform: 'apple', ...target.account() };
  if (wallet === undefined) throw new Error('the wallet of Google is not open');
  const { issuerId: account, fingerprint } = wallet.account();
  return { platform: 'google', account, fingerprint };
}

/** Writes which credential is used when it is another one than before. */
function credentialUser(database: Knex, current: () => PlatformAccount): () => Promise<void> {
  let known: string | undefined;
  return async () => {
    const account = current();
    if (account.fingerprint === known) return;
    known = account.fingerprint;
    await usePlatform(database, account);
  };
}

/** Passes that are marked at once. */
const again = 2_000;

const nil = '00000000-0000-0000-0000-000000000000';

async function sendAllAgain(
  database: Knex,
  platform: Platform,
  { merchants, cards }: SyncScope,
  since: Date,
  ending: Ending,
): Promise<void> {
  const wanted = { platform, merchants, cards: cards?.map(({ cardId }) => cardId), since, limit: again };
  let position: { merchantId: string; cardId: string } | undefined = { merchantId: nil, cardId: nil };
  while (position !== undefined && !ending.ended) position = await sendAgain(database, wanted, position);
}
