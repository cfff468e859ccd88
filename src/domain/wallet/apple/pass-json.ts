import { localInstant } from './local-instant.ts';
import type { PassContent } from '../pass-content.ts';
import { phrases } from './phrases.ts';

/** A field of a pass, https://developer.apple.com/documentation/walletpasses/passfieldcontent. */
export interface PassField {
  /** Unique in the pass. */
  key: string;
  label: string;
  value: string | number;
  /** Told on the lock screen when the value changes; `%@` is the new one. */
  changeMessage?: string;
  numberStyle?: 'PKNumberStyleDecimal';
  dateStyle?: 'PKDateStyleMedium';
  timeStyle?: 'PKDateStyleNone';
  /** The day is that of the merchant, wherever the phone is. */
  ignoresTimeZone?: true;
}

interface PassFields {
  headerFields: PassField[];
  primaryFields: PassField[];
  /** With a square barcode these and the auxiliary ones are at most four. */
  secondaryFields: PassField[];
  auxiliaryFields: PassField[];
  backFields: PassField[];
}

/** pass.json of a loyalty card, https://developer.apple.com/documentation/walletpasses/pass. */
export interface PassJson {
  formatVersion: 1;
  passTypeIdentifier: string;
  teamIdentifier: string;
  serialNumber: string;
  authenticationToken: string;
  webServiceURL: string;
  organizationName: string;
  description: string;
  logoText: string;
  backgroundColor?: string;
  foregroundColor?: string;
  labelColor?: string;
  barcodes?: { format: string; message: string; messageEncoding: string; altText: string }[];
  /** A card is one customer's. */
  sharingProhibited: true;
  voided?: true;
  storeCard: PassFields;
}

/** What a pass has beside its content. */
export interface PassIdentity {
  passTypeIdentifier: string;
  teamIdentifier: string;
  /** Never changes for a pass, nor does its token. */
  serialNumber: string;
  authenticationToken: string;
  /** Where the phone registers and fetches: the address before `/v1`. */
  webServiceURL: string;
}

const barcodeFormats = {
  qr: 'PKBarcodeFormatQR',
  code128: 'PKBarcodeFormatCode128',
  pdf417: 'PKBarcodeFormatPDF417',
  aztec: 'PKBarcodeFormatAztec',
} as const;

const { en } = phrases;

/**
 * pass.json of a card. Labels are the program's own words and English ones; each is also the key under which pass.strings has it in other
 * languages. Of an erased customer nothing is left but that the card is no longer valid.
 */
export function passJson(content: PassContent, identity: PassIdentity): PassJson {
  const { appearance, programName, merchantName, state } = content;
  return {
    formatVersion: 1,
    ...identity,
    organizationName: appearance.issuer_name ?? merchantName,
    description: programName,
    logoText: programName,
    ...colours(content),
    ...(state === 'void' ? { voided: true } : barcodes(content)),
    sharingProhibited: true,
    storeCard: state === 'void' ? noFields() : fieldsOf(content),
  };
}

function colours({ appearance }: PassContent): Pick<PassJson, 'backgroundColor' | 'foregroundColor' | 'labelColor'> {
  const { background_color, foreground_color, label_color } = appearance;
  return {
    ...(background_color !== undefined && { backgroundColor: rgb(background_color) }),
    ...(foreground_color !== undefined && { foregroundColor: rgb(foreground_color) }),
    ...(label_color !== undefined && { labelColor: rgb(label_color) }),
  };
}

/** `#17bb52` → `rgb(23, 187, 82)`. */
function rgb(colour: string): string {
  return `rgb(${[1, 3, 5].map((place) => Number.parseInt(colour.slice(place, place + 2), 16)).join(', ')})`;
}

function barcodes({ appearance: { barcode = 'qr' }, number }: PassContent): Pick<PassJson, 'barcodes'> {
  if (barcode === 'none') return {};
  const form = { format: barcodeFormats[barcode], messageEncoding: 'iso-8859-1' };
  return { barcodes: [{ ...form, message: number, altText: number }] };
}

function noFields(): PassFields {
  return { headerFields: [], primaryFields: [], secondaryFields: [], auxiliaryFields: [], backFields: [] };
}

function fieldsOf(content: PassContent): PassFields {
  const { pointsName, points, customerName, state, number, appearance } = content;
  const shownTerms = termsOf(content);
  return {
    headerFields: [],
    primaryFields: [{ key: 'points', label: pointsName, ...decimal(points), changeMessage: pointsMessage(pointsName) }],
    secondaryFields: expiryFields(content),
    auxiliaryFields: [
      ...(customerName === null ? [] : [{ key: 'member', label: en.member, value: customerName }]),
      ...(state === 'frozen' ? [{ key: 'status', label: en.status, value: en.frozen, changeMessage: '%@' }] : []),
    ],
    backFields: [
      { key: 'number', label: en.number, value: number },
      ...(appearance.home_url === undefined ? [] : [{ key: 'website', label: en.website, value: appearance.home_url }]),
      ...(shownTerms === undefined ? [] : [{ key: 'terms', label: en.terms, value: shownTerms }]),
    ],
  };
}

function expiryFields({ nextExpiry, timezone }: PassContent): PassField[] {
  if (nextExpiry === null) return [];
  const style = { dateStyle: 'PKDateStyleMedium', timeStyle: 'PKDateStyleNone', ignoresTimeZone: true } as const;
  return [
    { key: 'expiring', label: en.expiring, ...decimal(nextExpiry.points) },
    { key: 'expires', label: en.expires, value: localInstant(nextExpiry.expiresAt, timezone), ...style },
  ];
}

function decimal(value: number): Pick<PassField, 'value' | 'numberStyle'> {
  return { value, numberStyle: 'PKNumberStyleDecimal' };
}

/** What the lock screen says of new points; the name stands in a format, where a percent sign is doubled. */
export function pointsMessage(pointsName: string): string {
  return `${pointsName.replaceAll('%', '%%')}: %@`;
}

/** The program's terms, or any translation of them where it has none of its own. */
export function termsOf({
  appearance: { terms, translations = {} },
}: Pick<PassContent, 'appearance'>): string | undefined {
  return terms ?? Object.values(translations).find((translation) => translation.terms !== undefined)?.terms;
}
