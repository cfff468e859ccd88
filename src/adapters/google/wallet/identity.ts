import { z } from 'zod';
import { describeNetworkFailure } from '../../network-failure.ts';
import type { LiveCredential } from '../../credential-folder/live-credential.ts';
import { type GoogleAnswer, requestToken } from '../google-client.ts';
import { type ServiceAccount, serviceAccountOf } from '../service-account.ts';
import { readTokenAnswer } from '../token-answer.ts';

/** A token, or why there is none. */
export type TokenAnswer =
  | { got: 'token'; token: string }
  /** `refused`: Google judged the account; `throttled` and `unavailable`: it is to be asked again. */
  | { got: 'refused' | 'throttled' | 'unavailable'; message: string };

export interface IdentityDeps {
  tokenUrl: string;
  timeoutMilliseconds: number;
  now: () => Date;
}

const tokenSchema = z.object({ access_token: z.string(), expiry_date: z.number() });

/** Milliseconds before its end in which a token is no longer used: a request may be on its way for a while. */
const margin = 120_000;

/** In whose name we speak to Google: account, key, issuer and token of one credential, never of two. */
export class Identity {
  readonly fingerprint: string;
  readonly issuerId: string;
  readonly account: ServiceAccount;
  readonly #deps: IdentityDeps;
  #token: { answer: TokenAnswer; expiresAt: number } | undefined;
  #asking: Promise<TokenAnswer> | undefined;

  constructor(credential: LiveCredential, deps: IdentityDeps) {
    const { account, issuerId } = serviceAccountOf(credential);
    this.fingerprint = credential.fingerprint;
    this.account = account;
    this.issuerId = issuerId;
    this.#deps = deps;
  }

  /** The token that is at hand; undefined: there is none yet, or no longer. */
  heldToken(): TokenAnswer | undefined {
    const held = this.#token;
    return held !== undefined && this.#deps.now().getTime() < held.expiresAt - margin ? held.answer : undefined;
  }

  /** A new token; those who ask at once wait for the same. */
  token(): Promise<TokenAnswer> {
    this.#asking ??= this.#ask().finally(() => (this.#asking = undefined));
    return this.#asking;
  }

  /** Google does not take a token any more: the next one is a new one. */
  forget(token: string): void {
    if (this.#token?.answer.got === 'token' && this.#token.answer.token === token) this.#token = undefined;
  }

  async #ask(): Promise<TokenAnswer> {
    const { tokenUrl, timeoutMilliseconds, now } = this.#deps;
    try {
      const answer = await requestToken(this.account, tokenUrl, AbortSignal.timeout(timeoutMilliseconds));
      return this.#read(answer, now());
    } catch (error) {
      return { got: 'unavailable', message: `${describeNetworkFailure(error, tokenUrl)}.` };
    }
  }

  #read(answer: GoogleAnswer, now: Date): TokenAnswer {
    const problem = readTokenAnswer(answer, now);
    const token = problem === undefined ? tokenSchema.safeParse(answer.body).data : undefined;
    if (token !== undefined) {
      this.#token = { answer: { got: 'token', token: token.access_token }, expiresAt: token.expiry_date };
      return this.#token.answer;
    }
    const message = problem?.message ?? "Google's token endpoint answered without saying how long the token lasts.";
    if (problem?.outcome === 'refused') return { got: 'refused', message };
    return { got: answer.status === 429 ? 'throttled' : 'unavailable', message };
  }
}
