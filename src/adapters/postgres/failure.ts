/**
 * What a failure of the database means. `unavailable`: it is away, refuses connections or is going down; `busy`: it is there, and a
 * lock, a statement or a connection took too long. Both pass: try again. Undefined: the statement itself is at fault.
 * SQLSTATEs: PostgreSQL documentation, appendix A.
 */
export type DatabaseFailure = 'unavailable' | 'busy';

const unavailableStates = /^(08|57P0|53|25006|28|3D000|58)/;
const busyStates = new Set(['40001', '40P01', '55P03', '57014', '25P03', '25P04']);
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'ECONNABORTED',
]);
// pg and knex give these no code; knex puts the statement before the message.
const unavailableMessages =
  /(?:^| - )(?:Connection terminated|Connection ended|timeout expired|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Query read timeout|Unable to acquire a connection|aborted$)/;

interface Coded {
  code?: unknown;
  severity?: unknown;
  syscall?: unknown;
  name?: unknown;
  message?: unknown;
}

export function databaseFailure(error: unknown): DatabaseFailure | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  if (error instanceof AggregateError) return databaseFailure(error.errors[0]);
  // Objection wraps what pg threw.
  if ('nativeError' in error) return databaseFailure(error.nativeError);
  const { code, severity, syscall, name, message } = error as Coded;
  if (name === 'KnexTimeoutError') return 'busy';
  if (typeof code === 'string' && typeof severity === 'string') return ofState(code, severity);
  if (typeof code === 'string' && networkCodes.has(code)) {
    // A file that is missing has ENOENT too; only a socket's counts.
    return code !== 'ENOENT' || syscall === 'connect' ? 'unavailable' : undefined;
  }
  return typeof message === 'string' && unavailableMessages.test(message) ? 'unavailable' : undefined;
}

function ofState(state: string, severity: string): DatabaseFailure | undefined {
  if (busyStates.has(state)) return 'busy';
  // FATAL and PANIC end the connection, or refuse it: no statement is at fault.
  return severity === 'FATAL' || severity === 'PANIC' || unavailableStates.test(state) ? 'unavailable' : undefined;
}
