/** metav1.Status, as far as it is used. */
interface Status {
  reason?: string;
  message?: string;
  code?: number;
  details?: { retryAfterSeconds?: number };
}

/** The API server answered, and the answer is not a success. */
export class ApiError extends Error {
  readonly code: number;
  /** The machine-readable reason of the Status, such as Conflict or AlreadyExists; empty when there was none. */
  readonly reason: string;
  readonly retryAfterSeconds: number | undefined;

  constructor(request: string, code: number, status: Status, retryAfterSeconds?: number) {
    super(`${request}: ${code} ${status.reason ?? ''}${status.message ? `: ${status.message}` : ''}`);
    this.name = 'ApiError';
    this.code = code;
    this.reason = status.reason ?? '';
    this.retryAfterSeconds = retryAfterSeconds ?? status.details?.retryAfterSeconds;
  }
}

/** The API server did not answer: no connection, a reset, a timeout, or an answer that is not of Kubernetes. */
export class UnavailableError extends Error {
  constructor(request: string, cause: unknown) {
    super(`${request}: no answer from the API server: ${describe(cause)}`, { cause });
    this.name = 'UnavailableError';
  }
}

function describe(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  const { code } = cause as { code?: unknown };
  // The message of an AggregateError (no address of several answered) is empty; the code of a DOMException is a number.
  const named = typeof code === 'string' && !cause.message.includes(code) ? `${code} ` : '';
  const inner = cause.cause instanceof Error ? ` (${describe(cause.cause)})` : '';
  return `${named}${cause.message}${inner}`.trimEnd();
}

export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409;
}

export function isAlreadyExists(error: unknown): boolean {
  return error instanceof ApiError && error.code === 409 && error.reason === 'AlreadyExists';
}

export function isNotFound(error: unknown): boolean {
  return error instanceof ApiError && error.code === 404;
}

export function isForbidden(error: unknown): boolean {
  return error instanceof ApiError && error.code === 403;
}

export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 410;
}

/** Nothing is wrong with the request: the server is away, overloaded or failing, and the same request may work in a moment. */
export function isUnavailable(error: unknown): boolean {
  if (error instanceof UnavailableError) return true;
  return error instanceof ApiError && (error.code === 429 || error.code === 401 || error.code >= 500);
}

export type { Status };
