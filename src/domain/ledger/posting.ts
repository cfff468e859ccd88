/** Points earned together that expire together. Always `remaining = points + Σ moves`, within 0 and `points`. */
export interface Lot {
  id: string;
  /** What it was made with: a positive safe integer. */
  points: number;
  remaining: number;
  earnedAt: Date;
  /** The first instant at which its points are gone; null: never. From then on it is expired, whether or not the nightly job has zeroed it. */
  expiresAt: Date | null;
  /** The expire, redeem or adjust entry whose points it brings back. Such a lot keeps its expiry: activity does not move it. */
  restoredFrom: string | null;
  /** The entry that made it. */
  entryId: string;
}

/** When the points of a program expire. `days` is a positive whole number of calendar days in the merchant's timezone. */
export type ExpiryTerms =
  { mode: 'none' } | { mode: 'fixed' | 'inactivity'; days: number; rounding: 'none' | 'end_of_day' | 'end_of_month' };

/** What the ledger needs to know of a program and its merchant. */
export interface Program {
  expiry: ExpiryTerms;
  /** The merchant's, an IANA name. */
  timezone: string;
  /** How many days ahead expiring points are announced. */
  warningDays: number;
}

/** A card as it was read after it was locked. */
export interface CardState {
  merchantId: string;
  id: string;
  status: 'active' | 'frozen' | 'closed';
  /** Σ entries = Σ remaining; includes expired points until the nightly job zeroes them. */
  balance: number;
  version: number;
  /** Its last earn or redeem. */
  lastActivityAt: Date | null;
  program: Program;
}

export type EntryKind = 'earn' | 'redeem' | 'void' | 'adjust' | 'expire' | 'restore';

/** Who changes the ledger, and what for. */
export interface Cause {
  actor: string;
  reason: string | null;
  /** The caller's own name for it, such as a receipt number. */
  reference: string | null;
}

/** A line of the ledger that is to be written. */
export interface NewEntry extends Cause {
  kind: EntryKind;
  /** Signed, from the card's view; never 0. */
  points: number;
  /** The entry that a void or a restore undoes. */
  reverses: string | null;
}

/** What happens to a lot that exists. */
export interface LotChange {
  lotId: string;
  /** Signed, from the lot's view; 0 when only the expiry moves: then no lot move is recorded. */
  points: number;
  /** The lot's expiry after the change; often the one it has. */
  expiresAt: Date | null;
}

/** A lot that the entry makes; `remaining` starts at `points`. */
export type NewLot = Pick<Lot, 'points' | 'earnedAt' | 'expiresAt' | 'restoredFrom'>;

/**
 * One change of a card, complete: everything that one statement must write beside the card's version, which goes up by 1.
 * `entry.points` = Σ `lotChanges.points` + Σ `newLots.points`. A lot is named at most once; lots that stay as they are are not named.
 */
export interface Posting {
  entry: NewEntry;
  lotChanges: LotChange[];
  newLots: NewLot[];
  /** The card's balance after the entry. */
  balance: number;
  /** The card's, after the entry. */
  lastActivityAt: Date | null;
  occurredAt: Date;
}

/** An entry that is to be voided or restored, as the ledger has it. */
export interface PostedEntry {
  id: string;
  kind: EntryKind;
  /** Signed, from the card's view. */
  points: number;
  /** The entry that voided or restored it already. */
  reversedBy: string | null;
  /** Its lot moves, signed from the lot's view; a lot that it made has none by it. */
  moves: { lotId: string; points: number }[];
}
