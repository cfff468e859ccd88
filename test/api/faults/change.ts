import assert from 'node:assert/strict';
import type { ApiAnswer } from '../../support/api-process.ts';

/** A change that a client wants to make, and what became of it as far as the client can tell. */
export interface Change {
  action: 'earn' | 'redeem' | 'adjust' | 'void';
  path: string;
  cardId: string;
  /** The API key that it is sent with. */
  key: string;
  idempotencyKey: string | undefined;
  /** `reference` is unique: by it the entry is found in the ledger. */
  body: { points?: number; reason: string; reference: string };
  attempts: number;
  /** `unknown`: sent without an Idempotency-Key, and not answered, or answered with 503. */
  outcome: 'open' | 'acknowledged' | 'refused' | 'unknown';
  /** The one that settled it. */
  answer?: ApiAnswer;
}

/** The parts of an answer to a change that are looked at. */
export interface BookedBody {
  entry: {
    id: string;
    card_id: string;
    kind: string;
    points: number;
    balance_after: number;
    card_version: number;
    reference: string;
  };
}

/** The entry that an acknowledged change was answered with. */
export function bookedEntry({ answer, body }: Change): BookedBody['entry'] {
  assert.ok(answer, `${body.reference} was not answered`);
  return (answer.body as BookedBody).entry;
}

/** What a correct API may refuse in a load of honest clients. */
const honest = new Set(['insufficient-points', 'points-spent', 'already-voided']);

/**
 * Takes an answer. Settled is what was booked or refused; 503 leaves it open.
 * @throws AssertionError when it is no answer that may be given while the database comes and goes.
 */
export function take(change: Change, answer: ApiAnswer): void {
  if (answer.status === 503) return assertUnavailable(answer);
  const { code } = (answer.body ?? {}) as { code?: string };
  if (answer.status === 201) change.outcome = 'acknowledged';
  else if (answer.status === 409 && honest.has(code ?? '')) change.outcome = 'refused';
  else assert.fail(`${change.action} was answered with ${answer.status}: ${answer.text}`);
  change.answer = answer;
}

function assertUnavailable({ headers, body, text }: ApiAnswer): void {
  assert.match(headers.get('retry-after') ?? '', /^[1-9]\d*$/, `503 without Retry-After: ${text}`);
  assert.match(headers.get('content-type') ?? '', /^application\/problem\+json/, text);
  assert.equal((body as { code: string }).code, 'unavailable', text);
}
