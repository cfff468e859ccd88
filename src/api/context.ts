import type { Knex } from 'knex';
import type { Middleware, ParameterizedContext } from 'koa';
import type { Log } from '../log.ts';
import type { Principal } from './operation.ts';
import type { ProblemCode } from './problems.ts';

/** What the handler answered, checked against its schema and written once. */
export interface WrittenAnswer {
  status: number;
  headers: Readonly<Record<string, string>>;
  /** JSON; undefined: there is none. */
  text: string | undefined;
  /** A body that is bytes, in place of `text`. */
  file?: { type: string; bytes: Buffer };
  /** What is stored under an Idempotency-Key where that is not `text`. */
  storedText?: string;
}

/** What the middleware of a request tell each other. */
export class RequestState {
  readonly requestId: string;
  /** Milliseconds of performance.now(). */
  readonly startedAt = performance.now();
  readonly #log: Log;
  #ownLog: Log | undefined;
  /** Template of the path, once a route was found. */
  route?: string;
  principal?: Principal;
  /** A name for whoever calls, by which requests are counted. */
  caller?: string;
  /** The body as JSON, before it was checked. */
  body?: unknown;
  input?: { params: unknown; query: unknown; body: unknown };
  /** What the operation has done before its transaction. */
  prepared?: unknown;
  /** The pool, or the transaction of this request. */
  database?: Knex;
  answer?: WrittenAnswer;
  problem?: ProblemCode;
  /** Why the answer is 503. */
  reason?: string;

  constructor(log: Log, requestId: string) {
    this.#log = log;
    this.requestId = requestId;
  }

  /** Carries the request id. Made when it is asked for: most requests log nothing but their one line. */
  get log(): Log {
    this.#ownLog ??= this.#log.child({ request_id: this.requestId });
    return this.#ownLog;
  }
}

export type ApiContext = ParameterizedContext<RequestState>;
export type ApiMiddleware = Middleware<RequestState>;

/** What an earlier middleware of the route has put there. */
export function present<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the route has no ${what} yet: its middleware are in the wrong order`);
  return value;
}
