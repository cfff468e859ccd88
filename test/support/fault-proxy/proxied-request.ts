import type { IncomingMessage } from 'node:http';

/** A request that reached the proxy, in the order of `FaultProxy.requests`. */
export interface ProxiedRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  /** A list that stays open and streams events. */
  watch: boolean;
  userAgent: string;
  at: Date;
  /** The HTTP status that the server answered with; absent while it has not, and when it never saw the request. */
  upstreamStatus?: number;
  /** The HTTP status that the client got; absent while it has none. */
  status?: number;
  /** What the proxy did to it ("status 409", "reset"); absent when it was passed on untouched. */
  fault?: string;
}

export type RequestMatcher = (request: ProxiedRequest) => boolean;

const mutating = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export function isWrite(request: ProxiedRequest): boolean {
  return mutating.has(request.method);
}

export function readRequest(message: IncomingMessage): ProxiedRequest {
  const url = new URL(message.url ?? '/', 'https://proxy');
  return {
    method: message.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    watch: ['1', 'true'].includes(url.searchParams.get('watch') ?? ''),
    userAgent: message.headers['user-agent'] ?? '',
    at: new Date(),
  };
}
