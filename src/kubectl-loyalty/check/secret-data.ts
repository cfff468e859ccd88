import type { FieldError } from '../../domain/credentials/specification/structural-schema.ts';
import type { ManifestObject } from './manifest-object.ts';

/** What the API server makes of a Secret in a file, or why it does not take it. */
export type SecretReading = { data: Record<string, Uint8Array> } | { errors: FieldError[] } | { encryptedBy: 'SOPS' };

/** Bytes of all values together that the API server takes. */
const secretLimit = 1024 * 1024;

/** `data` decoded, with `stringData` over it. Messages name data keys and never quote values. */
export function readSecretData({ body }: ManifestObject): SecretReading {
  const { data, stringData, sops } = body;
  if (typeof sops === 'object' && sops !== null) return { encryptedBy: 'SOPS' };
  const decoded = mapOf(data, 'data', decodeData);
  const written = mapOf(stringData, 'stringData', encodeText);
  const values = { ...decoded.values, ...written.values };
  const errors = [...decoded.errors, ...written.errors, ...keyErrors(Object.keys(values))];
  const size = Object.values(values).reduce((sum, bytes) => sum + bytes.length, 0);
  if (size > secretLimit)
    errors.push({ field: 'data', message: `Too long: may not be more than ${secretLimit} bytes` });
  return errors.length === 0 ? { data: values } : { errors };
}

type Decode = (value: unknown) => Uint8Array | { mistake: string };

function mapOf(
  map: unknown,
  field: string,
  decode: Decode,
): { values: Record<string, Uint8Array>; errors: FieldError[] } {
  if (map === undefined || map === null) return { values: {}, errors: [] };
  if (typeof map !== 'object' || Array.isArray(map)) {
    return { values: {}, errors: [{ field, message: 'must be a mapping of data keys to values' }] };
  }
  const values: Record<string, Uint8Array> = Object.create(null) as Record<string, Uint8Array>;
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(map)) {
    const found = decode(value);
    if (found instanceof Uint8Array) values[key] = found;
    else errors.push({ field: `${field}[${key}]`, message: found.mistake });
  }
  return { values, errors };
}

/** Go's base64: strict about characters and padding, and line ends do not count. */
function decodeData(value: unknown): Uint8Array | { mistake: string } {
  if (value === null) return new Uint8Array();
  if (typeof value !== 'string') return { mistake: 'must be base64 text; write the text itself into stringData' };
  const text = value.replaceAll(/[\r\n]/g, '');
  const isBase64 = text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text);
  const mistake = 'is not base64; encode it once (base64 -w0 FILE), or write the text itself into stringData';
  return isBase64 ? Buffer.from(text, 'base64') : { mistake };
}

function encodeText(value: unknown): Uint8Array | { mistake: string } {
  if (value === null) return new Uint8Array();
  return typeof value === 'string' ? Buffer.from(value) : { mistake: 'must be text; put it in quotes' };
}

function keyErrors(keys: readonly string[]): FieldError[] {
  const wrong = keys.filter((key) => !/^[-._a-zA-Z0-9]{1,253}$/.test(key) || key === '.' || key.startsWith('..'));
  const message = 'has a data key that Kubernetes does not take; write letters, digits, "-", "_" and "."';
  return wrong.length === 0 ? [] : [{ field: 'data', message }];
}
