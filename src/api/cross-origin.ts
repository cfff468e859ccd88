import type { ApiMiddleware } from './context.ts';

const exposed = 'ETag, Idempotency-Replayed, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id';

/** Lets pages of these origins call the API from a browser (Fetch standard, CORS protocol). Without origins no header is set. */
export function crossOrigin(origins: readonly string[]): ApiMiddleware {
  return function allowOrigin(context, next) {
    if (origins.length === 0) return next();
    context.vary('Origin');
    const origin = context.req.headers.origin;
    if (origin === undefined || !origins.includes(origin)) return next();
    context.set('Access-Control-Allow-Origin', origin);
    context.set('Access-Control-Expose-Headers', exposed);
    context.set('Cross-Origin-Resource-Policy', 'cross-origin');
    const isPreflight = context.method === 'OPTIONS' && 'access-control-request-method' in context.req.headers;
    if (!isPreflight) return next();
    context.set('Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE');
    context.set(
      'Access-Control-Allow-Headers',
      'Authorization, Content-Type, Idempotency-Key, If-None-Match, X-Request-Id',
    );
    context.set('Access-Control-Max-Age', '600');
    context.status = 204;
    return Promise.resolve();
  };
}
