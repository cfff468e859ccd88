import { oid, printableString, sequence, set, utf8String, type Der } from './der.ts';

const attributeTypes = {
  CN: '2.5.4.3',
  C: '2.5.4.6',
  O: '2.5.4.10',
  OU: '2.5.4.11',
  UID: '0.9.2342.19200300.100.1.1',
  emailAddress: '1.2.840.113549.1.9.1',
} as const;
export type AttributeType = keyof typeof attributeTypes;

/** Attributes in the order in which they stand in the certificate: Apple's order differs between generations. */
export type DistinguishedName = ReadonlyArray<readonly [AttributeType, string]>;

/** RFC 5280: a country is a PrintableString; Apple writes everything else as UTF8String. */
export function encodeName(name: DistinguishedName): Der {
  const relative = name.map(([type, value]) =>
    set(sequence(oid(attributeTypes[type]), type === 'C' ? printableString(value) : utf8String(value))),
  );
  return sequence(...relative);
}
