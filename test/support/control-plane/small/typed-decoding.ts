import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';
import type { Schema } from './schema.ts';

/** A value that the Go type of a field could not take; the message is about what the real server says. */
export class DecodingError extends Error {}

interface Place {
  /** The name of the kind, for messages. */
  kind: string;
  path: string;
  /** Collects the paths of fields that the type does not have. */
  unknownFields: string[];
}

const goTypes: Record<string, string> = { integer: 'int32', boolean: 'bool', array: '[]interface {}', object: 'map' };

/**
 * Reads a JSON value as the real server reads one into a Go struct: unknown fields are dropped and reported, zero values
 * are dropped unless the field is a pointer, times and base64 are checked and brought into one form.
 * @throws DecodingError when a value has the wrong type or form.
 */
export function decodeTyped(schema: Schema, value: unknown, place: Place): unknown {
  if (schema['x-kubernetes-preserve-unknown-fields'] === true && schema.properties === undefined) {
    if (schema.type === 'object' && !isJsonObject(value)) throw mismatch(value, schema, place);
    return value;
  }
  if (schema.type === 'object') return decodeObject(schema, value, place);
  if (schema.type === 'array') return decodeArray(schema, value, place);
  return decodeScalar(schema, value, place);
}

function decodeObject(schema: Schema, value: unknown, place: Place): JsonObject {
  if (!isJsonObject(value)) throw mismatch(value, schema, place);
  const { properties, additionalProperties } = schema;
  if (properties === undefined) return decodeMap(additionalProperties as Schema, value, place);
  const known = Object.entries(value).filter(([name]) => {
    if (Object.hasOwn(properties, name)) return true;
    place.unknownFields.push(join(place.path, name));
    return false;
  });
  const decoded = known.flatMap(([name, field]): [string, unknown][] => {
    const inner = properties[name] as Schema;
    if (field === null) return [];
    const result = decodeTyped(inner, field, { ...place, path: join(place.path, name) });
    return isZero(result) && inner.nullable !== true ? [] : [[name, result]];
  });
  const always = (schema.required ?? []).map((name) => [name, zero(properties[name] as Schema)]);
  return { ...Object.fromEntries(always), ...Object.fromEntries(decoded) };
}

function decodeMap(values: Schema, value: JsonObject, place: Place): JsonObject {
  return Object.fromEntries(
    Object.entries(value).map(([key, entry]) => [
      key,
      entry === null ? zero(values) : decodeTyped(values, entry, { ...place }),
    ]),
  );
}

function decodeArray(schema: Schema, value: unknown, place: Place): unknown[] {
  if (!Array.isArray(value)) throw mismatch(value, schema, place);
  return value.map((item, index) =>
    decodeTyped(schema.items as Schema, item, { ...place, path: `${place.path}[${index}]` }),
  );
}

function decodeScalar(schema: Schema, value: unknown, place: Place): unknown {
  if (schema['x-kubernetes-int-or-string'] === true) {
    if (typeof value === 'string' || Number.isInteger(value)) return value;
    throw mismatch(value, schema, place);
  }
  const fits = schema.type === 'integer' ? Number.isInteger(value) : typeof value === schema.type;
  if (!fits) throw mismatch(value, schema, place);
  if (schema.format === 'byte') return decodeBytes(value as string);
  if (schema.format === 'date-time' || schema.format === 'micro-time')
    return decodeTime(value as string, schema.format);
  return value;
}

/** The value in canonical base64. Line breaks within are allowed, as in Go. */
function decodeBytes(value: string): string {
  const packed = value.replaceAll(/[\r\n]/g, '');
  if (packed.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(packed)) {
    return Buffer.from(packed, 'base64').toString('base64');
  }
  const wrong = packed.search(/[^A-Za-z0-9+/]/);
  throw new DecodingError(
    `illegal base64 data at input byte ${wrong === -1 ? packed.length - (packed.length % 4) : wrong}`,
  );
}

/** The instant in UTC: whole seconds for a Time, exactly six digits for a MicroTime. */
function decodeTime(value: string, format: 'date-time' | 'micro-time'): string {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)$/.exec(value);
  const [, seconds = '', fraction = '', zone = ''] = parts ?? [];
  const instant = new Date(`${seconds}${zone}`);
  if (parts === null || Number.isNaN(instant.getTime())) throw notThatTime(value, format, `"${value}" as "2006"`);
  if (format === 'micro-time' && fraction.length < 7) {
    throw notThatTime(value, format, `"${fraction}${zone}" as ".000000"`);
  }
  if (format === 'micro-time' && fraction.length > 7) {
    throw notThatTime(value, format, `"${fraction.slice(7)}${zone}" as "Z07:00"`);
  }
  return `${instant.toISOString().slice(0, 19)}${format === 'micro-time' ? fraction : ''}Z`;
}

function notThatTime(value: string, format: 'date-time' | 'micro-time', why: string): DecodingError {
  const layout = format === 'date-time' ? '2006-01-02T15:04:05Z07:00' : '2006-01-02T15:04:05.000000Z07:00';
  return new DecodingError(`parsing time "${value}" as "${layout}": cannot parse ${why}`);
}

function isZero(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === '' || value === 0 || value === false;
}

function zero(schema: Schema): unknown {
  if (schema.format === 'date-time' || schema.format === 'micro-time') return null;
  if (schema.type === 'object') return {};
  if (schema.type === 'array') return null;
  return schema.type === 'string' ? '' : schema.type === 'boolean' ? false : 0;
}

function mismatch(value: unknown, schema: Schema, place: Place): DecodingError {
  const found = Array.isArray(value)
    ? 'array'
    : value === null
      ? 'null'
      : typeof value === 'boolean'
        ? 'bool'
        : typeof value;
  const goType = schema.format === 'byte' ? '[]uint8' : (goTypes[schema.type ?? ''] ?? schema.type ?? 'string');
  return new DecodingError(
    `json: cannot unmarshal ${found} into Go struct field ${place.kind}.${place.path} of type ${goType}`,
  );
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
