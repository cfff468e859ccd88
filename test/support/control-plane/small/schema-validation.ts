import { isDeepStrictEqual } from 'node:util';
import type { Cause } from './api-error.ts';
import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';
import type { Schema } from './schema.ts';

/** Where a value stands: `field` as causes name it, `label` as messages name it (they differ under /status). */
interface Place {
  field: string;
  label: string;
}

/** Checks a value against a structural schema; what it finds has the words of the real server. CEL rules are ignored. */
export function validate(schema: Schema, value: unknown, place: Place): Cause[] {
  return [
    ...typeCauses(schema, value, place),
    ...(typeof value === 'string' ? stringCauses(schema, value, place) : []),
    ...(typeof value === 'number' ? numberCauses(schema, value, place) : []),
    ...(Array.isArray(value) ? arrayCauses(schema, value, place) : []),
    ...(isJsonObject(value) ? objectCauses(schema, value, place) : []),
    ...enumCauses(schema, value, place),
    ...combinationCauses(schema, value, place),
  ];
}

function cause(reason: string, place: Place, message: string): Cause {
  return { reason, message, field: place.field };
}

function inBody(place: Place, value: unknown, rule: string): Cause {
  const message = `Invalid value: ${JSON.stringify(value)}: ${place.label} in body ${rule}`;
  return cause('FieldValueInvalid', place, message);
}

function typeCauses(schema: Schema, value: unknown, place: Place): Cause[] {
  const expected = schema['x-kubernetes-int-or-string'] === true ? ['integer', 'string'] : [schema.type];
  const found = typeName(value);
  if (value === null && schema.nullable === true) return [];
  if (expected[0] === undefined || expected.includes(found)) return [];
  if (found === 'integer' && expected.includes('number')) return [];
  return [mustBeOfType(place, expected.join(','), found)];
}

function mustBeOfType(place: Place, expected: string, found: string): Cause {
  const message = `Invalid value: "${found}": ${place.label} in body must be of type ${expected}: "${found}"`;
  return cause('FieldValueTypeInvalid', place, message);
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

const patterns = new Map<string, RegExp>();

function matches(pattern: string, value: string): boolean {
  const known = patterns.get(pattern) ?? new RegExp(pattern);
  patterns.set(pattern, known);
  return known.test(value);
}

function stringCauses(schema: Schema, value: string, place: Place): Cause[] {
  const { minLength, maxLength, pattern, format } = schema;
  const length = Array.from(value).length;
  const causes: Cause[] = [];
  if (maxLength !== undefined && length > maxLength) {
    causes.push(cause('FieldValueTooLong', place, `Too long: may not be more than ${maxLength} bytes`));
  }
  if (minLength !== undefined && length < minLength) {
    causes.push(inBody(place, value, `should be at least ${minLength} chars long`));
  }
  if (pattern !== undefined && !matches(pattern, value)) {
    causes.push(inBody(place, value, `should match '${pattern}'`));
  }
  if (format === 'date-time' && !isDateTime(value)) causes.push(mustBeOfType(place, 'date-time', value));
  return causes;
}

function isDateTime(value: string): boolean {
  return (
    /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(value) && !Number.isNaN(Date.parse(value))
  );
}

function numberCauses(schema: Schema, value: number, place: Place): Cause[] {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  const causes: Cause[] = [];
  if (maximum !== undefined && (value > maximum || (exclusiveMaximum === true && value === maximum))) {
    causes.push(
      inBody(place, value, `should be less than ${exclusiveMaximum === true ? '' : 'or equal to '}${maximum}`),
    );
  }
  if (minimum !== undefined && (value < minimum || (exclusiveMinimum === true && value === minimum))) {
    const limit = `${exclusiveMinimum === true ? '' : 'or equal to '}${minimum}`;
    causes.push(inBody(place, value, `should be greater than ${limit}`));
  }
  if (multipleOf !== undefined && value % multipleOf !== 0) {
    causes.push(inBody(place, value, `should be a multiple of ${multipleOf}`));
  }
  return causes;
}

function arrayCauses(schema: Schema, value: unknown[], place: Place): Cause[] {
  const { minItems, maxItems, items } = schema;
  const causes: Cause[] = [];
  if (maxItems !== undefined && value.length > maxItems) {
    const message = `Too many: ${value.length}: must have at most ${maxItems} items`;
    causes.push(cause('FieldValueTooMany', place, message));
  }
  if (minItems !== undefined && value.length < minItems) {
    causes.push(inBody(place, value.length, `should have at least ${minItems} items`));
  }
  const inner = value.flatMap((item, index) =>
    items === undefined
      ? []
      : validate(items, item, { field: `${place.field}[${index}]`, label: `${place.label}[${index}]` }),
  );
  return [...causes, ...inner, ...duplicateCauses(schema, value, place)];
}

/** Two items of a set, or two items of a list-map with the same keys. */
function duplicateCauses(schema: Schema, value: unknown[], place: Place): Cause[] {
  const listType = schema['x-kubernetes-list-type'];
  if (listType !== 'set' && listType !== 'map') return [];
  const keys = schema['x-kubernetes-list-map-keys'] ?? [];
  const identities = value.map((item) =>
    listType === 'map' && isJsonObject(item)
      ? JSON.stringify(Object.fromEntries(keys.map((key) => [key, item[key]])))
      : JSON.stringify(item),
  );
  return identities.flatMap((identity, index) =>
    identities.indexOf(identity) === index
      ? []
      : [{ reason: 'FieldValueDuplicate', message: `Duplicate value: ${identity}`, field: `${place.field}[${index}]` }],
  );
}

function objectCauses(schema: Schema, value: JsonObject, place: Place): Cause[] {
  const inner = (name: string): Place => ({ field: join(place.field, name), label: join(place.label, name) });
  const missing = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name) => cause('FieldValueRequired', inner(name), 'Required value'));
  const fields = Object.entries(value).flatMap(([name, field]) => {
    const declared = Object.hasOwn(schema.properties ?? {}, name) ? schema.properties?.[name] : undefined;
    const other = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
    const found = declared ?? other;
    return found === undefined ? [] : validate(found, field, inner(name));
  });
  return [...missing, ...fields, ...sizeCauses(schema, Object.keys(value).length, place)];
}

