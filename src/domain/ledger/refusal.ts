import type { Posting } from './posting.ts';

/** Why the ledger does not take a change. Stable: each is the `code` of an HTTP 409 problem. */
export type RefusalCode =
  | 'insufficient-points'
  | 'balance-limit'
  | 'card-frozen'
  | 'card-closed'
  | 'points-spent'
  | 'already-voided'
  | 'not-voidable'
  | 'already-restored'
  | 'nothing-to-restore'
  | 'expiry-in-past';

/** A change that a rule of the ledger forbids. A value, not an exception: it is an answer, and nothing is wrong with the program. */
export interface Refusal {
  code: RefusalCode;
  /** A sentence for people: what was found, what was asked for. */
  detail: string;
  /** The numbers of `detail`, named as the API names members (snake_case): `available_points`, `requested_points`, `balance`, `limit`. */
  numbers: Readonly<Record<string, number>>;
}

/** What a rule of the ledger answers: write this, or refuse with that. A refusal has a `code`, a posting an `entry`. */
export type Decision = Posting | Refusal;

export function refuse(code: RefusalCode, detail: string, numbers: Refusal['numbers'] = {}): Refusal {
  return { code, detail, numbers };
}

export function isRefusal(answer: object): answer is Refusal {
  return 'code' in answer && 'detail' in answer && 'numbers' in answer;
}
