import { isDeepStrictEqual } from 'node:util';
import type { Cause } from './api-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { invalidValue } from './object-metadata.ts';

const keyRule =
  "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const bytesOfData = 1024 * 1024;

/** `data` of a Secret or ConfigMap, or another such map; empty when it is absent. */
export function dataOf(object: KubernetesObject, field: string): Record<string, string> {
  return (object[field] ?? {}) as Record<string, string>;
}

/** Finds keys that cannot be file names. */
export function checkKeys(object: KubernetesObject, field: string): Cause[] {
  return Object.keys(dataOf(object, field)).flatMap((key) => {
    const place = `${field}[${key}]`;
    if (key.length > 253) return [invalidValue(place, key, 'must be no more than 253 characters')];
    if (key === '.' || key === '..') return [invalidValue(place, key, `must not be '${key}'`)];
    return /^[-._a-zA-Z0-9]+$/.test(key) ? [] : [invalidValue(place, key, keyRule)];
  });
}

/** Finds data of more than 1 MiB. */
export function checkSize(bytes: number, field: string): Cause[] {
  if (bytes <= bytesOfData) return [];
  return [{ reason: 'FieldValueTooLong', message: `Too long: may not be more than ${bytesOfData} bytes`, field }];
}

/** Finds changes of what `immutable: true` has frozen, that field itself included. */
export function checkImmutable(object: KubernetesObject, old: KubernetesObject | undefined, fields: string[]): Cause[] {
  if (old?.['immutable'] !== true) return [];
  const frozen = (field: string): Cause => ({
    reason: 'FieldValueForbidden',
    message: 'Forbidden: field is immutable when `immutable` is set',
    field,
  });
  const changed = fields.filter((field) => !isDeepStrictEqual(dataOf(object, field), dataOf(old, field)));
  return [...(object['immutable'] === true ? [] : ['immutable']), ...changed].map(frozen);
}
