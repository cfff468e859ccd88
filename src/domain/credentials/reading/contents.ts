import { derFormOf, type DerForm } from './der-form.ts';
import { limits } from './limits.ts';
import { decodeBase64, readPem, type PemBlock, type PemMistake } from './pem.ts';
import type { SourceReason } from '../reasons.ts';

/** One thing in a file: what a PEM block or a whole DER file holds. */
export interface Item {
  form: DerForm | 'encrypted PKCS#1' | 'OpenSSH key';
  der: Uint8Array;
  /** As the PEM says it; absent for DER. */
  label?: string;
  /** Of old encrypted keys, as in `AES-256-CBC,0123…`. */
  encryptionHeader?: string;
}

/** What a value holds. A mistake is described for people: never with the value's own words. */
export type Contents = { items: Item[] } | Mistake;

export interface Mistake {
  /** "holds …": what was found. */
  mistake: string;
  /** For callers that know a better word. */
  kind?: 'written-out line ends' | 'too many blocks' | 'unknown';
  /** What to do; absent where only the caller knows. */
  advice?: string;
}

/** The reason for a mistake: the given one, unless reading on would cost too much. */
export function reasonOf(mistake: Mistake, usual: SourceReason): SourceReason {
  return mistake.kind === 'too many blocks' ? 'TooExpensive' : usual;
}

/** Takes a value apart: PEM, DER, or what people put there by mistake. */
export function readContents(bytes: Uint8Array): Contents {
  const form = derFormOf(bytes);
  if (form !== undefined) return { items: [{ form, der: bytes }] };
  const encoding = wideEncoding(bytes);
  if (encoding) return encoding;
  const text = Buffer.from(bytes).toString('utf8');
  const pem = readPem(text);
  if ('blocks' in pem) return { items: pem.blocks.map(itemOf) };
  return pem.mistake === 'no PEM' ? describeOther(bytes, text) : pemMistakes[pem.mistake];
}

function itemOf({ label, headers, contents }: PemBlock): Item {
  const encryptionHeader = headers['dek-info'];
  if (encryptionHeader !== undefined) return { form: 'encrypted PKCS#1', der: contents, label, encryptionHeader };
  if (label === 'OPENSSH PRIVATE KEY') return { form: 'OpenSSH key', der: contents, label };
  return { form: derFormOf(contents) ?? 'unknown', der: contents, label };
}

const pemMistakes: Record<Exclude<PemMistake, 'no PEM'>, Mistake> = {
  'damaged marker': {
    mistake: 'PEM whose BEGIN line is missing or damaged',
    advice: 'Copy the whole file, with five dashes on each side of BEGIN and END.',
  },
  'written-out line ends': {
    kind: 'written-out line ends',
    mistake: String.raw`PEM whose line breaks are written out as \n`,
    advice: String.raw`Put real line breaks in place of each \n.`,
  },
  'quotation marks': { mistake: 'PEM inside quotation marks', advice: 'Remove the quotation marks.' },
  'cut off': { mistake: 'PEM that is cut off before its END line', advice: 'Copy the whole file.' },
  'damaged base64': { mistake: 'PEM whose base64 is damaged', advice: 'Copy the file again.' },
  'too many blocks': {
    kind: 'too many blocks',
    mistake: `more than ${limits.pemBlocks} PEM blocks`,
    advice: 'Keep only the one that is needed and its chain.',
  },
};

/** UTF-16 by its byte order mark, or by every other byte being zero, as in what PowerShell writes. */
function wideEncoding(bytes: Uint8Array): Mistake | undefined {
  const [first, second] = bytes;
  const marked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  const start = bytes.subarray(0, 64);
  const alternating = (zeros: number): boolean =>
    start.length >= 8 && start.every((byte, index) => (index % 2 === zeros) === (byte === 0));
  if (!marked && !alternating(0) && !alternating(1)) return undefined;
  return { mistake: 'text in UTF-16', advice: 'Save the file as UTF-8.' };
}

