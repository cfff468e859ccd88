/**
 * The part of an OpenAPI v3 schema that structural schemas of custom resources and our built-in kinds use.
 * https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#specifying-a-structural-schema
 */
export interface Schema {
  description?: string;
  type?: string;
  format?: string;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  required?: string[];
  enum?: unknown[];
  default?: unknown;
  nullable?: boolean;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: boolean;
  exclusiveMaximum?: boolean;
  multipleOf?: number;
  minItems?: number;
  maxItems?: number;
  minProperties?: number;
  maxProperties?: number;
  allOf?: Schema[];
  anyOf?: Schema[];
  oneOf?: Schema[];
  not?: Schema;
  'x-kubernetes-preserve-unknown-fields'?: boolean;
  'x-kubernetes-int-or-string'?: boolean;
  'x-kubernetes-embedded-resource'?: boolean;
  'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  'x-kubernetes-list-map-keys'?: string[];
}

// The built-in kinds below are written with these. A Go pointer is `nullable`: its zero value is kept, where that of a
// plain field is dropped (omitempty). `required` is what Go writes even when it is zero.
export const string: Schema = { type: 'string' };
export const integer: Schema = { type: 'integer', format: 'int32' };
export const boolean: Schema = { type: 'boolean' };
export const bytes: Schema = { type: 'string', format: 'byte' };
export const dateTime: Schema = { type: 'string', format: 'date-time' };
export const microTime: Schema = { type: 'string', format: 'micro-time' };
export const anything: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

export function pointer(schema: Schema): Schema {
  return { ...schema, nullable: true };
}

export function list(items: Schema): Schema {
  return { type: 'array', items };
}

export function map(values: Schema): Schema {
  return { type: 'object', additionalProperties: values };
}

export function object(properties: Record<string, Schema>, always: string[] = []): Schema {
  return { type: 'object', properties, ...(always.length === 0 ? {} : { required: always }) };
}
