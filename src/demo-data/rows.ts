import type { DemoCard } from './cards.ts';
import type { DemoMerchant } from './merchants.ts';

/** A table, and the columns that are written, in order. Tables stand in the order in which their foreign keys want them. */
export const columns = {
  merchants: ['id', 'name', 'timezone', 'created_at', 'updated_at'],
  programs: [
    'merchant_id',
    'id',
    'name',
    'points_name',
    'expiry_mode',
    'expiry_days',
    'expiry_rounding',
    'warning_days',
    'created_at',
    'updated_at',
  ],
  customers: ['merchant_id', 'id', 'external_id', 'name', 'erased_at', 'created_at'],
  cards: [
    'merchant_id',
    'id',
    'program_id',
    'customer_id',
    'number',
    'status',
    'balance',
    'version',
    'last_activity_at',
    'created_at',
  ],
  entries: [
    'merchant_id',
    'id',
    'card_id',
    'card_version',
    'kind',
    'points',
    'balance_after',
    'occurred_at',
    'actor',
    'reason',
    'reference',
    'reverses',
  ],
  lots: ['merchant_id', 'id', 'card_id', 'entry_id', 'points', 'remaining', 'earned_at', 'expires_at', 'restored_from'],
  lot_moves: ['merchant_id', 'entry_id', 'lot_id', 'points'],
} as const;

export type Table = keyof typeof columns;
export const tables = Object.keys(columns) as Table[];

type Value = string | number | Date | null;

/** The rows of one load, as lines of COPY's text format. */
export type Rows = Record<Table, string[]>;

export function noRows(): Rows {
  return { merchants: [], programs: [], customers: [], cards: [], entries: [], lots: [], lot_moves: [] };
}

/** https://www.postgresql.org/docs/current/sql-copy.html, "Text Format". */
function line(...values: readonly Value[]): string {
  return `${values.map(field).join('\t')}\n`;
}

function field(value: Value): string | number {
  if (value === null) return '\\N';
  if (typeof value === 'number') return value;
  if (typeof value === 'object') return value.toISOString();
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (found) => escapes[found] ?? found) : value;
}

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

export function addMerchant(rows: Rows, { id, name, region, programs }: DemoMerchant, createdAt: Date): void {
  rows.merchants.push(line(id, name, region.timezone, createdAt, createdAt));
  for (const { id: programId, name: programName, pointsName, expiry, warningDays } of programs) {
    const [days, rounding] = expiry.mode === 'none' ? [null, 'end_of_day'] : [expiry.days, expiry.rounding];
    const terms = [expiry.mode, days, rounding, warningDays];
    rows.programs.push(line(id, programId, programName, pointsName, ...terms, createdAt, createdAt));
  }
}

export function addCard(rows: Rows, { ledger, programId, number, customer, createdAt }: DemoCard): void {
  const { card, lots, entries } = ledger;
  const { merchantId } = card;
  rows.customers.push(line(merchantId, customer.id, customer.externalId, customer.name, customer.erasedAt, createdAt));
  const state = [card.status, card.balance, card.version, card.lastActivityAt ?? createdAt];
  rows.cards.push(line(merchantId, card.id, programId, customer.id, number, ...state, createdAt));
  for (const entry of entries) {
    const { id, cardVersion, kind, points, balanceAfter, occurredAt, actor, reason, reference, reverses } = entry;
    const change = [cardVersion, kind, points, balanceAfter, occurredAt];
    rows.entries.push(line(merchantId, id, card.id, ...change, actor, reason, reference, reverses));
    for (const move of entry.moves) rows.lot_moves.push(line(merchantId, id, move.lotId, move.points));
  }
  for (const { id, entryId, points, remaining, earnedAt, expiresAt, restoredFrom } of lots)
    rows.lots.push(line(merchantId, id, card.id, entryId, points, remaining, earnedAt, expiresAt, restoredFrom));
}
