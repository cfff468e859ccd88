import type { FieldSchema } from './specification-schema.ts';

/** What the API server would say of one field, in its words. */
export interface FieldError {
  /** As in `spec.expiry.warningDays`. */
  field: string;
  message: string;
  /** The API server does not look at the rules of a resource that has such an error. */
  hidesRules?: true;
}

type Fields = Record<string, unknown>;

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function schemaOf(schema: FieldSchema, field: string): FieldSchema | undefined {
  return schema.properties && Object.hasOwn(schema.properties, field) ? schema.properties[field] : undefined;
}

/** The value with the defaults filled in, and without the fields that are null: as if they had not been written. */
export function withSchemaDefaults(schema: FieldSchema, value: unknown): unknown {
  if (!isObject(value)) return value;
  const known = Object.entries(schema.properties ?? {}).flatMap(([field, inner]): [string, unknown][] => {
    const given = Object.hasOwn(value, field) ? value[field] : undefined;
    const filledIn = given ?? inner.default;
    return filledIn === undefined ? [] : [[field, withSchemaDefaults(inner, filledIn)]];
  });
  const unknown = Object.entries(value).filter(([field]) => !schemaOf(schema, field));
  return Object.fromEntries([...known, ...unknown]);
}

/** Fields that the schema does not have. kubectl refuses them; a client that does not ask for it has them dropped. */
export function unknownFields(schema: FieldSchema, value: unknown, path: string): FieldError[] {
  if (!isObject(value) || !schema.properties) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const field = `${path}.${name}`;
    const known = schemaOf(schema, name);
    return known ? unknownFields(known, inner, field) : [{ field, message: 'unknown field' }];
  });
}

/** Types, required fields, bounds and enumerations; of a value that has its defaults. */
export function schemaErrors(schema: FieldSchema, value: unknown, path: string): FieldError[] {
  const found = typeName(value);
  if (found !== schema.type) return [typeError(path, schema.type, found)];
  if (isObject(value)) return objectErrors(schema, value, path);
  if (typeof value === 'string') return stringErrors(schema, value, path);
  return typeof value === 'number' ? numberErrors(schema, value, path) : [];
}

function typeError(field: string, expected: string, found: string): FieldError {
  const [wanted, given] = expected === 'integer' && found === 'number' ? ['int32', 'float64'] : [expected, found];
  return { field, message: `${field} in body must be of type ${wanted}: "${given}"`, hidesRules: true };
}

function typeName(value: unknown): string {
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'array';
  if (typeof value === 'number') return Number.isInteger(value) ? 'integer' : 'number';
  return typeof value;
}

function objectErrors(schema: FieldSchema, value: Fields, path: string): FieldError[] {
  const missing = (schema.required ?? [])
    .filter((name) => !Object.hasOwn(value, name))
    .map((name): FieldError => ({ field: `${path}.${name}`, message: 'Required value', hidesRules: true }));
  const inner = Object.entries(value).flatMap(([name, field]) => {
    const known = schemaOf(schema, name);
    return known ? schemaErrors(known, field, `${path}.${name}`) : [];
  });
  return [...missing, ...inner];
}

function stringErrors(schema: FieldSchema, value: string, field: string): FieldError[] {
  const { minLength = 0, maxLength = Infinity } = schema;
  const { length } = Array.from(value);
  if (length < minLength) return [{ field, message: `${field} in body should be at least ${minLength} chars long` }];
  if (length > maxLength)
    return [{ field, message: `Too long: may not be more than ${maxLength} bytes`, hidesRules: true }];
  if (!schema.enum || schema.enum.includes(value)) return [];
  const supported = schema.enum.map((each) => `"${each}"`).join(', ');
  return [{ field, message: `Unsupported value: "${value}": supported values: ${supported}`, hidesRules: true }];
}

function numberErrors(schema: FieldSchema, value: number, field: string): FieldError[] {
  const { minimum = -Infinity, maximum = Infinity } = schema;
  if (value < minimum) return [{ field, message: `${field} in body should be greater than or equal to ${minimum}` }];
  if (value > maximum) return [{ field, message: `${field} in body should be less than or equal to ${maximum}` }];
  return [];
}
