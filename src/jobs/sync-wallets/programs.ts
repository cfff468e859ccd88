import type { Knex } from 'knex';
import type { GoogleWallet } from '../../adapters/google/wallet/google-wallet.ts';
import {
  noteClass,
  recordClass,
  type StaleClass,
  staleClasses,
} from '../../adapters/postgres/wallet/google-classes.ts';
import { readProgramContents } from '../../adapters/postgres/wallet/program-content.ts';
import {
  type ChangedProgram,
  finishMarking,
  markPasses,
  nextChangedProgram,
} from '../../adapters/postgres/wallet/restyle.ts';
import { classIdOf } from '../../domain/wallet/google/ids.ts';
import { nextAttempt, type RetryRule, retryTable } from '../../domain/wallet/retry.ts';
import type { WalletResult } from '../../domain/wallet/wallet-result.ts';
import type { PlatformRun } from './platform-run.ts';

/** Cards whose passes are marked in one transaction, which holds them. */
const batchSize = 1_000;

export interface MarkingOptions {
  merchants: readonly string[] | undefined;
  /** Passes of Google that only look otherwise are due then. */
  due: Date;
  /** Issuer id; undefined: Google is not configured. */
  issuerId: string | undefined;
  ended: () => boolean;
}

/**
 * Marks the passes of programs that look otherwise, in batches behind a cursor that is kept: whoever is killed is gone on for by the next
 * run. A program that changes while its passes are being marked is begun with again.
 */
export async function markChangedPrograms(database: Knex, options: MarkingOptions): Promise<void> {
  for (;;) {
    const program = options.ended() ? undefined : await nextChangedProgram(database, options.merchants);
    if (program === undefined) return;
    await markProgram(database, program, options);
  }
}

async function markProgram(database: Knex, found: ChangedProgram, options: MarkingOptions): Promise<void> {
  const { due, issuerId, ended } = options;
  let program = found;
  let noted = false;
  while (!ended()) {
    const marked = await markPasses(database, program, { limit: batchSize, due });
    // Somebody else marks it, too: his cursor is gone on with.
    if (marked.programs === 0) return;
    if (marked.google && !noted && issuerId !== undefined) {
      const [content] = await readProgramContents(database, [program]);
      if (content !== undefined) await noteClass(database, program, classIdOf(issuerId, content));
      noted = true;
    }
    if (marked.cards === 0) return finishMarking(database, program);
    program = { ...program, cursor: marked.cursor };
  }
}

/** Brings the classes of programs that look otherwise up to date. */
export async function sendClasses(
  { database, ending, recorder }: PlatformRun,
  wallet: GoogleWallet,
  { merchants, until }: { merchants: readonly string[] | undefined; until: Date },
): Promise<void> {
  const told = new AbortController();
  ending.onEnd(() => told.abort(new DOMException('sending has ended', 'AbortError')));
  for (const stale of await staleClasses(database, wallet.account().issuerId, until, merchants)) {
    const [program] = await readProgramContents(database, [stale]);
    if (program === undefined || ending.ended) return;
    const { fingerprint } = wallet.account();
    const result = await wallet.syncClass(program, told.signal).catch((error: unknown) => {
      if (told.signal.aborted) return undefined;
      throw error;
    });
    if (result === undefined) return;
    recorder.count(result.outcome);
    await recordResult(database, stale, program.version, result);
    const { outcome, message } = result;
    const { counts }: RetryRule = retryTable[outcome];
    if (counts === 'failed') {
      recorder.addFailure({ ...keyOf(stale), cardId: null, platform: 'google', reason: outcome, message });
    }
    const replaced = wallet.account().fingerprint !== fingerprint;
    if (outcome === 'IssuerRefused' || (outcome === 'CredentialRefused' && !replaced))
      ending.stop({ outcome, message });
  }
}

const keyOf = ({ merchantId }: StaleClass): { merchantId: string } => ({ merchantId });

async function recordResult(
  database: Knex,
  stale: StaleClass,
  version: number,
  { outcome, message }: WalletResult,
): Promise<void> {
  const { counts, attempt }: RetryRule = retryTable[outcome];
  const taken = counts === 'synced' || counts === 'created';
  const attempts = taken ? 0 : stale.attempts + (attempt ? 1 : 0);
  const next = nextAttempt(outcome, attempts, new Date());
  // A program that changes is another version, which is tried again whatever became of this one.
  const nextAttemptAt = next === 'card changes' ? 'infinity' : next === 'now' || next === undefined ? null : next;
  const why = { reason: taken ? null : outcome, message: taken ? null : message };
  await recordClass(database, { ...stale, version: taken ? version : null, attempts, nextAttemptAt, ...why });
}
