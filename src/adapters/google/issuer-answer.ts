import { z } from 'zod';
import type { OnlineVerdict } from '../../domain/credentials/verdict.ts';
import type { GoogleAnswer } from './google-client.ts';

/** Google's error body: https://cloud.google.com/apis/design/errors, with the older `errors` list that the Wallet API has too. */
const errorSchema = z.object({
  error: z.object({
    status: z.string().optional(),
    message: z.string().optional(),
    errors: z.array(z.object({ reason: z.string().optional(), domain: z.string().optional() })).default([]),
    details: z.array(z.object({ reason: z.string().optional() })).default([]),
  }),
});

const issuerSchema = z.object({ issuerId: z.coerce.string() });

/** The 403s that mean "not now". */
const quotaReasons = new Set([
  'quotaExceeded',
  'rateLimitExceeded',
  'userRateLimitExceeded',
  'dailyLimitExceeded',
  'concurrentLimitExceeded',
  'RATE_LIMIT_EXCEEDED',
  'RESOURCE_EXHAUSTED',
]);

/** The API is not enabled in the project; the domain of the older form is `usageLimits`, but waiting does not help. */
const disabledReasons = new Set(['accessNotConfigured', 'SERVICE_DISABLED']);

export type GoogleError = z.infer<typeof errorSchema>['error'];

/** The error in a body of Google's; undefined: it is not one, as the page of a proxy. */
export function googleErrorOf(body: unknown): GoogleError | undefined {
  return errorSchema.safeParse(body).data?.error;
}

/** What a 403 means. */
export function kindOfForbidden({ status, errors, details }: GoogleError): 'quota' | 'disabled' | 'permission' {
  const reasons = [status, ...[...errors, ...details].map(({ reason }) => reason)].filter(
    (reason) => reason !== undefined,
  );
  if (reasons.some((reason) => disabledReasons.has(reason))) return 'disabled';
  const limited =
    reasons.some((reason) => quotaReasons.has(reason)) || errors.some(({ domain }) => domain === 'usageLimits');
  return limited ? 'quota' : 'permission';
}

function judgeForbidden(error: GoogleError, clientEmail: string, issuerId: string): OnlineVerdict {
  switch (kindOfForbidden(error)) {
    case 'quota':
      return {
        outcome: 'unreachable',
        message: 'The Google Wallet API limits our requests at the moment (403, quota).',
      };
    case 'disabled': {
      const message = `The Google Wallet API is not enabled in the project of ${clientEmail}. Enable walletobjects.googleapis.com there.`;
      return { outcome: 'refused', reason: 'PermissionDenied', message };
    }
    case 'permission': {
      const message = `${clientEmail} may not read issuer ${issuerId}. Add it as a user in the Google Pay & Wallet Console, or correct issuerId.`;
      return { outcome: 'refused', reason: 'PermissionDenied', message };
    }
  }
}

/**
 * Reads an answer to "get this issuer" that was asked with a token of a second ago.
 *
 * A 4xx counts as a refusal only with Google's error body: a proxy or a captive portal answers 403 and 404 too.
 * A 401 for a token that Google has just given means that the account may no longer have it (disabled or deleted a
 * moment ago), so it is InvalidGrant; the caller asks a second time with another token before it believes that.
 */
export function readIssuerAnswer({ status, body }: GoogleAnswer, clientEmail: string, issuerId: string): OnlineVerdict {
  if (status === 200 && issuerSchema.safeParse(body).data?.issuerId === issuerId) {
    return {
      outcome: 'verified',
      message: `Google gives ${clientEmail} a token, and issuer ${issuerId} can be read with it.`,
    };
  }
  const error = googleErrorOf(body);
  if (error && status === 401) {
    const message = `The Google Wallet API refuses the token that Google has just given to ${clientEmail} (401, twice). Is the service account being disabled?`;
    return { outcome: 'refused', reason: 'InvalidGrant', message };
  }
  if (error && status === 403) return judgeForbidden(error, clientEmail, issuerId);
  if (error && status === 404) {
    const message = `Google knows no issuer ${issuerId}. Compare issuerId with the Google Pay & Wallet Console.`;
    return { outcome: 'refused', reason: 'IssuerNotFound', message };
  }
  const what = status === 200 ? 'without the issuer' : `with HTTP status ${status}`;
  return { outcome: 'unreachable', message: `The Google Wallet API answered ${what}.` };
}
