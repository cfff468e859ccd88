import type { Refusal } from '../../domain/ledger/refusal.ts';
import { Problem } from '../problems.ts';
import { found } from './not-found.ts';

/** What the ledger changed; a refusal is thrown as its 409 problem, and nothing at all as the 404 of what was named. */
export function accepted<Change extends object>(
  answer: Change | Refusal | undefined,
  kind: string,
  id: string,
): Exclude<Change, Refusal> {
  const change = found(answer, kind, id);
  if (!('code' in change)) return change as Exclude<Change, Refusal>;
  const { code, detail, numbers } = change as Refusal;
  throw new Problem(code, detail, { extensions: numbers });
}
