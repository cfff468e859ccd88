import { readManifests } from './manifests.ts';

/** As much of an OpenAPI schema as a CustomResourceDefinition uses. */
export interface Schema {
  type: 'object' | 'array' | 'string' | 'integer' | 'boolean';
  description?: string;
  properties?: Record<string, Schema>;
  items?: Schema;
  required?: string[];
  default?: unknown;
  enum?: string[];
  format?: string;
  pattern?: string;
  minLength?: number;
  maxLength?: number;
  minimum?: number;
  maximum?: number;
  maxItems?: number;
  'x-kubernetes-validations'?: ValidationRule[];
  'x-kubernetes-list-type'?: string;
}

export interface ValidationRule {
  rule: string;
  message: string;
  messageExpression?: string;
  reason?: string;
  fieldPath?: string;
}

export interface PrinterColumn {
  name: string;
  type: string;
  jsonPath: string;
  priority?: number;
  description?: string;
}

export interface ResourceDefinitionSpec {
  group: string;
  scope: string;
  names: { kind: string; plural: string; shortNames: string[]; categories: string[] };
  versions: {
    name: string;
    served: boolean;
    storage: boolean;
    subresources: { status?: object };
    additionalPrinterColumns: PrinterColumn[];
    schema: { openAPIV3Schema: Schema };
  }[];
}

/** The CustomResourceDefinition of WalletCredential, from its file. */
export function readResourceDefinition(): { spec: ResourceDefinitionSpec } {
  const [manifest, ...others] = readManifests('crds/walletcredentials.loyalty.orion.dev.yaml');
  if (manifest === undefined || others.length > 0) throw new Error('the CRD file must hold exactly one object');
  return manifest as unknown as { spec: ResourceDefinitionSpec };
}

/** The schema of WalletCredential v1alpha1. */
export function readSchema(): Schema {
  const [version, ...others] = readResourceDefinition().spec.versions;
  if (version === undefined || others.length > 0) throw new Error('the CRD must have exactly one version');
  return version.schema.openAPIV3Schema;
}

/** Every schema below this one with its path, as in `spec.expiry.warningDays` and `status.certificates[].role`. */
export function* fieldsOf(schema: Schema, path = ''): Generator<[path: string, field: Schema]> {
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const fieldPath = path === '' ? name : `${path}.${name}`;
    yield [fieldPath, field];
    yield* fieldsOf(field, fieldPath);
  }
  if (schema.items !== undefined) {
    yield [`${path}[]`, schema.items];
    yield* fieldsOf(schema.items, `${path}[]`);
  }
}

/** The value with the defaults that the API server fills in: for absent fields, and then within them. */
export function withSchemaDefaults(schema: Schema | undefined, value: unknown): unknown {
  if (schema?.properties === undefined || typeof value !== 'object' || value === null) return value;
  const filledIn: Record<string, unknown> = { ...value };
  for (const [name, field] of Object.entries(schema.properties)) {
    const given = filledIn[name] ?? field.default;
    if (given !== undefined) filledIn[name] = withSchemaDefaults(field, given);
  }
  return filledIn;
}
