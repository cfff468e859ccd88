import { z } from 'zod';
import type { OnlineVerdict } from '../../domain/credentials/verdict.ts';
import type { GoogleAnswer } from './google-client.ts';

export type Unverified = Exclude<OnlineVerdict, { outcome: 'verified' }>;

const tokenSchema = z.object({ access_token: z.string().min(1) });
const failureSchema = z.object({ error: z.string(), error_description: z.string().optional() });

/**
 * What Google says with `invalid_grant` (RFC 6749 section 5.2), by parts of its description, which are not documented
 * but stable: "Invalid JWT Signature.", "Robot is disabled.", "Invalid grant: account not found", "The account has been
 * deleted".
 */
const grantProblems: readonly (readonly [RegExp, string])[] = [
  [/signature/i, 'it does not take the signature of the key'],
  [/disabled/i, 'the service account is disabled'],
  [/not found|deleted/i, 'there is no such service account'],
];

/** "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values". */
const clockProblem = /short-lived token|reasonable timeframe|iat and exp/i;

/** Further errors of the token endpoint that judge the service account and not the moment. */
const accountErrors: Readonly<Record<string, 'InvalidGrant' | 'PermissionDenied'>> = {
  invalid_client: 'InvalidGrant',
  deleted_client: 'InvalidGrant',
  disabled_client: 'InvalidGrant',
  unauthorized_client: 'PermissionDenied',
  access_denied: 'PermissionDenied',
  admin_policy_enforced: 'PermissionDenied',
  org_internal: 'PermissionDenied',
};

function minutesOff(date: Date | undefined, now: Date): string {
  if (date === undefined) return 'wrong';
  const minutes = Math.round((now.getTime() - date.getTime()) / 60_000);
  return minutes === 0 ? 'wrong' : `${Math.abs(minutes)} minutes ${minutes > 0 ? 'ahead of' : 'behind'} Google's`;
}

function judgeGrant(description: string, date: Date | undefined, now: Date): Unverified {
  if (clockProblem.test(description)) {
    const message = `Google does not take the time in our request: the clock of this machine is ${minutesOff(date, now)}. The key was not judged.`;
    return { outcome: 'unreachable', message };
  }
  const problem = grantProblems.find(([pattern]) => pattern.test(description))?.[1];
  const message = `Google gives no token to the key (invalid_grant${problem === undefined ? '' : `: ${problem}`}).`;
  return { outcome: 'refused', reason: 'InvalidGrant', message };
}

/**
 * Reads an answer of the token endpoint; undefined when it is a token. Only a 4xx with an error code that judges the
 * account is a refusal. `invalid_grant` for a clock that is wrong is none: another key would fare no better.
 */
export function readTokenAnswer({ status, body, date }: GoogleAnswer, now: Date): Unverified | undefined {
  if (status === 200 && tokenSchema.safeParse(body).success) return undefined;
  const failure = status >= 400 && status < 500 && status !== 429 ? failureSchema.safeParse(body).data : undefined;
  if (failure?.error === 'invalid_grant') return judgeGrant(failure.error_description ?? '', date, now);
  const reason = failure && Object.hasOwn(accountErrors, failure.error) ? accountErrors[failure.error] : undefined;
  if (failure && reason) {
    return { outcome: 'refused', reason, message: `Google gives no token to the service account (${failure.error}).` };
  }
  const what = status === 200 ? 'without a token' : `with HTTP status ${status}`;
  return { outcome: 'unreachable', message: `Google's token endpoint answered ${what}.` };
}
