import type { Finding } from './finding.ts';
import { limits } from './limits.ts';
import { cleaned, listed } from './quote.ts';

/** One value of the source Secret. */
export interface SourceFile {
  /** Data key. */
  key: string;
  bytes: Uint8Array;
}

/** The decoded data of a Secret, and its name for messages. */
export interface SourceSecret {
  name: string;
  /** It is read as files, from where the live Secret is mounted: messages name files, and keys have no passphrase. */
  folder?: true;
  data: Readonly<Record<string, Uint8Array>>;
}

/** The value of a data key. Undefined: there is none, or it is empty, which nobody means. */
export function fileOf(secret: SourceSecret, key: string): SourceFile | undefined {
  // A data key may be called `constructor`.
  const bytes = Object.hasOwn(secret.data, key) ? secret.data[key] : undefined;
  return bytes === undefined || bytes.length === 0 ? undefined : { key, bytes };
}

/** The same for a value that is no passphrase: white space alone is empty, too. */
export function contentOf(secret: SourceSecret, key: string): SourceFile | undefined {
  const file = fileOf(secret, key);
  return file?.bytes.some((byte) => byte !== 0x20 && (byte < 0x09 || byte > 0x0d)) ? file : undefined;
}

/** `signer.pem of Secret apple-wallet-source`; of a folder, which is named before the message, `signer.pem`. */
export function place(secret: SourceSecret, key: string): string {
  return secret.folder ? cleaned(key) : `${cleaned(key)} of Secret ${cleaned(secret.name)}`;
}

/** DataKeyMissing: says which keys are missing or empty, and what the Secret holds instead. */
export function missing(secret: SourceSecret, keys: readonly string[], field: string, alternative = ''): Finding {
  const empty = keys.filter((key) => Object.hasOwn(secret.data, key));
  const absent = keys.filter((key) => !empty.includes(key));
  const states = [
    ...(absent.length > 0 ? [`has no data key ${listed(absent)}`] : []),
    ...(empty.length > 0 ? [`has nothing under ${listed(empty)}`] : []),
  ];
  const others = Object.keys(secret.data).filter((key) => !keys.includes(key));
  const rest = others.length === 0 ? 'it holds nothing else' : `it holds ${listed(others.map(cleaned))}`;
  const message = `Secret ${cleaned(secret.name)} ${states.join(' and ')}${alternative}; ${rest}. Add what is missing, or name the data keys in ${field}.`;
  return { reason: 'DataKeyMissing', message };
}

/** TooLarge for the first value above its limit. */
export function tooLarge(
  secret: SourceSecret,
  files: readonly SourceFile[],
  limit: number = limits.valueBytes,
): Finding | undefined {
  const file = files.find(({ bytes }) => bytes.length > limit);
  if (!file) return undefined;
  const message = `${place(secret, file.key)} has ${file.bytes.length} bytes; at most ${limit} are read, which is far more than any credential has. Put only the credential there.`;
  return { reason: 'TooLarge', message };
}
