import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';
import type { Schema } from './schema.ts';

/**
 * Drops what a structural schema does not know, and `null` where the schema does not allow it; the paths of the dropped
 * unknown fields are added to `unknownFields`.
 */
export function prune(schema: Schema, value: unknown, path: string, unknownFields: string[]): unknown {
  if (Array.isArray(value)) {
    return value.map((item, index) =>
      schema.items === undefined ? item : prune(schema.items, item, `${path}[${index}]`, unknownFields),
    );
  }
  if (!isJsonObject(value)) return value;
  const kept = Object.entries(value).flatMap(([name, field]): [string, unknown][] => {
    const inner = fieldSchema(schema, name);
    const fieldPath = path === '' ? name : `${path}.${name}`;
    if (inner === undefined) {
      if (keepsUnknown(schema)) return [[name, field]];
      unknownFields.push(fieldPath);
      return [];
    }
    if (field === null && inner.nullable !== true && isDeclared(schema, name)) return [];
    return [[name, prune(inner, field, fieldPath, unknownFields)]];
  });
  return Object.fromEntries(kept);
}

/** Fills in defaults, also within what is there already and within defaults themselves. */
export function fillDefaults(schema: Schema, value: unknown): unknown {
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined ? value : value.map((item) => fillDefaults(items, item));
  }
  if (!isJsonObject(value)) return value;
  const missing = Object.entries(schema.properties ?? {}).flatMap(([name, inner]): [string, unknown][] =>
    inner.default === undefined || Object.hasOwn(value, name) ? [] : [[name, structuredClone(inner.default)]],
  );
  const whole: JsonObject = { ...value, ...Object.fromEntries(missing) };
  return Object.fromEntries(
    Object.entries(whole).map(([name, field]) => {
      const inner = fieldSchema(schema, name);
      return [name, inner === undefined ? field : fillDefaults(inner, field)];
    }),
  );
}

/** The schema of a field: its own, that of all fields, or none when it is unknown. */
function fieldSchema(schema: Schema, name: string): Schema | undefined {
  if (isDeclared(schema, name)) return schema.properties?.[name];
  if (typeof schema.additionalProperties === 'object') return schema.additionalProperties;
  return schema.additionalProperties === true ? { 'x-kubernetes-preserve-unknown-fields': true } : undefined;
}

function isDeclared(schema: Schema, name: string): boolean {
  return Object.hasOwn(schema.properties ?? {}, name);
}

// Within a preserved part, declared fields are still pruned by their own schemas, but fields without one are all kept.
function keepsUnknown(schema: Schema): boolean {
  return schema['x-kubernetes-preserve-unknown-fields'] === true;
}
