import { malformed, type Element, type TagClass } from './der.ts';

/** Universal tags (X.680) that certificates, keys and PKCS#12 are made of. */
export const tags = {
  boolean: 1,
  integer: 2,
  bitString: 3,
  octetString: 4,
  null: 5,
  objectIdentifier: 6,
  utf8String: 12,
  sequence: 16,
  set: 17,
  teletexString: 20,
  universalString: 28,
  bmpString: 30,
} as const;

export function is(element: Element | undefined, tag: number, tagClass: TagClass = 'universal'): element is Element {
  return element !== undefined && element.tag === tag && element.tagClass === tagClass;
}

/** The elements of a SEQUENCE or SET. */
export function childrenOf(element: Element | undefined): readonly Element[] {
  if (!is(element, tags.sequence) && !is(element, tags.set)) return malformed();
  return element.children ?? malformed();
}

/** The one element inside `[number] EXPLICIT`. */
export function explicitly(element: Element | undefined, number: number): Element {
  if (!is(element, number, 'context') || element.children?.length !== 1) return malformed();
  return element.children[0] ?? malformed();
}

/** The octets of an OCTET STRING, put together when it is chunked; also of `[number] IMPLICIT OCTET STRING`. */
export function octetsOf(element: Element | undefined, implicitTag?: number): Uint8Array {
  const fits = implicitTag === undefined ? is(element, tags.octetString) : is(element, implicitTag, 'context');
  if (!element || !fits) return malformed();
  if (!element.children) return element.contents;
  return Buffer.concat(element.children.map((child) => octetsOf(child)));
}

/** The magnitude of a non-negative INTEGER without leading zeros; zero is empty. */
export function magnitudeOf(element: Element | undefined): Uint8Array {
  if (!is(element, tags.integer) || element.children || element.contents.length === 0) return malformed();
  if ((element.contents[0] ?? 0x80) >= 0x80) return malformed();
  const start = element.contents.findIndex((byte) => byte !== 0);
  return start === -1 ? new Uint8Array() : element.contents.subarray(start);
}

export function bitLength(magnitude: Uint8Array): number {
  const [first] = magnitude;
  return first === undefined ? 0 : (magnitude.length - 1) * 8 + (32 - Math.clz32(first));
}

/** A non-negative INTEGER; one beyond 2^48 counts as infinite, which is above every limit. */
export function numberOf(element: Element | undefined): number {
  const magnitude = magnitudeOf(element);
  if (magnitude.length > 6) return Number.POSITIVE_INFINITY;
  return magnitude.reduce((sum, byte) => sum * 256 + byte, 0);
}

/** An OBJECT IDENTIFIER in dotted form. */
export function identifierOf(element: Element | undefined): string {
  if (!is(element, tags.objectIdentifier) || element.contents.length > 64) return malformed();
  const arcs: number[] = [];
  let arc = 0;
  for (const byte of element.contents) {
    arc = arc * 128 + (byte & 0x7f);
    if (arc > Number.MAX_SAFE_INTEGER) malformed();
    if (byte < 0x80) {
      arcs.push(arc);
      arc = 0;
    }
  }
  const first = arcs[0] ?? malformed();
  const root = Math.min(Math.trunc(first / 40), 2);
  return [root, first - root * 40, ...arcs.slice(1)].join('.');
}

/** The bits of a BIT STRING whose length is whole octets. */
export function bitsOf(element: Element | undefined): Uint8Array {
  if (!is(element, tags.bitString) || element.children || element.contents.length === 0) return malformed();
  return element.contents.subarray(1);
}
