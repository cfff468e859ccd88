import { limits } from './limits.ts';

/** One block of a PEM text (RFC 7468; with the headers of RFC 1421 that old encrypted keys have). */
export interface PemBlock {
  label: string;
  /** `Proc-Type` and `DEK-Info`, by lower-case name. */
  headers: Readonly<Record<string, string>>;
  contents: Uint8Array;
}

export type PemMistake =
  | 'no PEM'
  | 'damaged marker'
  | 'written-out line ends'
  | 'quotation marks'
  | 'cut off'
  | 'damaged base64'
  | 'too many blocks';

export type PemReading = { blocks: PemBlock[] } | { mistake: PemMistake };

const begin = '-----BEGIN ';

/**
 * Reads every block of a text. Text around the blocks (a byte order mark, "Bag Attributes"), CRLF, indentation and
 * line ends that became spaces are forgiven; what cannot be meant is named.
 */
export function readPem(text: string): PemReading {
  if (!text.includes(begin)) return { mistake: /--\s?(BEGIN|END) [A-Z]/.test(text) ? 'damaged marker' : 'no PEM' };
  const written = text.indexOf(begin);
  if (text.includes(String.raw`\n`, written)) return { mistake: 'written-out line ends' };
  if (/^\s*["'`]/.test(text)) return { mistake: 'quotation marks' };
  const bodies = text.split(begin).slice(1);
  if (bodies.length > limits.pemBlocks) return { mistake: 'too many blocks' };
  return readBlocks(bodies);
}

function readBlocks(bodies: readonly string[]): PemReading {
  const blocks: PemBlock[] = [];
  for (const body of bodies) {
    const block = readBlock(body);
    if (typeof block === 'string') return { mistake: block };
    blocks.push(block);
  }
  return { blocks };
}

/** @param body What follows `-----BEGIN ` up to the next one. */
function readBlock(body: string): PemBlock | PemMistake {
  const labelEnd = body.indexOf('-----');
  const label = body.slice(0, Math.max(labelEnd, 0));
  if (!/^[A-Z0-9 ]{3,40}$/.test(label)) return 'damaged marker';
  const end = body.indexOf(`-----END ${label}-----`, labelEnd);
  if (end === -1) return 'cut off';
  const { headers, base64 } = splitHeaders(body.slice(labelEnd + 5, end));
  const contents = decodeBase64(base64);
  return contents ? { label, headers, contents } : 'damaged base64';
}

function splitHeaders(inner: string): { headers: Record<string, string>; base64: string } {
  const lines = inner.trim().split(/\r\n|\n|\r/);
  const headers: Record<string, string> = {};
  let index = 0;
  for (; index < lines.length; index += 1) {
    const [, name, value] = /^\s*([A-Za-z-]{1,40}): (.{0,200})$/.exec(lines[index] ?? '') ?? [];
    if (name === undefined || value === undefined) break;
    headers[name.toLowerCase()] = value.trim();
  }
  return { headers, base64: lines.slice(index).join('') };
}

/** Bytes of canonical base64; white space within is forgiven. Undefined: it is not base64, or empty. */
export function decodeBase64(text: string): Uint8Array | undefined {
  const compact = text.replaceAll(/\s+/g, '');
  if (compact.length === 0 || compact.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(compact)) return undefined;
  return Buffer.from(compact, 'base64');
}

/** One block: 64 columns, LF, nothing around it. */
export function writePem(label: string, contents: Uint8Array): string {
  const lines =
    Buffer.from(contents)
      .toString('base64')
      .match(/.{1,64}/g) ?? [];
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n');
}
