import { randomUUID } from 'node:crypto';
import { type Log, logEvents } from '../log.ts';
import { type ApiMiddleware, RequestState } from './context.ts';

const sane = /^[\w.:-]{1,128}$/;

/** Gives each request an id: the X-Request-Id that it came with, if it is a sane one, else a new UUID; the answer has it, too. */
export function identified(log: Log): ApiMiddleware {
  return function identify(context, next) {
    const given = context.req.headers['x-request-id'];
    const requestId = typeof given === 'string' && sane.test(given) ? given : randomUUID();
    context.state = new RequestState(log, requestId);
    context.set('X-Request-Id', requestId);
    return next();
  };
}

/** One line a request, without paths, query strings or bodies: these hold ids and personal data of customers. */
export function logged(log: Log): ApiMiddleware {
  return async function logRequest(context, next) {
    await next();
    const { state, method, status } = context;
    const { route, requestId: request_id, startedAt, principal, problem, reason } = state;
    const duration_ms = Math.round((performance.now() - startedAt) * 1000) / 1000;
    const details = {
      ...(principal && { key_id: principal.keyId }),
      ...(problem && { problem }),
      ...(reason !== undefined && { reason }),
    };
    const line = { event: logEvents.apiRequest, method, route: route ?? 'none', status, duration_ms, request_id };
    // Probes come every few seconds.
    if (route === '/healthz' || route === '/readyz') log.debug({ ...line, ...details });
    else log.info({ ...line, ...details });
  };
}
