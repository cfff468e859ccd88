import { attempt, readElement, type Element } from './der.ts';
import { identifierOf, is, numberOf, tags } from './der-values.ts';

/** What a DER file is, told by its outermost shape; nothing in it is believed yet. */
export const derForms = [
  'certificate',
  'certificate request',
  'revocation list',
  'PKCS#12',
  'PKCS#7',
  'PKCS#8',
  'PKCS#1',
  'SEC1',
  'DSA',
  'encrypted PKCS#8',
  'public key',
  'unknown',
] as const;
export type DerForm = (typeof derForms)[number];

/** Classifies DER (BER for PKCS#12). Undefined: it is no DER at all. */
export function derFormOf(bytes: Uint8Array): DerForm | undefined {
  if (bytes[0] !== 0x30) return undefined;
  const element = attempt(() => readElement(bytes, 'BER'));
  return element && (attempt(() => shapeOf(element.children ?? [])) ?? 'unknown');
}

const signedData = '1.2.840.113549.1.7.2';
/** Content types in which a PKCS#12 file keeps everything: protected by a passphrase, or by a signature. */
const authenticatedSafes = ['1.2.840.113549.1.7.1', signedData];

function shapeOf(children: readonly Element[]): DerForm {
  const [first, second, third] = children;
  if (is(first, tags.integer)) return numberedShape(children, numberOf(first));
  if (is(first, tags.objectIdentifier)) return identifierOf(first) === signedData ? 'PKCS#7' : 'unknown';
  const within = elementsOf(children[0]);
  if (!within) return 'unknown';
  if (is(second, tags.octetString)) return 'encrypted PKCS#8';
  if (is(second, tags.bitString)) return 'public key';
  return is(second, tags.sequence) && is(third, tags.bitString) ? signedShape(within) : 'unknown';
}

function elementsOf(element: Element | undefined): readonly Element[] | undefined {
  return is(element, tags.sequence) ? (element.children ?? []) : undefined;
}

/** A structure that begins with a version number. */
function numberedShape(children: readonly Element[], version: number): DerForm {
  const [, second, third] = children;
  if (is(second, tags.octetString)) return 'SEC1';
  if (is(second, tags.integer)) return children.length >= 9 ? 'PKCS#1' : children.length === 6 ? 'DSA' : 'unknown';
  const within = elementsOf(children[1]);
  if (!within) return 'unknown';
  if (is(third, tags.octetString)) return 'PKCS#8';
  return version === 3 && authenticatedSafes.includes(identifierOf(within[0])) ? 'PKCS#12' : 'unknown';
}

/** What a certificate, a request and a revocation list have signed. */
function signedShape(signed: readonly Element[]): DerForm {
  const [first, second, third, fourth] = signed;
  if (is(first, 0, 'context')) return 'certificate';
  if (is(first, tags.integer) && is(third, tags.sequence)) {
    if (is(fourth, 0, 'context')) return 'certificate request';
    // A certificate of version 1: serial number, algorithm, issuer, validity.
    return is(fourth, tags.sequence) ? 'certificate' : 'revocation list';
  }
  return elementsOf(signed[0]) && is(second, tags.sequence) ? 'revocation list' : 'unknown';
}