/** Anything without DER and PEM in it. */
function describeOther(bytes: Uint8Array, text: string): Mistake {
  const start = text.replace(/^\ufeff/, '').trimStart();
  if (start === '') return { mistake: 'nothing but white space', advice: 'Put the file there.' };
  if (/^<(!doctype|html|\?xml)/i.test(start)) {
    return { mistake: 'an HTML or XML page', advice: 'It may be a login or error page: download the file again.' };
  }
  if (/^[{[]/.test(start)) return { mistake: 'JSON' };
  if (start.startsWith('PK\u0003\u0004'))
    return { mistake: 'a ZIP archive, such as a .pkpass', advice: 'Unpack it first.' };
  return describeEncoded(start) ?? describeBytes(bytes);
}

const encodedAdvice =
  'Encode it once: kubectl create secret --from-file and stringData do it for you, and data takes the base64 of the file itself.';

/** Base64 with something known inside. */
function describeEncoded(text: string): Mistake | undefined {
  const decoded = decodeBase64(text.replaceAll(/^["']|["']\s*$/g, ''));
  if (!decoded) return undefined;
  const inner = Buffer.from(decoded)
    .toString('latin1')
    .replace(/^\u00ef\u00bb\u00bf/, '')
    .trimStart();
  if (inner.startsWith('{')) return { mistake: 'JSON that is base64-encoded twice', advice: encodedAdvice };
  if (inner.includes('-----BEGIN ')) return { mistake: 'PEM that is base64-encoded twice', advice: encodedAdvice };
  if (derFormOf(decoded) === undefined) return undefined;
  const mistake = 'base64 of a binary file: it is base64-encoded twice, or PEM without its BEGIN and END lines';
  return { mistake, advice: encodedAdvice };
}

function describeBytes(bytes: Uint8Array): Mistake {
  const size = `${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}`;
  if (bytes.every((byte) => byte === 0)) return { kind: 'unknown', mistake: `${size} that are all zero` };
  const claimed = claimedLength(bytes);
  if (claimed !== undefined && claimed > bytes.length) {
    return { mistake: `${size} of a DER file of ${claimed}: it is cut off`, advice: 'Copy the whole file.' };
  }
  const binary = bytes.some((byte) => byte < 0x09 || (byte > 0x0d && byte < 0x20) || byte > 0x7e);
  const mistake = binary ? `${size} of binary data that is not DER` : `${size} of text that is not PEM`;
  return { kind: 'unknown', mistake };
}

/** The size that the beginning of a DER file of more than 255 bytes says it has. */
function claimedLength(bytes: Uint8Array): number | undefined {
  const [tag, size, high = 0, low = 0] = bytes;
  return tag === 0x30 && size === 0x82 ? high * 256 + low + 4 : undefined;
}

const nouns: Record<Item['form'], string> = {
  certificate: 'a certificate',
  'certificate request': 'a certificate signing request (CSR)',
  'revocation list': 'a certificate revocation list',
  'PKCS#12': 'a PKCS#12 file',
  'PKCS#7': 'a PKCS#7 bundle',
  'PKCS#8': 'a private key',
  'PKCS#1': 'a private key',
  SEC1: 'a private key',
  DSA: 'a private key',
  'encrypted PKCS#8': 'an encrypted private key',
  'encrypted PKCS#1': 'an encrypted private key',
  'OpenSSH key': "a private key in OpenSSH's own format",
  'public key': 'a public key',
  unknown: 'DER of an unknown kind',
};

/** "a certificate and a private key". */
export function nounsOf(items: readonly Item[]): string {
  const distinct = [...new Set(items.map((item) => nouns[item.form]))];
  const last = distinct.pop() ?? 'nothing';
  return distinct.length === 0 ? last : `${distinct.join(', ')} and ${last}`;
}
