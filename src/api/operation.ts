import type { Knex } from 'knex';
import type { z } from 'zod';
import type { Log } from '../log.ts';
import type { ProblemCode } from './problems.ts';

/** What a key may do: everything of one merchant's store, everything of the admin part, or reading it. */
export type Scope = 'store' | 'admin' | 'admin:read';
export const scopes = ['store', 'admin', 'admin:read'] as const satisfies readonly Scope[];

export interface StorePrincipal {
  scope: 'store';
  keyId: string;
  name: string;
  merchantId: string;
}

export interface AdminPrincipal {
  scope: 'admin' | 'admin:read';
  keyId: string;
  name: string;
}

/** The API key that a request came with. */
export type Principal = StorePrincipal | AdminPrincipal;

export type PrincipalOf<S extends Scope> = S extends 'store' ? StorePrincipal : AdminPrincipal;

/** What a handler is given beside its input. */
export interface OperationContext<P extends Principal = Principal> {
  /** Of GETs that only read the pool; of all others the one transaction of this request, committed when the handler returns. */
  database: Knex;
  principal: P;
  /** An instant that stands in for the database's clock (tests); undefined: the database's clock counts. */
  now: Date | undefined;
  /** Of the request, by their lower-case names. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Carries the request id. */
  log: Log;
  requestId: string;
}

export interface ResponseDefinition {
  description: string;
  /** What the body is; absent: there is none. A Date in it is written as RFC 3339 UTC with milliseconds. */
  schema?: z.ZodType;
  /** Media type of a body that is bytes; in place of `schema`. */
  file?: string;
  /** Headers that this answer always has, for the documentation. */
  headers?: z.ZodObject;
}

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
export type Tag = 'Loyalty - Store' | 'Loyalty - Admin' | 'Apple Wallet' | 'Google Wallet';
type Responses = Readonly<Record<number, ResponseDefinition>>;

/** What a handler answers: one of the documented statuses, with a body as its schema takes it. */
export type Answer<R extends Responses> = {
  [Status in keyof R & number]: {
    status: Status;
    headers?: Readonly<Record<string, string>>;
  } & (R[Status] extends { schema: infer Schema extends z.ZodType }
    ? { body: z.input<Schema> }
    : R[Status] extends { file: string }
      ? { body: Buffer }
      : { body?: undefined });
}[keyof R & number];

/** What a request has before anything of it was checked. */
export interface Claim {
  authorization: string | undefined;
  /** Of the path, as text. */
  params: Readonly<Record<string, string | undefined>>;
  /** Of the connection: often that of a proxy. */
  address: string;
}

/** How callers prove who they are where no API key is asked for; such an operation has no `scopes`. */
export interface OwnAuthentication {
  /** Name in the OpenAPI document; absent: anyone may call, or the handler finds the proof in the body. */
  scheme?: 'passToken';
  /** A name for the caller, by which requests are counted. @throws Problem `invalid-pass-token` and the like */
  callerOf(claim: Claim): string;
}

type OutputOf<Schema extends z.ZodType | undefined> = Schema extends z.ZodType ? z.output<Schema> : undefined;

interface Description {
  /** camelCase, unique, never changed: client generators name their functions after it. */
  operationId: string;
  method: Method;
  /** Full path with `{names}` of the parameters. */
  path: string;
  tag: Tag;
  /** A few words, imperative. */
  summary: string;
  description: string;
  /** Absent: API keys of `scopes`. */
  authentication?: OwnAuthentication;
  /** Headers of requests that it heeds beside those of all, for the documentation. */
  requestHeaders?: z.ZodObject;
  /** A GET that writes: it gets a transaction, too. */
  writes?: true;
  /** The body is bytes of this type, as many at most; `body` gets them as a Buffer. Absent: JSON. */
  upload?: { type: 'image/png'; limit: number };
  /** Refusals of its own; those that every operation has (400, 401, 403, 413, 415, 422, 429, 500, 503, and 404 where there are path parameters) are added. */
  problems?: readonly ProblemCode[];
  /** Answers of a GET get an ETag, and If-None-Match is honoured with 304. */
  etag?: boolean;
  /**
   * Members of the answer's body that are shown once, such as a new API key: they are not stored under an Idempotency-Key,
   * so that a repeat is answered without them.
   */
  shownOnce?: readonly string[];
}

interface Definition<
  S extends Scope,
  Params extends z.ZodObject | undefined,
  Query extends z.ZodObject | undefined,
  Body extends z.ZodType | undefined,
  R extends Responses,
  A extends Answer<R>,
  Prepared,
> extends Description {
  /** The scopes of keys that may call it. */
  scopes: readonly S[];
  params?: Params;
  /** Strict: unknown and repeated parameters are refused whatever the schema says. */
  query?: Query;
  /** Objects must be strict (`z.strictObject`), so that a misspelled member is refused. */
  body?: Body;
  responses: R;
  /**
   * What takes others' time, such as calls of a provider: done before the transaction begins, with the pool as `database`, and not for a
   * repeat that is answered from its Idempotency-Key. To be safe to do twice: requests with the same key may come at once.
   */
  prepare?(input: Input<Params, Query, Body>, context: OperationContext<PrincipalOf<S>>): Promise<Prepared>;
  handler(
    input: Input<Params, Query, Body>,
    context: OperationContext<PrincipalOf<S>>,
    prepared: Prepared,
  ): A | Promise<A>;
}

interface Input<
  Params extends z.ZodObject | undefined,
  Query extends z.ZodObject | undefined,
  Body extends z.ZodType | undefined,
> {
  params: OutputOf<Params>;
  query: OutputOf<Query>;
  body: OutputOf<Body>;
}

/** An operation as the pipeline and the documentation see it. */
export interface Operation extends Description {
  scopes: readonly Scope[];
  params?: z.ZodObject;
  query?: z.ZodObject;
  body?: z.ZodType;
  responses: Responses;
  prepare?(input: { params: unknown; query: unknown; body: unknown }, context: OperationContext): Promise<unknown>;
  handler(
    input: { params: unknown; query: unknown; body: unknown },
    context: OperationContext,
    prepared?: unknown,
  ): HandlerAnswer | Promise<HandlerAnswer>;
}

export interface HandlerAnswer {
  status: number;
  body?: unknown;
  headers?: Readonly<Record<string, string>>;
}

/**
 * One operation of the API: how it is called, documented and done. The handler gets validated input typed by the
 * schemas, and answers one of the `responses`. It refuses by throwing a {@link Problem} of `problems`; whatever it
 * changed is rolled back then.
 */
export function operation<
  const S extends Scope,
  const R extends Responses,
  const A extends Answer<R>,
  Params extends z.ZodObject | undefined = undefined,
  Query extends z.ZodObject | undefined = undefined,
  Body extends z.ZodType | undefined = undefined,
  Prepared = undefined,
>(definition: Definition<S, Params, Query, Body, R, A, Prepared>): Operation {
  // The guard has validated against these very schemas, and the scope, before it calls the handler.
  return definition as unknown as Operation;
}
