import { decodeBase64 } from './pem.ts';

/**
 * What a passphrase's data key may mean: its value, and the value without a byte order mark and without the white space
 * around it, because `echo secret | base64` encodes a line end, too. The likeliest comes first: trying one may take long.
 */
export function passphraseCandidates(value: Uint8Array | undefined): Uint8Array[] {
  if (value === undefined) return [];
  const bytes = Buffer.from(value);
  const text = bytes.toString('latin1');
  const meant = [text.replace(/[\r\n]+$/, ''), text, text.replace(/^\u00ef\u00bb\u00bf/, '').trim()];
  return [...new Set(meant)].map((candidate) => Buffer.from(candidate, 'latin1'));
}

/** What a passphrase says that was base64-encoded twice; none if it is not base64 of a text. */
export function twiceEncodedCandidates(value: Uint8Array | undefined): Uint8Array[] {
  const decoded = value && decodeBase64(Buffer.from(value).toString('latin1'));
  if (!decoded || !decoded.every((byte) => byte === 0x0a || byte === 0x0d || (byte >= 0x20 && byte < 0x7f))) return [];
  return passphraseCandidates(decoded);
}
