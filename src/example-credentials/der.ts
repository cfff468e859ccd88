/**
 * Just enough DER (X.690) to write certificates, keys and PKCS#12 files byte for byte as wanted, also wrong ones.
 * A library that only writes correct files cannot make the broken ones that the checks are for.
 */

export type Der = Buffer;

const indefiniteLength = Buffer.of(0x80);
const endOfContents = Buffer.of(0, 0);

function length(size: number): Buffer {
  if (size < 0x80) return Buffer.of(size);
  const hex = size.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return Buffer.concat([Buffer.of(0x80 | bytes.length), bytes]);
}

/** One element; `tag` is the identifier octet, such as 0x30. */
export function element(tag: number, ...contents: Uint8Array[]): Der {
  const size = contents.reduce((sum, part) => sum + part.length, 0);
  return Buffer.concat([Buffer.of(tag), length(size), ...contents]);
}

/** A constructed element of indefinite length: BER, not DER. Keychain Access and NSS write PKCS#12 like this. */
export function indefiniteElement(tag: number, ...contents: Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.of(tag), indefiniteLength, ...contents, endOfContents]);
}

export function sequence(...contents: Uint8Array[]): Der {
  return element(0x30, ...contents);
}

export function set(...contents: Uint8Array[]): Der {
  return element(0x31, ...contents);
}

/** A context-specific constructed tag, as EXPLICIT [number] makes it. */
export function explicit(number: number, ...contents: Uint8Array[]): Der {
  return element(0xa0 | number, ...contents);
}

/** A context-specific primitive tag, as IMPLICIT [number] of a string type makes it. */
export function implicit(number: number, contents: Uint8Array): Der {
  return element(0x80 | number, contents);
}

export function boolean(value: boolean): Der {
  return element(0x01, Buffer.of(value ? 0xff : 0));
}

/** A non-negative INTEGER. */
export function integer(value: bigint | number): Der {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  return element(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.of(0), bytes]) : bytes);
}

/** A BIT STRING of whole octets, or with `unused` bits at the end of the last. */
export function bitString(contents: Uint8Array, unused = 0): Der {
  return element(0x03, Buffer.of(unused), contents);
}

export function octetString(...contents: Uint8Array[]): Der {
  return element(0x04, ...contents);
}

export function nullValue(): Der {
  return element(0x05);
}

function base128(value: number): number[] {
  const digits = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    digits.unshift((rest & 0x7f) | 0x80);
  }
  return digits;
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Der {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return element(0x06, Buffer.from([first * 40 + second, ...rest].flatMap((arc) => base128(arc))));
}

export function utf8String(text: string): Der {
  return element(0x0c, Buffer.from(text, 'utf8'));
}

export function printableString(text: string): Der {
  return element(0x13, Buffer.from(text, 'latin1'));
}

export function ia5String(text: string): Der {
  return element(0x16, Buffer.from(text, 'latin1'));
}

/** A BMPString: UTF-16, big-endian. PKCS#12 wants it for friendly names. */
export function bmpString(text: string): Der {
  return element(0x1e, Buffer.from(text, 'utf16le').swap16());
}

/** Time of RFC 5280 section 4.1.2.5: UTCTime up to 2049, GeneralizedTime after; whole seconds, UTC. */
export function time(instant: Date): Der {
  const digits = instant.toISOString().replace(/\.\d+|[-:T]/g, '');
  return instant.getUTCFullYear() < 2050
    ? element(0x17, Buffer.from(digits.slice(2), 'latin1'))
    : element(0x18, Buffer.from(digits, 'latin1'));
}
