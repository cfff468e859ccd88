import { availablePoints, drawableLots } from '../ledger/lots.ts';
import type { Lot } from '../ledger/posting.ts';

export type Platform = 'google' | 'apple';

/** What the passes of a program look like. Every member may be absent; the mappings of the wallets say what is shown then. */
export interface Appearance {
  /** Who gives the card out; absent: the merchant's name. */
  issuer_name?: string;
  /** `#rrggbb`. */
  background_color?: string;
  /** Of values; `#rrggbb`. Google derives it from the background. */
  foreground_color?: string;
  /** Of labels; `#rrggbb`. */
  label_color?: string;
  /** Public https address of a square logo, which Google fetches. Apple's logo is an image of the program. */
  logo_url?: string;
  /** Public https address of a wide picture, which Google fetches. Apple's strip is an image of the program. */
  hero_image_url?: string;
  /** https address of the shop. */
  home_url?: string;
  /** Terms and conditions, shown on the back. */
  terms?: string;
  /** How the card's number is shown to scanners; absent: `qr`. */
  barcode?: 'qr' | 'code128' | 'pdf417' | 'aztec' | 'none';
  /** Texts in other languages, by BCP 47 tag such as `de` or `pt-BR`. */
  translations?: Record<string, Translation>;
}

/** Texts of a program in one language; what is absent is as in the program itself. */
export interface Translation {
  program_name?: string;
  points_name?: string;
  terms?: string;
}

/** Everything that a wallet shows of a card, without saying how. The same content has the same `version`. */
export interface PassContent {
  merchantId: string;
  programId: string;
  cardId: string;
  /** passes.wanted_version. */
  version: number;
  merchantName: string;
  programName: string;
  pointsName: string;
  /** IANA, of the merchant. */
  timezone: string;
  appearance: Appearance;
  /** What a till scans. */
  number: string;
  customerName: string | null;
  /** `void`: the customer was erased, the wallet is to show it as no longer valid. */
  state: 'active' | 'frozen' | 'void';
  /** Points that can be redeemed. */
  points: number;
  /** The points that expire next, whenever that is; null: none ever do. */
  nextExpiry: { points: number; expiresAt: Date } | null;
}

/** What expires next of a card's lots, all of the same instant together. */
export function nextExpiry(lots: readonly Lot[], now: Date): PassContent['nextExpiry'] {
  const [first, ...others] = drawableLots(lots, now).filter(({ expiresAt }) => expiresAt !== null);
  if (first === undefined || first.expiresAt === null) return null;
  const instant = first.expiresAt.getTime();
  const together = [first, ...others.filter(({ expiresAt }) => expiresAt?.getTime() === instant)];
  return { points: together.reduce((sum, { remaining }) => sum + remaining, 0), expiresAt: first.expiresAt };
}

/** A card's points as its pass shows them at an instant. */
export function pointsShown(lots: readonly Lot[], now: Date): Pick<PassContent, 'points' | 'nextExpiry'> {
  return { points: availablePoints(lots, now), nextExpiry: nextExpiry(lots, now) };
}
