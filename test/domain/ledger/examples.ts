import type {
  CardState,
  Cause,
  ExpiryTerms,
  Lot,
  LotChange,
  PostedEntry,
  Posting,
} from '../../../src/domain/ledger/posting.ts';
import { isRefusal } from '../../../src/domain/ledger/refusal.ts';
import type { Decision } from '../../../src/domain/ledger/refusal.ts';

export const now = new Date('2026-06-15T10:00:00Z');
export const cause: Cause = { actor: 'key:till', reason: 'lunch', reference: 'receipt-1' };

export const terms = {
  none: { mode: 'none' },
  fixed: { mode: 'fixed', days: 365, rounding: 'none' },
  inactivity: { mode: 'inactivity', days: 365, rounding: 'none' },
} as const satisfies Record<string, ExpiryTerms>;

/** An instant some days after `now`. */
export function inDays(days: number): Date {
  return new Date(now.getTime() + days * 86_400_000);
}

export function card(changes: Partial<CardState> = {}, expiry: ExpiryTerms = terms.fixed): CardState {
  const program = { expiry, timezone: 'UTC', warningDays: 30 };
  return {
    merchantId: 'merchant',
    id: 'card',
    status: 'active',
    balance: 0,
    version: 7,
    lastActivityAt: null,
    program,
    ...changes,
  };
}

/** A lot of which everything remains, earned a day before `now`. */
export function lot(id: string, points: number, expiresAt: Date | null, changes: Partial<Lot> = {}): Lot {
  return {
    id,
    points,
    remaining: points,
    earnedAt: inDays(-1),
    expiresAt,
    restoredFrom: null,
    entryId: `earn-${id}`,
    ...changes,
  };
}

export function change(lotId: string, points: number, expiresAt: Date | null): LotChange {
  return { lotId, points, expiresAt };
}

export function entry(kind: PostedEntry['kind'], points: number, moves: Record<string, number> = {}): PostedEntry {
  return {
    id: 'entry',
    kind,
    points,
    reversedBy: null,
    moves: Object.entries(moves).map(([lotId, moved]) => ({ lotId, points: moved })),
  };
}

/** @throws when it is a refusal. */
export function posted(decision: Decision): Posting {
  if (isRefusal(decision)) throw new Error(`Refused: ${decision.code}: ${decision.detail}`);
  return decision;
}

export function refusedCode(decision: Decision): string {
  return isRefusal(decision) ? decision.code : 'posted';
}
