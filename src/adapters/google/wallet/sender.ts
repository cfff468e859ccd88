import { setTimeout as sleep } from 'node:timers/promises';
import { retryTable } from '../../../domain/wallet/retry.ts';
import { describeNetworkFailure } from '../../network-failure.ts';
import type { LiveCredential } from '../../credential-folder/live-credential.ts';
import { readIssuerAnswer } from '../issuer-answer.ts';
import { TooLateError, type WalletConnection, type WalletRequest } from './connection.ts';
import { Identity, type IdentityDeps } from './identity.ts';
import { type AnswerKind, type RawAnswer, readWalletAnswer, type WalletAnswer } from './wallet-answer.ts';

export interface SenderDeps extends IdentityDeps {
  walletUrl: string;
  connection: WalletConnection;
  credential: () => LiveCredential;
  renew: () => LiveCredential;
  pace: (signal: AbortSignal) => Promise<number>;
  postpone: (milliseconds: number) => Promise<void>;
  /** A number from 0 to 1, for the jitter. */
  random: () => number;
  sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

/** A 403 that is no quota, and what reading the issuer with the same token says of it. */
export type Sent = WalletAnswer & { issuer?: 'readable' | 'refused' | 'unauthorized' | 'unknown' };

/** Milliseconds: whoever is told to wait longer leaves it to the next run, while {@link SenderDeps.postpone} holds all back. */
const longestWait = 30_000;

/** An answer, with the token and the identity that it was asked with; no token: there was none to be had. */
interface Attempt {
  identity: Identity;
  token?: string;
  answer: WalletAnswer;
}

/** Sends requests in the name of the credential that is current, and tries again at once what {@link retryTable} says is to be. */
export class Sender {
  readonly #deps: SenderDeps;
  #identity: Identity | undefined;

  constructor(deps: SenderDeps) {
    this.#deps = deps;
  }

  /** In whose name the next request is sent. */
  identity(): Identity {
    return this.#of(this.#deps.credential());
  }

  /**
   * @param issuerId whose class or object the request is about: under another issuer's credential it is not sent at all.
   * @throws the signal's reason; what `pace` and `postpone` throw
   */
  async send(request: WalletRequest, issuerId: string, signal: AbortSignal): Promise<Sent> {
    const left = triesLeft();
    for (let again = 0; ; again += 1) {
      const attempt = await this.#attempt(request, issuerId, signal);
      const { kind } = attempt.answer;
      if (kind === 'forbidden') return this.#askIssuer(attempt, signal);
      if (attempt.answer.retryAfter !== undefined) await this.#deps.postpone(attempt.answer.retryAfter);
      left[kind] = (left[kind] ?? 1) - 1;
      if (left[kind] === 0 || !(await this.#prepare(attempt, again, signal))) return attempt.answer;
    }
  }

  #of(credential: LiveCredential): Identity {
    if (this.#identity?.fingerprint !== credential.fingerprint) this.#identity = new Identity(credential, this.#deps);
    return this.#identity;
  }

  async #attempt(request: WalletRequest, issuerId: string, signal: AbortSignal): Promise<Attempt> {
    signal.throwIfAborted();
    const identity = this.identity();
    if (identity.issuerId !== issuerId) return { identity, answer: notOurs(issuerId, identity) };
    const given = identity.heldToken() ?? (await orAborted(identity.token(), signal));
    if (given.got !== 'token') {
      const kind = given.got === 'refused' ? 'unauthorized' : given.got;
      return { identity, answer: { kind, message: given.message } };
    }
    return { identity, token: given.token, answer: await this.#exchange(request, given.token, signal) };
  }

  async #exchange(request: WalletRequest, token: string, signal: AbortSignal): Promise<WalletAnswer> {
    const raw = await this.#ask(request, token, signal);
    return 'kind' in raw ? raw : readWalletAnswer(raw, this.#deps.now());
  }

  async #ask(request: WalletRequest, token: string, signal: AbortSignal): Promise<RawAnswer | WalletAnswer> {
    const { pace, connection, walletUrl } = this.#deps;
    await connection.permits.acquire(signal);
    try {
      for (;;) {
        const latest = await pace(signal);
        const answer = await connection.exchange(request, token, latest, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          // Sent now it would come on top of those of the next second.
          if (error instanceof TooLateError) return undefined;
          const why = describeNetworkFailure(error, walletUrl);
          return { kind: 'unavailable' as const, message: `Google was not reached: ${why}.` };
        });
        if (answer !== undefined) return answer;
      }
    } finally {
      connection.permits.release();
    }
  }

  /** Does what is to be done before a request is tried again; false: it is not tried again. */
  async #prepare({ identity, token, answer }: Attempt, again: number, signal: AbortSignal): Promise<boolean> {
    const { renew, random } = this.#deps;
    const { kind, retryAfter = 1_000 * 2 ** again * (0.75 + random() / 2) } = answer;
    if (kind === 'unauthorized') {
      if (token !== undefined) identity.forget(token);
      // Whoever comes later than another request with the same credential finds a new one here.
      if (this.#identity === identity) this.#of(renew());
      return true;
    }
    if ((kind !== 'throttled' && kind !== 'unavailable') || retryAfter > longestWait) return false;
    await (this.#deps.sleep ?? rest)(retryAfter, signal);
    return true;
  }

  /** Whether it is the issuer that may not be used, or only this class or object. */
  async #askIssuer({ identity, token = '', answer }: Attempt, signal: AbortSignal): Promise<Sent> {
    const raw = await this.#ask({ method: 'GET', path: `issuer/${identity.issuerId}` }, token, signal);
    if ('kind' in raw) return { ...answer, issuer: 'unknown' };
    const verdict = readIssuerAnswer({ ...raw, date: undefined }, identity.account.clientEmail, identity.issuerId);
    if (verdict.outcome === 'verified') return { ...answer, issuer: 'readable' };
    const message = `${answer.message} ${verdict.message}`;
    if (verdict.outcome === 'unreachable') return { ...answer, message, issuer: 'unknown' };
    return { ...answer, message, issuer: verdict.reason === 'InvalidGrant' ? 'unauthorized' : 'refused' };
  }
}

function triesLeft(): Partial<Record<AnswerKind, number>> {
  const { Throttled, Unavailable, CredentialRefused } = retryTable;
  return {
    throttled: Throttled.atOnce.tries,
    unavailable: Unavailable.atOnce.tries,
    unauthorized: CredentialRefused.atOnce.tries,
  };
}

function notOurs(issuerId: string, identity: Identity): WalletAnswer {
  const message = `It belongs to issuer ${issuerId}, and the credential is of issuer ${identity.issuerId}: nothing was sent.`;
  return { kind: 'not ours', message };
}

async function rest(milliseconds: number, signal: AbortSignal): Promise<void> {
  try {
    await sleep(milliseconds, undefined, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  }
}

/** What others wait for, too, goes on; this one leaves when it is aborted. */
async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([work, promise]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
