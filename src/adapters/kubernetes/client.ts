import type { KubeConfig } from '@kubernetes/client-node';
import type { Dispatcher } from 'undici';
import { readJson, readStatus, retryAfterOf } from './answer.ts';
import { ApiError, UnavailableError } from './api-error.ts';
import type { Authentication } from './authentication.ts';
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
  /** Bound of the whole call, of a stream until it is accepted; default 10 s, 4 s for a stream. */
  timeoutMilliseconds?: number;
  signal?: AbortSignal | undefined;
}

export interface KubernetesClient {
  /**
   * One call, one answer.
   * @throws ApiError for an answer that is not a success, UnavailableError for no answer.
   */
  request<T>(request: ApiRequest): Promise<T>;
  /** Opens a stream (a watch) and resolves when the server has accepted it. The signal ends it. Nothing bounds its length. */
  stream(request: Omit<ApiRequest, 'method' | 'body'>): Promise<AsyncIterable<Buffer>>;
  close(): Promise<void>;
}

export interface ClientOptions {
  /** Who calls, for the audit log; what stands before a `/` is also the manager of the fields that are written. */
  userAgent?: string;
}

const requestTimeout = 10_000;
const streamTimeout = 4_000;
/** A call that is given up after less (its caller's time was short) says nothing about the connections. */
const silence = 2_000;

/**
 * Calls with the configuration and authentication of the library's KubeConfig over one shared undici Agent: the library's own
 * calls open a TLS connection each (kubernetes-client/javascript#2893).
 *
 * When a call times out and nothing at all has arrived since it began, on any connection, all connections are dropped: those of
 * the watches are then as dead, and would not tell for minutes.
 */
export function createKubernetesClient(
  kubeConfig: KubeConfig,
  { userAgent = 'orion-loyalty-controller' }: ClientOptions = {},
): KubernetesClient {
  const cluster = kubeConfig.getCurrentCluster();
  if (!cluster) throw new Error('the kubeconfig has no current cluster');
  const server = new URL(cluster.server);
  const connection = createConnection(kubeConfig);
  let lastArrival = Number.NEGATIVE_INFINITY;

  function arrived(): void {
    lastArrival = performance.now();
  }

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

  async function ask(request: ApiRequest, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const authentication = await orAborted(connection.authentication(), signal);
    // undici hears of the signal only when it has a connection: one that nobody accepts would hold the call for longer.
    const response = await orAborted(send(request, authentication, signal), signal);
    arrived();
    const { statusCode } = response;
    if (statusCode < 300) return response;
    if (statusCode === 401) connection.refused(authentication);
    const status = await readStatus(response, request.path);
    throw new ApiError(described(request), statusCode, status, retryAfterOf(response, new Date()));
  }

  /** Bounds the work by the time and the caller's signal, and says what failed. */
  async function within<T>(
    milliseconds: number,
    request: ApiRequest,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const begun = performance.now();
    const deadline = new AbortController();
    const expire = (): void => deadline.abort(new Error(`timed out after ${milliseconds / 1_000} s`));
    const timer = setTimeout(expire, milliseconds);
    const { signal = deadline.signal } = request;
    try {
      return await work(AbortSignal.any([signal, deadline.signal]));
    } catch (error) {
      if (error instanceof ApiError || (signal.aborted && !deadline.signal.aborted)) throw error;
      if (deadline.signal.aborted && milliseconds >= silence && lastArrival < begun) connection.reset();
      throw new UnavailableError(described(request), error);
    } finally {
      clearTimeout(timer);
    }
  }

  async function request<T>(request: ApiRequest): Promise<T> {
    const timeout = Math.max(1, request.timeoutMilliseconds ?? requestTimeout);
    return within(timeout, request, async (signal) => readJson<T>(await ask(request, signal), arrived));
  }

  async function stream(options: Omit<ApiRequest, 'method' | 'body'>): Promise<AsyncIterable<Buffer>> {
    const request: ApiRequest = { ...options, method: 'GET' };
    const timeout = request.timeoutMilliseconds ?? streamTimeout;
    const { body } = await within(timeout, request, (signal) => ask(request, signal));
    return noting(body as AsyncIterable<Buffer>, arrived);
  }

  return { request, stream, close: () => connection.close() };
}

async function* noting(chunks: AsyncIterable<Buffer>, arrived: () => void): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    arrived();
    yield chunk;
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
