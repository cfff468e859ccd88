/**
 * Every problem that the API answers (RFC 9457, application/problem+json): its stable code, status and meaning. The
 * OpenAPI document is made from this table; a code that was once published is never given another meaning.
 */
export interface ProblemDefinition {
  status: number;
  /** The same for every occurrence. */
  title: string;
  /** When it is answered; for the documentation. */
  when: string;
}

export const problems = {
  'invalid-request': {
    status: 400,
    title: 'The request is not valid',
    when: 'The body, a parameter or a header is not as documented; `errors` names every mistake.',
  },
  unauthenticated: {
    status: 401,
    title: 'No valid API key',
    when: 'There is no `Authorization: Bearer olk_…`, or its key is unknown or revoked.',
  },
  'invalid-pass-token': {
    status: 401,
    title: 'No valid token of the pass',
    when: 'There is no `Authorization: ApplePass …` with the token of this pass, or there is no such pass: which of them is not told.',
  },
  'invalid-callback': {
    status: 400,
    title: 'Not a callback of Google for this issuer',
    when: 'A signature does not fit, the keys or the message have expired, or it is for another issuer; `detail` says which.',
  },
  forbidden: {
    status: 403,
    title: 'The API key has another scope',
    when: 'The key is valid and its scope does not cover this operation.',
  },
  'not-found': {
    status: 404,
    title: 'Not found',
    when: 'There is no such path, or no such object that this key may see.',
  },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    when: 'The path exists and has no such method; `Allow` lists those that it has.',
  },
  'request-timeout': {
    status: 408,
    title: 'The request did not arrive in time',
    when: 'Headers take at most 10 seconds, and the whole request 30.',
  },
  'balance-limit': {
    status: 409,
    title: 'The balance would be too large',
    when: 'The balance would exceed 9007199254740991 points.',
  },
  'insufficient-points': {
    status: 409,
    title: 'Not enough points',
    when: 'The card has fewer available points than are to be taken.',
  },
  'card-frozen': { status: 409, title: 'The card is frozen', when: 'A frozen card takes no earn, redeem or void.' },
  'card-closed': { status: 409, title: 'The card is closed', when: 'The customer of the card was erased.' },
  'card-exists': {
    status: 409,
    title: 'The customer has a card of this program',
    when: 'A customer has at most one card of a program; `card_id` names it.',
  },
  'number-taken': {
    status: 409,
    title: 'The card number is taken',
    when: 'Another card of this merchant has the number.',
  },
  'points-spent': {
    status: 409,
    title: 'The points were spent',
    when: 'Points of the entry to be voided were redeemed, or have expired.',
  },
  'already-voided': { status: 409, title: 'The entry was voided', when: 'An entry is voided at most once.' },
  'not-voidable': {
    status: 409,
    title: 'The entry cannot be voided',
    when: 'Only earn, redeem and adjust entries can be voided.',
  },
  'already-restored': {
    status: 409,
    title: 'The points were restored',
    when: 'The points of an expire entry are restored at most once.',
  },
  'expiry-in-past': {
    status: 409,
    title: 'The expiry has passed',
    when: '`expires_at` is not later than now.',
  },
  'nothing-to-restore': {
    status: 409,
    title: 'Nothing to restore',
    when: 'There are no expired points that were not restored yet.',
  },
  'wallet-not-configured': {
    status: 409,
    title: 'The wallet is not configured',
    when: 'This installation has no credential for the wallet: `GET /wallet-status` says which ones it has.',
  },
  conflict: {
    status: 409,
    title: 'The state does not allow it',
    when: 'The object is not in a state that allows this; `detail` says why.',
  },
  'payload-too-large': {
    status: 413,
    title: 'The body is too large',
    when: 'The body is larger than 64 KiB; an image: than 1 MiB.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'The body is of another type',
    when: 'The body is not `application/json` in UTF-8, or where an image is wanted `image/png`, without a content encoding.',
  },
  'idempotency-key-reused': {
    status: 422,
    title: 'The Idempotency-Key was used for another request',
    when: 'The same API key sent the Idempotency-Key with another method, path, query or body within 48 hours.',
  },
  'rate-limited': {
    status: 429,
    title: 'Too many requests',
    when: 'The API key, or where none is asked for the caller, sent more requests than a minute allows; `Retry-After` says when to go on.',
  },
  'headers-too-large': {
    status: 431,
    title: 'The headers are too large',
    when: 'Request line and headers together are larger than 16 KiB.',
  },
  internal: {
    status: 500,
    title: 'Internal error',
    when: 'A defect of the API; its log has more under the `request_id`. Nothing was changed.',
  },
  'google-refused': {
    status: 502,
    title: 'Google refuses it',
    when: 'Google Wallet refuses the credential, the program or the card; `reason` says which, `detail` what it said and what to do. Sending it again does not help.',
  },
  'google-unavailable': {
    status: 503,
    title: 'Google cannot be reached at the moment',
    when: 'Google did not answer in time, or wants fewer requests; `Retry-After` says when to try again. Nothing is lost, and a repeat is safe.',
  },
  unavailable: {
    status: 503,
    title: 'Temporarily unavailable',
    when: 'The database cannot be reached, or the process is ending; `Retry-After` says when to try again. Unless the request carried an Idempotency-Key, whether it took effect is to be read before it is repeated.',
  },
} as const satisfies Record<string, ProblemDefinition>;

export type ProblemCode = keyof typeof problems;

/** One mistake of a request: where (JSON pointer into the body, or a parameter or header), and what is wrong. */
export interface RequestMistake {
  /** RFC 6901; the empty string is the whole body. */
  pointer?: string;
  /** Name of a query parameter, path parameter or header. */
  parameter?: string;
  detail: string;
}

export interface ProblemOptions extends ErrorOptions {
  /** Further members of the answer, in snake_case, such as `available_points`. */
  extensions?: Readonly<Record<string, unknown>>;
  /** Further headers of the answer, such as Retry-After. */
  headers?: Readonly<Record<string, string>>;
}

/** Thrown by whatever refuses a request; the error handler answers it as application/problem+json. */
export class Problem extends Error {
  readonly code: ProblemCode;
  readonly extensions: Readonly<Record<string, unknown>>;
  readonly headers: Readonly<Record<string, string>>;

  /** @param detail what is wrong with this request, for people; no secrets, no personal data. */
  constructor(code: ProblemCode, detail: string, { extensions = {}, headers = {}, ...options }: ProblemOptions = {}) {
    super(detail, options);
    this.name = 'Problem';
    this.code = code;
    this.extensions = extensions;
    this.headers = headers;
  }

  get status(): number {
    return problems[this.code].status;
  }

  /** The members of the answer. */
  toJSON(): Record<string, unknown> {
    const { title, status } = problems[this.code];
    const type = `urn:problem-type:orion-loyalty:${this.code}`;
    return { type, title, status, code: this.code, detail: this.message, ...this.extensions };
  }
}

/** A 400 that names every mistake at once. */
export function invalidRequest(errors: readonly RequestMistake[]): Problem {
  const [first] = errors;
  const place = first?.parameter ?? (first?.pointer || undefined);
  const detail = first === undefined ? 'It is not as documented.' : `${place ? `${place}: ` : ''}${first.detail}`;
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more, see errors)` : '';
  return new Problem('invalid-request', `${detail}${more}`, { extensions: { errors } });
}
