import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { GoogleWallet } from '../../adapters/google/wallet/google-wallet.ts';
import { countOutcomes } from '../../adapters/postgres/wallet/count-outcomes.ts';
import { claimPass, recordIssued, releasePass } from '../../adapters/postgres/wallet/issue.ts';
import { readPassContents } from '../../adapters/postgres/wallet/pass-content.ts';
import { type Pass, readPass } from '../../adapters/postgres/wallet/passes.ts';
import type { ProgramContent } from '../../domain/wallet/program-content.ts';
import { retryTable } from '../../domain/wallet/retry.ts';
import type { WalletResult } from '../../domain/wallet/wallet-result.ts';
import { Problem } from '../problems.ts';

export interface IssueDeps {
  database: Knex;
  wallet: GoogleWallet;
  program: ProgramContent;
  /** Aborted: there is no more time. */
  signal: AbortSignal;
}

/** Milliseconds between two looks whether somebody else has sent it. */
const pause = 200;

/**
 * Sees to it that Google has the object of a pass, as sync-wallets does it: under a claim, and with no transaction open meanwhile. One that
 * Google has, and that a customer has, is left to sync-wallets.
 * @throws Problem `google-unavailable`, `google-refused`
 */
export async function issueObject(pass: Pass, deps: IssueDeps): Promise<void> {
  const { database, signal } = deps;
  const claim = { ...pass, claim: `api ${randomUUID()}` };
  for (let current: Pass | undefined = pass; current !== undefined; current = await readPass(database, pass)) {
    const known = current.syncedVersion !== null;
    if (known && (current.staleSince === null || current.saved)) return;
    if (await claimPass(database, claim)) return send(claim, known, deps);
    // Whoever has the claim brings it up to date, and a link needs no more than that it exists.
    if (known) return;
    await sleep(pause, undefined, { signal }).catch(() => {});
    if (signal.aborted) throw unavailable('Another process is making the object at the moment.', 10);
  }
}

async function send(claim: Pass & { claim: string }, known: boolean, deps: IssueDeps): Promise<void> {
  const { database, wallet, program, signal } = deps;
  const { objectId } = claim;
  const [content] = await readPassContents(database, 'google', [claim]);
  if (content === undefined) throw new Error(`pass ${objectId} has no content, though it is there`);
  let result: WalletResult;
  try {
    result = await wallet.syncObject(content, { objectId, program, notify: false }, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    result = { outcome: 'Unavailable', message: 'Google did not answer in time.' };
  }
  const { outcome, hasUsers } = result;
  const taken = outcome === 'Synced' || outcome === 'Created' || outcome === 'AlreadyExists';
  if (taken) await recordIssued(database, claim, { version: content.version, saved: hasUsers });
  // What was not answered may still arrive: nobody is to send another version before the claim ends.
  else if (outcome !== 'Unavailable') await releasePass(database, claim);
  await countOutcomes(database, 'google', new Map([[outcome, 1]]));
  if (!taken && !known) throw problemOf(result);
}

function problemOf({ outcome, message }: WalletResult): Problem {
  if (outcome === 'Throttled') return unavailable(message, 10);
  if (outcome === 'Unavailable') return unavailable(message, 60);
  const { advice } = retryTable[outcome];
  return new Problem('google-refused', `${message} ${advice}`, { extensions: { reason: outcome } });
}

function unavailable(message: string, seconds: number): Problem {
  return new Problem('google-unavailable', message, { headers: { 'Retry-After': String(seconds) } });
}
