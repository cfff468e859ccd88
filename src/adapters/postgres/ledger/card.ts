import { availablePoints, expiringSoon } from '../../../domain/ledger/lots.ts';
import type { CardState, EntryKind, ExpiryTerms, Lot } from '../../../domain/ledger/posting.ts';

/** A card as it was read: what the rules need to know of it, and whose it is. */
export interface StoredCard extends CardState {
  number: string;
  programId: string;
  customer: { id: string; externalId: string; name: string | null };
  lastActivityAt: Date;
  createdAt: Date;
}

/** A card as people see it. */
export interface Card extends Omit<StoredCard, 'program'> {
  /** The balance without what has expired and is not zeroed yet. */
  availablePoints: number;
  /** What expires within the program's warning days, the nearest first. */
  expiringSoon: { expiresAt: Date; points: number }[];
}

/** A line of the ledger. `points` is signed from the card's view, `cardVersion` is the card's version after it. */
export interface LedgerEntry {
  id: string;
  cardId: string;
  cardVersion: number;
  kind: EntryKind;
  points: number;
  balanceAfter: number;
  occurredAt: Date;
  actor: string;
  reason: string | null;
  reference: string | null;
  runId: string | null;
  /** The entry that this one undoes. */
  reverses: string | null;
}

export interface TermsRow {
  expiry_mode: ExpiryTerms['mode'];
  expiry_days: number | null;
  expiry_rounding: 'none' | 'end_of_day' | 'end_of_month';
}

export interface CardRow extends TermsRow {
  merchant_id: string;
  id: string;
  number: string;
  program_id: string;
  customer_id: string;
  external_id: string;
  customer_name: string | null;
  status: CardState['status'];
  balance: number;
  version: number;
  last_activity_at: Date;
  created_at: Date;
  warning_days: number;
  timezone: string;
}

/** The columns of a {@link CardRow}, from {@link cardTables}. */
export const cardColumns = `
  cards.merchant_id, cards.id, cards.number, cards.program_id, cards.customer_id, cards.status, cards.balance, cards.version,
  cards.last_activity_at, cards.created_at, customers.external_id, customers.name AS customer_name, programs.expiry_mode,
  programs.expiry_days, programs.expiry_rounding, programs.warning_days, merchants.timezone`;

export const cardTables = `cards
  JOIN customers ON customers.merchant_id = cards.merchant_id AND customers.id = cards.customer_id
  JOIN programs ON programs.merchant_id = cards.merchant_id AND programs.id = cards.program_id
  JOIN merchants ON merchants.id = cards.merchant_id`;

export function toCard(row: CardRow): StoredCard {
  return {
    merchantId: row.merchant_id,
    id: row.id,
    number: row.number,
    programId: row.program_id,
    customer: { id: row.customer_id, externalId: row.external_id, name: row.customer_name },
    status: row.status,
    balance: row.balance,
    version: row.version,
    lastActivityAt: row.last_activity_at,
    createdAt: row.created_at,
    program: { expiry: toTerms(row), timezone: row.timezone, warningDays: row.warning_days },
  };
}

export function toTerms({ expiry_mode: mode, expiry_days: days, expiry_rounding: rounding }: TermsRow): ExpiryTerms {
  return mode === 'none' || days === null ? { mode: 'none' } : { mode, days, rounding };
}

/** The card as people see it at an instant. `lots`: those with anything remaining. */
export function viewCard({ program, ...card }: StoredCard, lots: readonly Lot[], now: Date): Card {
  return {
    ...card,
    availablePoints: availablePoints(lots, now),
    expiringSoon: expiringSoon(lots, now, program.warningDays),
  };
}
