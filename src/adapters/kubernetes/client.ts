import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { readJson, readStatus, retryAfterOf } from './answer.ts';
import { ApiError, UnavailableError } from './api-error.ts';
import type { Authentication } from './authentication.ts';
import { type Call, createCalls } from './calls.ts';
import { createConnection } from './connection.ts';

export interface ApiRequest {
  /** A PATCH is a JSON merge patch. */
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query, such as `/api/v1/namespaces/loyalty/secrets`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  /** Default application/json. */
  accept?: string;
  /** Bound of the whole call, of a stream until it is accepted; default 10 s, 3 s for a stream. */
  timeoutMilliseconds?: number;
  signal?: AbortSignal | undefined;
}

export interface KubernetesClient {
  /**
   * One call, one answer.
   * @throws ApiError for an answer that is not a success, UnavailableError for no answer.
   */
  request<T>(request: ApiRequest): Promise<T>;
  /** Opens a stream (a watch) and resolves when the server has accepted it. The signal ends it. Nothing bounds its length. It must be read. */
  stream(request: Omit<ApiRequest, 'method' | 'body'>): Promise<AsyncIterable<Buffer>>;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** Who calls, for the audit log; what stands before a `/` is also the manager of the fields that are written. */
  userAgent?: string;
}

const requestTimeout = 10_000;
const streamTimeout = 3_000;

/**
 * Calls with the configuration and authentication of the library's KubeConfig over one shared undici Agent: the library's own
 * calls open a TLS connection each (kubernetes-client/javascript#2893).
 */
export function createKubernetesClient(
  kubeConfig: KubeConfig,
  { userAgent = 'orion-loyalty-controller' }: ClientOptions = {},
): KubernetesClient {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new Error('the kubeconfig has no current cluster');
  const server = new URL(cluster.server);
  const connection = createConnection(kubeConfig);
  const calls = createCalls((begun) => connection.renew(begun));

  function send(
    { method, path, query, body, accept = 'application/json' }: ApiRequest,
    authentication: Authentication,
    signal: AbortSignal,
  ): Promise<Dispatcher.ResponseData> {
    const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    return connection.dispatcher(authentication).request({
      origin: server.origin,
      path: `${server.pathname.replace(/\/$/, '')}${path}${queryString(query)}`,
      method,
      headers: { ...authentication.headers, ...(body && { 'content-type': type }), accept, 'user-agent': userAgent },
      body: body ? JSON.stringify(body) : null,
      signal,
    });
  }

  async function ask(request: ApiRequest, call: Call): Promise<Dispatcher.ResponseData> {
    const authentication = await orAborted(connection.authentication(), call.signal);
    // undici hears of the signal only when it has a connection: one that nobody accepts would hold the call for longer.
    const response = await orAborted(send(request, authentication, call.signal), call.signal);
    call.arrived();
    const { statusCode } = response;
    if (statusCode < 300) return response;
    if (statusCode === 401) connection.refused(authentication);
    const status = await readStatus(response, request.path);
    throw new ApiError(described(request), statusCode, status, retryAfterOf(response, new Date()));
  }

  /** What the caller is told when a call has failed. */
  function failure(request: ApiRequest, error: unknown): unknown {
    if (error instanceof ApiError || request.signal?.aborted) return error;
    return new UnavailableError(described(request), error);
  }

  async function request<T>(request: ApiRequest): Promise<T> {
    const call = calls.begin(Math.max(1, request.timeoutMilliseconds ?? requestTimeout), request.signal);
    try {
      return await readJson<T>(await ask(request, call), () => call.arrived());
    } catch (error) {
      throw failure(request, error);
    } finally {
      call.ended();
    }
  }

  async function stream(options: Omit<ApiRequest, 'method' | 'body'>): Promise<AsyncIterable<Buffer>> {
    const request: ApiRequest = { ...options, method: 'GET' };
    const call = calls.begin(request.timeoutMilliseconds ?? streamTimeout, request.signal);
    try {
      const { body } = await ask(request, call);
      call.unlimited();
      return chunksOf(body as AsyncIterable<Buffer>, call);
    } catch (error) {
      call.ended();
      throw failure(request, error);
    }
  }

  async function close(): Promise<void> {
    calls.close();
    await connection.close();
  }

  return { request, stream, close };
}

async function* chunksOf(body: AsyncIterable<Buffer>, call: Call): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) {
      call.arrived();
      yield chunk;
    }
  } finally {
    call.ended();
  }
}

/** What the promise gives, or the signal's reason: an exec plugin or a connection that hangs must not hold a call. */
async function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const abort = (): void => reject(signal.reason as Error);
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function described({ method, path, query }: ApiRequest): string {
  return query?.['watch'] === true ? `watch ${path}` : `${method} ${path}`;
}

function queryString(query: ApiRequest['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}
