import { childrenOf, identifierOf, tags } from './der-values.ts';
import { malformed, type Element } from './der.ts';
import { cleaned } from './quote.ts';

/** One attribute of a distinguished name: type as dotted object identifier, value as text. */
export interface NameAttribute {
  type: string;
  value: string;
}
export type DistinguishedName = readonly NameAttribute[];

export const attributeTypes = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  organizationalUnit: '2.5.4.11',
  userId: '0.9.2342.19200300.100.1.1',
} as const;

const shortNames = new Map<string, string>([
  [attributeTypes.commonName, 'CN'],
  [attributeTypes.organization, 'O'],
  [attributeTypes.organizationalUnit, 'OU'],
  [attributeTypes.userId, 'UID'],
  ['2.5.4.6', 'C'],
  ['2.5.4.7', 'L'],
  ['2.5.4.8', 'ST'],
  ['2.5.4.5', 'serialNumber'],
  ['1.2.840.113549.1.9.1', 'emailAddress'],
  ['0.9.2342.19200300.100.1.25', 'DC'],
]);

function textOf(element: Element | undefined): string {
  if (!element || element.tagClass !== 'universal' || element.children) return malformed();
  const bytes = Buffer.from(element.contents);
  switch (element.tag) {
    case tags.bmpString:
      return bytes.length % 2 === 0 ? bytes.swap16().toString('utf16le') : malformed();
    case tags.teletexString:
      return bytes.toString('latin1');
    default:
      return bytes.toString('utf8');
  }
}

function attributeOf(element: Element): NameAttribute {
  const [type, value] = childrenOf(element);
  return { type: identifierOf(type), value: textOf(value) };
}

/** Reads a Name (RFC 5280 section 4.1.2.4). */
export function readName(element: Element | undefined): DistinguishedName {
  return childrenOf(element).flatMap((relative) => childrenOf(relative).map(attributeOf));
}

/** Every value of one attribute type. */
export function valuesOf(name: DistinguishedName, type: keyof typeof attributeTypes): string[] {
  return name.filter((attribute) => attribute.type === attributeTypes[type]).map(({ value }) => value);
}

/** The common name, or else whatever the name has; for messages, to be quoted. */
export function shortNameOf(name: DistinguishedName): string {
  return valuesOf(name, 'commonName')[0] ?? formatName(name);
}

/** `UID=pass.com.example, CN=Pass Type ID: pass.com.example, OU=ABCDE12345`, in the order of the certificate. */
export function formatName(name: DistinguishedName): string {
  const format = ({ type, value }: NameAttribute): string =>
    `${shortNames.get(type) ?? type}=${cleaned(value).replaceAll(/[,+"\\<>;]/g, String.raw`\$&`)}`;
  return name.slice(0, 12).map(format).join(', ');
}
