/**
 * A reader of DER (X.690), and of the BER that Keychain Access and NSS write into PKCS#12 files: indefinite lengths and
 * chunked octet strings. It bounds depth and length by itself, so that what a Secret holds cannot make it work long.
 */

const deepest = 24;

export type TagClass = 'universal' | 'application' | 'context' | 'private';
const tagClasses: readonly TagClass[] = ['universal', 'application', 'context', 'private'];

/** One element: tag, contents, and the elements within when it is constructed. */
export interface Element {
  tagClass: TagClass;
  tag: number;
  /** Absent: the element is primitive. */
  children?: readonly Element[];
  /** The contents octets; of a constructed element the encodings within, without an end-of-contents mark. */
  contents: Uint8Array;
  /** The whole element with tag and length. */
  encoding: Uint8Array;
}

/** Thrown inside the readers of this folder and caught by {@link attempt}: it says where, never what. */
class MalformedDer extends Error {
  constructor() {
    super('malformed DER');
    this.name = 'MalformedDer';
  }
}

export function malformed(): never {
  throw new MalformedDer();
}

/** What `read` returns, or undefined when it met malformed DER. Other errors pass. */
export function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof MalformedDer) return undefined;
    throw error;
  }
}

interface Header {
  tagClass: TagClass;
  tag: number;
  constructed: boolean;
  /** Where the contents begin. */
  start: number;
  /** Absent: indefinite. */
  length?: number;
}

function byteAt(bytes: Uint8Array, position: number): number {
  return bytes[position] ?? malformed();
}

function readLength(bytes: Uint8Array, position: number): { start: number; length?: number } {
  const first = byteAt(bytes, position);
  if (first < 0x80) return { start: position + 1, length: first };
  if (first === 0x80) return { start: position + 1 };
  const size = first & 0x7f;
  if (size > 4) malformed();
  let length = 0;
  for (let index = 1; index <= size; index += 1) length = length * 256 + byteAt(bytes, position + index);
  return { start: position + 1 + size, length };
}

function readHeader(bytes: Uint8Array, position: number): Header {
  const first = byteAt(bytes, position);
  const tagClass = tagClasses[first >> 6] ?? malformed();
  const tag = first & 0x1f;
  // Tags of 31 and above do not occur in certificates, keys and PKCS#12.
  if (tag === 0x1f) malformed();
  return { tagClass, tag, constructed: (first & 0x20) !== 0, ...readLength(bytes, position + 1) };
}

class Reader {
  readonly #bytes: Uint8Array;
  readonly #indefinite: boolean;

  constructor(bytes: Uint8Array, indefinite: boolean) {
    this.#bytes = bytes;
    this.#indefinite = indefinite;
  }

  element(position: number, end: number, depth: number): { element: Element; next: number } {
    const header = readHeader(this.#bytes, position);
    if (depth > deepest) malformed();
    if (header.length === undefined) return this.#indefiniteElement(header, position, end, depth);
    const next = header.start + header.length;
    if (next > end) malformed();
    const children = header.constructed ? this.#children(header.start, next, depth) : undefined;
    return { element: this.#make(header, position, next, next, children), next };
  }

  #children(start: number, end: number, depth: number): Element[] {
    const children: Element[] = [];
    let position = start;
    while (position < end) {
      const child = this.element(position, end, depth + 1);
      children.push(child.element);
      position = child.next;
    }
    return children;
  }

  #indefiniteElement(header: Header, begin: number, end: number, depth: number): { element: Element; next: number } {
    if (!this.#indefinite || !header.constructed) malformed();
    const children: Element[] = [];
    let position = header.start;
    while (byteAt(this.#bytes, position) !== 0 || byteAt(this.#bytes, position + 1) !== 0) {
      const child = this.element(position, end, depth + 1);
      children.push(child.element);
      position = child.next;
    }
    if (position + 2 > end) malformed();
    return { element: this.#make(header, begin, position, position + 2, children), next: position + 2 };
  }

  #make(header: Header, begin: number, contentsEnd: number, end: number, children?: Element[]): Element {
    const { tagClass, tag, start } = header;
    const contents = this.#bytes.subarray(start, contentsEnd);
    const encoding = this.#bytes.subarray(begin, end);
    return { tagClass, tag, contents, encoding, ...(children ? { children } : {}) };
  }
}

/** White space that a text editor or `echo` leaves behind a binary file. */
function isWhiteSpace(byte: number): boolean {
  return byte === 0x0a || byte === 0x0d;
}

/**
 * Reads one element that fills `bytes` (line ends behind it are forgiven).
 * @param encoding `BER` takes indefinite lengths, too.
 * @throws inside {@link attempt} only.
 */
export function readElement(bytes: Uint8Array, encoding: 'DER' | 'BER' = 'DER'): Element {
  const { element, next } = new Reader(bytes, encoding === 'BER').element(0, bytes.length, 0);
  if (!bytes.subarray(next).every(isWhiteSpace)) malformed();
  return element;
}
