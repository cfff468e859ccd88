import type { RequestOptions } from 'node:https';
import { Agent, type Dispatcher } from 'undici';
import type { KubeConfig } from '@kubernetes/client-node';
import { ApiError, UnavailableError, type Status } from './api-error.ts';

export interface ApiRequest {
  /** A PATCH is a JSON merge patch. */
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path without query, such as `/api/v1/namespaces/loyalty/secrets`. */
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: object;
  /** Default application/json. */
  accept?: string;
  /** Bound of the whole call; default 10 s. */
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
  /** Drops every connection, with the calls that wait on it: for when the network is suspected to swallow them. */
  reset(): void;
  close(): Promise<void>;
}

interface Connection {
  origin: string;
  headers: Record<string, string>;
  agent: Agent;
}

/** Certificates and tokens are read again after this long, and at once after a 401. */
const credentialsAgeMilliseconds = 10_000;

export interface ClientOptions {
  /** Who calls, for the audit log; what stands before a `/` is also the manager of the fields that are written. */
  userAgent?: string;
}

/** Secrets and conditions can be quoted by a Status message; only these answers' messages are known to be harmless. */
function withoutContent(status: Status, path: string, code: number): Status {
  if (code !== 422 || !path.includes('/secrets')) return status;
  return status.reason === undefined ? {} : { reason: status.reason };
}

/**
 * Calls with the configuration and authentication of the library's KubeConfig over one shared undici Agent: the library's own
 * calls open a TLS connection each (kubernetes-client/javascript#2893).
 */
export function createKubernetesClient(
  kubeConfig: KubeConfig,
  { userAgent = 'orion-loyalty-controller' }: ClientOptions = {},
): KubernetesClient {
  let current: Promise<Connection> | undefined;
  let readAt = 0;
  let identity = '';
  let agent: Agent | undefined;

  async function connect(): Promise<Connection> {
    const cluster = kubeConfig.getCurrentCluster();
    if (!cluster) throw new Error('the kubeconfig has no current cluster');
    const options: RequestOptions = {};
    await kubeConfig.applyToHTTPSOptions(options as Parameters<KubeConfig['applyToHTTPSOptions']>[0]);
    const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
    const tls = definedOnly({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername });
    const tlsIdentity = JSON.stringify(tls, (_, value: unknown) =>
      Buffer.isBuffer(value) ? value.toString('base64') : value,
    );
    if (!agent || tlsIdentity !== identity) {
      // The old Agent's requests finish; new ones use the new certificates.
      void agent?.close();
      identity = tlsIdentity;
      // bodyTimeout 0: a watch may be silent for as long as its reflector allows; every call has a bound of its own.
      agent = new Agent({
        connect: { ...tls, timeout: 5_000, keepAlive: true },
        bodyTimeout: 0,
        allowH2: false,
        keepAliveTimeout: 30_000,
        connections: 64,
      });
    }
    return { origin: cluster.server.replace(/\/$/, ''), headers: authorization(options.headers), agent };
  }

  function connection(): Promise<Connection> {
    if (!current || Date.now() - readAt > credentialsAgeMilliseconds) {
      readAt = Date.now();
      current = connect();
      current.catch(() => (current = undefined));
    }
    return current;
  }

  async function send(
    request: ApiRequest,
    signal: AbortSignal,
    headersTimeout: number,
  ): Promise<Dispatcher.ResponseData> {
    const { origin, headers, agent: dispatcher } = await connection();
    const base = new URL(origin);
    const bodyType = request.method === 'PATCH' ? 'application/merge-patch+json' : 'application/json';
    const contentType: Record<string, string> = request.body ? { 'content-type': bodyType } : {};
    return dispatcher.request({
      origin: base.origin,
      path: `${base.pathname.replace(/\/$/, '')}${request.path}${queryString(request.query)}`,
      method: request.method,
      headers: { ...headers, ...contentType, accept: request.accept ?? 'application/json', 'user-agent': userAgent },
      body: request.body ? JSON.stringify(request.body) : null,
      headersTimeout,
      signal,
    });
  }

  async function refuse(request: ApiRequest, response: Dispatcher.ResponseData): Promise<never> {
    if (response.statusCode === 401) current = undefined;
    const text = (await response.body.text()).slice(0, 10_000);
    const retryAfter = Number(response.headers['retry-after']);
    const status = withoutContent(parseStatus(text), request.path, response.statusCode);
    const described = `${request.method} ${request.path}`;
    throw new ApiError(
      described,
      response.statusCode,
      status,
      Number.isFinite(retryAfter) && retryAfter >= 0 ? retryAfter : undefined,
    );
  }

  async function request<T>(request: ApiRequest): Promise<T> {
    const described = `${request.method} ${request.path}`;
    const timeout = Math.max(1, request.timeoutMilliseconds ?? 10_000);
    const signals = [AbortSignal.timeout(timeout), ...(request.signal ? [request.signal] : [])];
    try {
      const response = await send(request, AbortSignal.any(signals), timeout);
      if (response.statusCode >= 300) return await refuse(request, response);
      return (await response.body.json()) as T;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (request.signal?.aborted) throw error;
      throw new UnavailableError(described, error);
    }
  }

  async function stream(request: Omit<ApiRequest, 'method' | 'body'>): Promise<AsyncIterable<Buffer>> {
    const full: ApiRequest = { ...request, method: 'GET' };
    try {
      const response = await send(
        full,
        request.signal ?? new AbortController().signal,
        request.timeoutMilliseconds ?? 5_000,
      );
      if (response.statusCode >= 300) return await refuse(full, response);
      return response.body as AsyncIterable<Buffer>;
    } catch (error) {
      if (error instanceof ApiError || request.signal?.aborted) throw error;
      throw new UnavailableError(`watch ${request.path}`, error);
    }
  }

  function reset(): void {
    void agent?.destroy();
    agent = undefined;
    current = undefined;
  }

  return { request, stream, reset, close: async () => void (await agent?.destroy()) };
}

function definedOnly<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined && value !== null),
  ) as Partial<T>;
}

function authorization(headers: RequestOptions['headers']): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), String(value).trim()]),
  );
}

function queryString(query: ApiRequest['query']): string {
  const pairs = Object.entries(query ?? {}).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return pairs.length === 0 ? '' : `?${new URLSearchParams(pairs).toString()}`;
}

function parseStatus(text: string): Status {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Status) : {};
  } catch {
    return { message: 'the answer is not a Kubernetes Status' };
  }
}
