import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '../../adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import type { WalletCredential } from '../../domain/credentials/wallet-credential.ts';
import { ExitError, exitCodes } from '../../errors.ts';
import { findCredential, listCredentials, patchCredential } from '../credentials-in-cluster.ts';
import type { Outcome } from './outcome.ts';

/** What becomes of spec.rollbackTo. */
export interface Change {
  /** As it was read. */
  before: WalletCredential;
  /** null: it is removed. */
  rollbackTo: number | null;
  /** undefined: it is so already. */
  patch: object | undefined;
}

/** The patch takes effect only if the resource is still as it was read: else what is "previous" may be another revision. */
export function changeOf(before: WalletCredential, rollbackTo: number | null): Change {
  if ((before.spec.rollbackTo ?? null) === rollbackTo) return { before, rollbackTo, patch: undefined };
  const { resourceVersion } = before.metadata;
  return { before, rollbackTo, patch: { metadata: { resourceVersion }, spec: { rollbackTo } } };
}

interface Named {
  client: KubernetesClient;
  namespace: string;
  name: string;
}

/** @throws ExitError (64) when there is none of that name, listing those that are. */
export async function readCredential({ client, namespace, name }: Named): Promise<WalletCredential> {
  const found = await findCredential(client, namespace, name);
  if (found) return found;
  // Whoever may roll back may perhaps not list.
  const others = await listCredentials(client, namespace).catch(() => undefined);
  const names = others?.map(({ metadata }) => metadata.name).join(', ');
  const listing = names === undefined ? '' : `; there ${names === '' ? 'is none' : `are: ${names}`}`;
  throw new ExitError(exitCodes.usage, `WalletCredential ${name} does not exist in namespace ${namespace}${listing}.`);
}

/** The controller writes the status at the same time: that is no reason to give up. */
const mostTries = 10;

/** Reads, decides and writes, and starts again when the resource changed in between. */
export async function makeChange(
  named: Named,
  decide: (credential: WalletCredential) => Change,
): Promise<Change & { after: WalletCredential }> {
  for (let tries = 0; tries < mostTries; tries++) {
    const change = decide(await readCredential(named));
    if (!change.patch) return { ...change, after: change.before };
    try {
      return { ...change, after: await patchCredential(named.client, change.before, change.patch) };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      // Changed in between: look again.
    }
  }
  throw new ExitError(
    exitCodes.temporary,
    `WalletCredential ${named.name} changes faster than it can be written. Try again.`,
  );
}

const pollMilliseconds = 200;

/**
 * Looks until the controller has acted.
 * @throws ExitError (75) with what it waits for, after that long.
 */
export async function waitFor(
  named: Named,
  outcomeOf: (credential: WalletCredential) => Outcome,
  timeoutMilliseconds: number,
): Promise<{ credential: WalletCredential; outcome: Exclude<Outcome, { state: 'waiting' }> }> {
  const deadline = Date.now() + timeoutMilliseconds;
  for (;;) {
    const look = await tryToLook(named, outcomeOf);
    if (look.outcome.state !== 'waiting' && look.credential)
      return { credential: look.credential, outcome: look.outcome };
    if (Date.now() + pollMilliseconds > deadline) throw tooLate(timeoutMilliseconds, look.outcome);
    await sleep(pollMilliseconds);
  }
}

/** An API server that is away for a moment is waited for, too. */
async function tryToLook(
  named: Named,
  outcomeOf: (credential: WalletCredential) => Outcome,
): Promise<{ credential?: WalletCredential; outcome: Outcome }> {
  try {
    const credential = await readCredential(named);
    return { credential, outcome: outcomeOf(credential) };
  } catch (error) {
    if (!(error instanceof ExitError) || error.exitCode !== exitCodes.temporary) throw error;
    return { outcome: { state: 'waiting', message: error.message } };
  }
}

function tooLate(milliseconds: number, outcome: Outcome): ExitError {
  const why = 'message' in outcome ? outcome.message : '';
  return new ExitError(exitCodes.temporary, `Not done after ${milliseconds / 1000} s: ${why}`);
}
