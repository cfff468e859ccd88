import type { Cause } from './api-error.ts';
import { ageColumn, column } from './column.ts';
import { withFields } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { checkImmutable, checkKeys, checkSize, dataOf } from './keyed-data.ts';
import { invalidValue, requiredValue } from './object-metadata.ts';
import { builtIn } from './resource.ts';
import { boolean, bytes, map, object, pointer, string } from './schema.ts';

// The keys that a Secret of a type cannot do without.
const keysOfType: Record<string, string[]> = {
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
};

/** Secrets: `stringData` becomes `data`, the type never changes, and `immutable: true` freezes the data. */
export const secrets = builtIn({
  group: '',
  version: 'v1',
  kind: 'Secret',
  plural: 'secrets',
  schema: object({ immutable: pointer(boolean), data: map(bytes), stringData: map(string), type: string }),
  columns: [
    column('Type', (secret) => secret['type'] ?? ''),
    column('Data', (secret) => Object.keys(dataOf(secret, 'data')).length),
    ageColumn,
  ],
  selectableFields: { type: (secret) => String(secret['type']) },
  rules: { prepare, check },
});

function prepare(secret: KubernetesObject): KubernetesObject {
  const added = Object.entries(dataOf(secret, 'stringData')).map(([key, text]) => [
    key,
    Buffer.from(text).toString('base64'),
  ]);
  const data: Record<string, unknown> = { ...dataOf(secret, 'data'), ...Object.fromEntries(added) };
  return withFields(secret, {
    data: Object.keys(data).length === 0 ? undefined : data,
    stringData: undefined,
    type: secret['type'] ?? 'Opaque',
  });
}

function check(secret: KubernetesObject, old: KubernetesObject | undefined): Cause[] {
  const data = dataOf(secret, 'data');
  const size = Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  const type = String(secret['type']);
  const missing = (keysOfType[type] ?? []).filter((key) => !Object.hasOwn(data, key));
  return [
    ...(old === undefined || old['type'] === type ? [] : [invalidValue('type', type, 'field is immutable')]),
    ...checkImmutable(secret, old, ['data']),
    ...checkKeys(secret, 'data'),
    ...checkSize(size, 'data'),
    ...missing.map((key) => requiredValue(`data[${key}]`)),
  ];
}
