import type { PassContent } from '../pass-content.ts';
import { defaultLanguage, localized, type LocalizedString } from './localized-string.ts';
import { phrasesIn, writeDay } from './phrases.ts';

/**
 * What we say of a card, https://developers.google.com/wallet/reference/rest/v1/loyaltyobject. All of it is said each time, for a PATCH
 * leaves alone what it does not mention: null takes a member away.
 */
export interface LoyaltyObject {
  id: string;
  classId: string;
  state: 'ACTIVE' | 'INACTIVE';
  accountId: string | null;
  accountName: string | null;
  loyaltyPoints: LoyaltyPoints | null;
  textModulesData: TextModule[];
  barcode: Barcode | null;
}

/** Exactly one kind of balance is not null; the other takes away what was there before. */
export interface LoyaltyPoints {
  label: string;
  localizedLabel: LocalizedString | null;
  balance: { int: number; string: null } | { int: null; string: string };
}

export interface TextModule {
  id: string;
  header: string;
  body: string;
  localizedHeader: LocalizedString | null;
  localizedBody: LocalizedString | null;
}

interface Barcode {
  type: 'QR_CODE' | 'CODE_128' | 'PDF_417' | 'AZTEC';
  value: string;
  alternateText: string;
}

/** Google's `int` has 32 bits. */
const largestInt = 2 ** 31 - 1;

const barcodeTypes = { qr: 'QR_CODE', code128: 'CODE_128', pdf417: 'PDF_417', aztec: 'AZTEC' } as const;

/** The object of a card. One that is frozen or void is INACTIVE; of an erased customer nothing is left on it. */
export function loyaltyObject(content: PassContent, { id, classId }: { id: string; classId: string }): LoyaltyObject {
  const { state, number, customerName } = content;
  if (state === 'void') {
    const nothing = { accountId: null, accountName: null, loyaltyPoints: null, textModulesData: [], barcode: null };
    return { id, classId, state: 'INACTIVE', ...nothing };
  }
  return {
    id,
    classId,
    state: state === 'active' ? 'ACTIVE' : 'INACTIVE',
    accountId: number,
    accountName: customerName,
    loyaltyPoints: loyaltyPoints(content),
    textModulesData: nextExpiry(content),
    barcode: barcode(content),
  };
}

function loyaltyPoints({ points, pointsName, appearance }: PassContent): LoyaltyPoints {
  return {
    label: pointsName,
    localizedLabel: localized(appearance, (_, { points_name: name = pointsName }) => name),
    balance: points <= largestInt ? { int: points, string: null } : { int: null, string: String(points) },
  };
}

function nextExpiry({ nextExpiry: next, pointsName, timezone, appearance }: PassContent): TextModule[] {
  if (next === null) return [];
  const write = (language: string, name: string): string =>
    `${next.points} ${name}: ${writeDay(next.expiresAt, language, timezone)}`;
  const language = defaultLanguage(appearance);
  return [
    {
      id: 'next-expiry',
      header: phrasesIn(language).expiresNext,
      body: write(language, pointsName),
      localizedHeader: localized(appearance, (tag) => phrasesIn(tag).expiresNext),
      localizedBody: localized(appearance, (tag, { points_name: name = pointsName }) => write(tag, name)),
    },
  ];
}

function barcode({ number, appearance: { barcode: form = 'qr' } }: PassContent): Barcode | null {
  return form === 'none' ? null : { type: barcodeTypes[form], value: number, alternateText: number };
}
