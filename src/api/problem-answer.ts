import { databaseFailure } from '../adapters/postgres/failure.ts';
import { messageOf } from '../errors.ts';
import { logEvents } from '../log.ts';
import type { ApiContext, ApiMiddleware, WrittenAnswer } from './context.ts';
import { Problem } from './problems.ts';
import { send } from './send.ts';

/** The answer that a problem is. */
export function writeProblem(problem: Problem, requestId: string): WrittenAnswer {
  const text = JSON.stringify({ ...problem.toJSON(), request_id: requestId });
  return { status: problem.status, headers: problem.headers, text };
}

/** Seconds after which a client may try again. */
const retryAfter = { unavailable: '2', busy: '1' };

/** Of the reader of bodies: the request was cut off, before or while it was read, or is not as long as it said. */
const brokenOff = new Set(['request.aborted', 'request.size.invalid', 'stream.not.readable']);

/** The one place where what was thrown becomes an answer. */
export const answerProblems: ApiMiddleware = async function answerProblems(context, next) {
  try {
    await next();
  } catch (error) {
    const problem = toProblem(error, context);
    context.state.problem = problem.code;
    send(context, writeProblem(problem, context.state.requestId));
  }
};

/** What was thrown, as the problem that is answered; a defect is logged. */
export function toProblem(error: unknown, { state }: ApiContext): Problem {
  if (error instanceof Problem) return error;
  const failure = databaseFailure(error);
  if (failure !== undefined) {
    state.reason = `database ${failure}: ${messageOf(error)}`;
    const what = failure === 'busy' ? 'The database is busy.' : 'The database cannot be reached.';
    const headers = { 'Retry-After': retryAfter[failure] };
    return new Problem('unavailable', `${what} Try again.`, { headers, cause: error });
  }
  if (error instanceof Error && 'type' in error && brokenOff.has(String(error.type))) {
    const headers = { Connection: 'close' };
    return new Problem('invalid-request', 'The body did not arrive as its headers announced.', { headers });
  }
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
  const code = error instanceof Error && 'code' in error ? { code: error.code } : {};
  state.log.error({ event: logEvents.apiFailed, route: state.route, ...code }, detail);
  return new Problem('internal', 'Something that should not happen has happened. It was logged under the request_id.');
}
