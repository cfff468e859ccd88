import type { Reply } from '../reply.ts';

/** Google's reasons of the older form, with the status, domain and status name they come with. */
const known = {
  permissionDenied: { code: 403, status: 'PERMISSION_DENIED', domain: 'global' },
  forbidden: { code: 403, status: 'PERMISSION_DENIED', domain: 'global' },
  quotaExceeded: { code: 403, status: 'RESOURCE_EXHAUSTED', domain: 'usageLimits' },
  rateLimitExceeded: { code: 403, status: 'PERMISSION_DENIED', domain: 'usageLimits' },
  userRateLimitExceeded: { code: 403, status: 'PERMISSION_DENIED', domain: 'usageLimits' },
  dailyLimitExceeded: { code: 403, status: 'PERMISSION_DENIED', domain: 'usageLimits' },
  accessNotConfigured: { code: 403, status: 'PERMISSION_DENIED', domain: 'usageLimits' },
  authError: { code: 401, status: 'UNAUTHENTICATED', domain: 'global' },
  issuerNotFound: { code: 404, status: 'NOT_FOUND', domain: 'global' },
  classNotFound: { code: 404, status: 'NOT_FOUND', domain: 'walletobjects' },
  resourceNotFound: { code: 404, status: 'NOT_FOUND', domain: 'walletobjects' },
  existingResource: { code: 409, status: 'ALREADY_EXISTS', domain: 'walletobjects' },
  badRequest: { code: 400, status: 'INVALID_ARGUMENT', domain: 'global' },
  tooManyRequests: { code: 429, status: 'RESOURCE_EXHAUSTED', domain: 'usageLimits' },
  backendError: { code: 503, status: 'UNAVAILABLE', domain: 'global' },
} as const;
export type GoogleErrorReason = keyof typeof known;

/** An error of a Google API, in the form that has both the newer status and the older reasons. */
export function googleError(reason: GoogleErrorReason, message = 'secret-looking message of the provider'): Reply {
  const { code, status, domain } = known[reason];
  return { status: code, json: { error: { code, message, status, errors: [{ message, domain, reason }] } } };
}

/** An error of the token endpoint (RFC 6749 section 5.2). */
export function tokenError(error: string, description: string, status = 400): Reply {
  return { status, json: { error, error_description: description } };
}