function sizeCauses({ minProperties, maxProperties }: Schema, size: number, place: Place): Cause[] {
  if (maxProperties !== undefined && size > maxProperties) {
    const message = `Too many: ${size}: must have at most ${maxProperties} items`;
    return [cause('FieldValueTooMany', place, message)];
  }
  if (minProperties === undefined || size >= minProperties) return [];
  return [inBody(place, size, `should have at least ${minProperties} properties`)];
}

function enumCauses(schema: Schema, value: unknown, place: Place): Cause[] {
  if (schema.enum === undefined || schema.enum.some((allowed) => isDeepStrictEqual(allowed, value))) return [];
  const allowed = schema.enum.map((each) => JSON.stringify(each)).join(', ');
  const message = `Unsupported value: ${JSON.stringify(value)}: supported values: ${allowed}`;
  return [cause('FieldValueNotSupported', place, message)];
}

// Like the real server, these name the place in the message only, and say what the best of the alternatives lacks.
function combinationCauses(schema: Schema, value: unknown, place: Place): Cause[] {
  const { allOf = [], anyOf = [], oneOf = [], not } = schema;
  const failures = (each: Schema): Cause[] => validate(each, value, place);
  const valid = oneOf.filter((each) => failures(each).length === 0).length;
  const outcome = valid === 0 ? 'Found none valid' : `Found ${valid} valid alternatives`;
  const inAll = allOf.flatMap(failures);
  const best = (alternatives: Schema[]): Cause[] =>
    alternatives.map(failures).reduce((a, b) => (b.length < a.length ? b : a));
  return [
    ...inAll,
    ...(inAll.length > 0 ? [combination(place, 'validate all the schemas (allOf)')] : []),
    ...(anyOf.length > 0 && best(anyOf).length > 0
      ? [combination(place, 'validate at least one schema (anyOf)'), ...best(anyOf)]
      : []),
    ...(oneOf.length > 0 && valid !== 1
      ? [combination(place, `validate one and only one schema (oneOf). ${outcome}`), ...best(oneOf)]
      : []),
    ...(not !== undefined && failures(not).length === 0 ? [combination(place, 'not validate the schema (not)')] : []),
  ];
}

function combination(place: Place, rule: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: "": "${place.label}" must ${rule}`, field: '<nil>' };
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
