import type { MerchantFailure } from '../adapters/postgres/runs/claim.ts';
import { messageOf } from '../errors.ts';
import type { RunFailureReason } from '../domain/runs/run-failure-reasons.ts';

export interface RunFailure extends MerchantFailure {
  reason: RunFailureReason;
}

// https://www.postgresql.org/docs/current/errcodes-appendix.html; a class is the first two characters.
const reasonsOfStates: Readonly<Record<string, RunFailureReason>> = {
  '55P03': 'LockTimeout',
  '40P01': 'Deadlock',
  '40001': 'Deadlock',
  '57014': 'StatementTimeout',
  '22': 'BadData',
  '23': 'ConstraintViolation',
  P0: 'RaisedException',
};

interface DatabaseError {
  code: string;
  message: string;
  constraint?: string;
  table?: string;
}

function isDatabaseError(error: unknown): error is DatabaseError {
  return error instanceof Error && 'severity' in error && 'code' in error && typeof error.code === 'string';
}

/** What an error that only one merchant's work has met means. One line, without values of rows: `detail` may hold personal data. */
export function runFailureOf(error: unknown): RunFailure {
  if (!isDatabaseError(error)) return { reason: 'InternalError', message: oneLine(messageOf(error)) };
  const { code, message, constraint, table } = error;
  const reason = reasonsOfStates[code] ?? reasonsOfStates[code.slice(0, 2)] ?? 'DatabaseError';
  const named = constraint !== undefined && !message.includes(constraint) ? ` (constraint ${constraint})` : '';
  const where = table !== undefined && !message.includes(table) ? ` (table ${table})` : '';
  return { reason, message: oneLine(`${message}${named}${where} [SQLSTATE ${code}]`) };
}

const longest = 1_000;

function oneLine(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\s]+/gu, ' ').trim();
  return line.length > longest ? `${line.slice(0, longest)}…` : line;
}
