import type { ApiMiddleware } from './context.ts';

/** What this process knows of itself. */
export interface Health {
  /** Why the database does not fit; undefined: it does, or did once (then requests tell, not this). */
  unfit: () => string | undefined;
  isStopping: () => boolean;
}

/** `/healthz`: the process answers. `/readyz`: it wants requests. Neither asks the database. */
export function healthAnswers(path: '/healthz' | '/readyz', health: Health): ApiMiddleware {
  return function answerHealth(context) {
    const reason = path === '/healthz' ? undefined : health.isStopping() ? 'The process is ending.' : health.unfit();
    context.status = reason === undefined ? 200 : 503;
    context.type = 'text/plain';
    context.body = `${reason ?? 'ok'}\n`;
  };
}
