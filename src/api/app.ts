import Router from '@koa/router';
import type { Knex } from 'knex';
import Koa from 'koa';
import { type Log, logEvents } from '../log.ts';
import { answered, type Clock, preparation } from './answered.ts';
import { authenticated, type Authentication, provedBy } from './authentication.ts';
import { addConsole } from './console/console.ts';
import type { ConsoleSources } from './console/page.ts';
import type { ApiMiddleware, RequestState } from './context.ts';
import { crossOrigin } from './cross-origin.ts';
import { addDocsPage } from './docs-page.ts';
import { guarded } from './guard.ts';
import { type Health, healthAnswers } from './health.ts';
import { idempotent, inTransaction } from './idempotency.ts';
import { openApiDocument } from './openapi.ts';
import type { Operation } from './operation.ts';
import { answerProblems } from './problem-answer.ts';
import { Problem } from './problems.ts';
import { rateLimited } from './rate-limit.ts';
import { identified, logged } from './request-log.ts';
import type { RequestMetrics } from './request-metrics.ts';
import { secured } from './security-headers.ts';
import { sent } from './send.ts';

export interface AppDeps {
  operations: readonly Operation[];
  database: Knex;
  authentication: Authentication;
  metrics: Pick<RequestMetrics, 'measured'>;
  health: Health;
  requestsPerMinute: number;
  /** Origins that browsers may call from; empty: none. */
  allowedOrigins: readonly string[];
  /** Absent: there is no /console. */
  console?: ConsoleSources;
  log: Log;
  clock?: Clock;
}

/** The API: every request passes these, from the top down. */
export function createApp(deps: AppDeps): Koa<RequestState> {
  const app = new Koa<RequestState>();
  const router = createRouter(deps);
  app.use(identified(deps.log));
  app.use(logged(deps.log));
  app.use(deps.metrics.measured);
  app.use(secured);
  app.use(crossOrigin(deps.allowedOrigins));
  app.use(closing(deps.health));
  app.use(answerProblems);
  app.use(requireHost);
  app.use(router.routes());
  app.use(refuseUnknown);
  app.on('error', (error: Error) => deps.log.error({ event: logEvents.apiFailed }, error.stack ?? error.message));
  return app;
}

/** The route of an operation: each of these passes the request on, or refuses it. */
function routeOf(operation: Operation, deps: AppDeps, limitRate: ApiMiddleware): ApiMiddleware[] {
  return [
    named(operation.path),
    whenReady(deps.health),
    operation.authentication
      ? provedBy(operation.authentication)
      : authenticated(deps.authentication, operation.scopes),
    limitRate,
    guarded(operation),
    sent,
    working(operation, deps),
    answered(operation, deps.clock),
  ];
}

function working(operation: Operation, { database, clock }: AppDeps): ApiMiddleware {
  const { method, authentication, writes } = operation;
  const prepare = preparation(operation, database, clock);
  // An Idempotency-Key is of an API key.
  if (method === 'POST' && authentication === undefined) return idempotent(database, prepare);
  return method === 'GET' && writes !== true ? reading(database) : inTransaction(database, prepare);
}

function createRouter(deps: AppDeps): Router<RequestState> {
  const router = new Router<RequestState>({ strict: true, sensitive: true });
  const limitRate = rateLimited(deps.requestsPerMinute);
  for (const operation of deps.operations) {
    const path = operation.path.replaceAll(/\{(\w+)\}/g, ':$1');
    router.register(path, [operation.method], routeOf(operation, deps, limitRate));
  }
  for (const path of ['/healthz', '/readyz'] as const) router.get(path, named(path), healthAnswers(path, deps.health));
  addDocsPage(router, openApiDocument(deps.operations));
  if (deps.console !== undefined) {
    const { database, authentication, console: sources } = deps;
    addConsole(router, { sources, database, authentication, whenReady: whenReady(deps.health), limitRate });
  }
  return router;
}

/** Names the route for logs and metrics: the template, never the path. */
export function named(route: string): ApiMiddleware {
  return function nameRoute(context, next) {
    context.state.route = route;
    return next();
  };
}

function whenReady(health: Health): ApiMiddleware {
  return function refuseUnlessReady(context, next) {
    const reason = health.unfit();
    if (reason === undefined) return next();
    context.state.reason = reason;
    const headers = { 'Retry-After': '2' };
    throw new Problem('unavailable', 'The API has not found its database as it needs it yet. Try again.', { headers });
  };
}

function reading(database: Knex): ApiMiddleware {
  return function read(context, next) {
    context.state.database = database;
    return next();
  };
}

/** While the process ends, each answer closes its connection: the next request goes to another replica. */
function closing(health: Health): ApiMiddleware {
  return async function closeConnection(context, next) {
    await next();
    if (health.isStopping()) context.set('Connection', 'close');
  };
}

/** RFC 9112, section 3.2. */
const requireHost: ApiMiddleware = function requireHost({ req: { httpVersion, headers } }, next) {
  if (httpVersion !== '1.1' || headers.host !== undefined) return next();
  throw new Problem('invalid-request', 'HTTP/1.1 wants a Host header.', { headers: { Connection: 'close' } });
};

interface Matched {
  methods: string[];
}

const refuseUnknown: ApiMiddleware = function refuseUnknown(context) {
  const matched = (context['matched'] ?? []) as Matched[];
  if (matched.length === 0) throw new Problem('not-found', 'There is no such path. /docs lists those that there are.');
  const methods = [...new Set(matched.flatMap((layer) => layer.methods))].toSorted();
  throw new Problem('method-not-allowed', `This path takes ${methods.join(', ')}.`, {
    headers: { Allow: methods.join(', ') },
  });
};
