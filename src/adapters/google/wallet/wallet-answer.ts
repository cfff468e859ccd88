import { z } from 'zod';
import type { WalletOutcome } from '../../../domain/wallet/retry.ts';
import { googleErrorOf, kindOfForbidden } from '../issuer-answer.ts';

/** What an answer of the Wallet API means for the request. */
export type AnswerKind =
  'done' | 'missing' | 'exists' | 'invalid' | 'unauthorized' | 'throttled' | 'forbidden' | 'unavailable' | 'not ours';

/** A request that was answered, or that was not. */
export interface WalletAnswer {
  kind: AnswerKind;
  /** Of a good answer: whether somebody has the object in a wallet; absent: it does not say. */
  hasUsers?: boolean;
  /** Milliseconds, from Retry-After. */
  retryAfter?: number;
  /** `error.errors[0].reason` of what is no good answer; absent: there is none. */
  reason?: string;
  message: string;
}

/** What came over the wire. */
export interface RawAnswer {
  status: number;
  /** Parsed JSON; undefined: it is none. */
  body: unknown;
  retryAfter: string | undefined;
}

/** The outcome of what stays as it is answered; what is answered 2xx, 404 or 409 is the caller's to judge. */
export const outcomes = {
  invalid: 'InvalidContent',
  unauthorized: 'CredentialRefused',
  throttled: 'Throttled',
  unavailable: 'Unavailable',
  'not ours': 'CardRefused',
} as const satisfies Partial<Record<AnswerKind, WalletOutcome>>;

const objectSchema = z.object({ hasUsers: z.boolean() });

/** Characters of a message of Google's that are passed on. */
const longestMessage = 300;

/** Reads an answer. Only what has the form of Google's errors is Google's judgement: a proxy answers 403 and 404, too. */
export function readWalletAnswer({ status, body, retryAfter }: RawAnswer, now: Date): WalletAnswer {
  if (status >= 200 && status < 300) {
    const hasUsers = objectSchema.safeParse(body).data?.hasUsers;
    return { kind: 'done', message: `Google answered ${status}.`, ...(hasUsers !== undefined && { hasUsers }) };
  }
  const wait = milliseconds(retryAfter, now);
  const reason = googleErrorOf(body)?.errors[0]?.reason;
  return {
    kind: kindOf(status, body),
    message: describe(status, body),
    ...(reason !== undefined && { reason }),
    ...(wait !== undefined && { retryAfter: wait }),
  };
}

function kindOf(status: number, body: unknown): AnswerKind {
  if (status === 429) return 'throttled';
  if (status === 401) return 'unauthorized';
  const error = googleErrorOf(body);
  if (error === undefined || status < 400 || status >= 500 || status === 408) return 'unavailable';
  if (status === 404) return 'missing';
  if (status === 409) return 'exists';
  // That the API is not enabled has the domain usageLimits, too, but no waiting helps: reading the issuer fails alike.
  if (status === 403) return kindOfForbidden(error) === 'quota' ? 'throttled' : 'forbidden';
  return 'invalid';
}

function describe(status: number, body: unknown): string {
  const error = googleErrorOf(body);
  if (error === undefined) return `Google answered ${status} without an error of the Wallet API.`;
  const reason = error.errors[0]?.reason ?? error.status;
  const what = `Google answered ${status}${reason === undefined ? '' : ` ${reason}`}`;
  return error.message === undefined ? `${what}.` : `${what}: ${error.message.slice(0, longestMessage)}`;
}

/** Retry-After: seconds, or an instant (RFC 9110, section 10.2.3). */
function milliseconds(retryAfter: string | undefined, now: Date): number | undefined {
  if (retryAfter === undefined) return undefined;
  if (/^\d{1,7}$/.test(retryAfter)) return Number(retryAfter) * 1_000;
  const instant = Date.parse(retryAfter);
  return Number.isNaN(instant) ? undefined : Math.max(0, instant - now.getTime());
}
