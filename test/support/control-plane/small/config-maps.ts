import type { Cause } from './api-error.ts';
import { ageColumn, column } from './column.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { checkImmutable, checkKeys, checkSize, dataOf } from './keyed-data.ts';
import { invalidValue } from './object-metadata.ts';
import { builtIn } from './resource.ts';
import { boolean, bytes, map, object, pointer, string } from './schema.ts';

/** ConfigMaps. */
export const configMaps = builtIn({
  group: '',
  version: 'v1',
  kind: 'ConfigMap',
  plural: 'configmaps',
  shortNames: ['cm'],
  schema: object({ immutable: pointer(boolean), data: map(string), binaryData: map(bytes) }),
  columns: [
    column(
      'Data',
      (configMap) => ['data', 'binaryData'].flatMap((field) => Object.keys(dataOf(configMap, field))).length,
    ),
    ageColumn,
  ],
  rules: { check },
});

function check(configMap: KubernetesObject, old: KubernetesObject | undefined): Cause[] {
  const [data, binaryData] = [dataOf(configMap, 'data'), dataOf(configMap, 'binaryData')];
  const size =
    Object.values(data).reduce((sum, value) => sum + Buffer.byteLength(value), 0) +
    Object.values(binaryData).reduce((sum, value) => sum + Buffer.byteLength(value, 'base64'), 0);
  const twice = Object.keys(data).filter((key) => Object.hasOwn(binaryData, key));
  return [
    ...checkImmutable(configMap, old, ['data', 'binaryData']),
    ...checkKeys(configMap, 'data'),
    ...checkKeys(configMap, 'binaryData'),
    ...twice.map((key) => invalidValue(`data[${key}]`, key, 'duplicate of key present in binaryData')),
    ...checkSize(size, ''),
  ];
}
