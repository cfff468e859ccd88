import { randomInt } from 'node:crypto';
import type { Cause } from './api-error.ts';
import type { KubernetesObject, ObjectMetadata, OwnerReference } from './kubernetes-object.ts';
import type { ResourceDefinition } from './resource.ts';
import { boolean, dateTime, integer, list, map, anything, object, pointer, string } from './schema.ts';
import type { Schema } from './schema.ts';

/** `metadata` as clients send it. managedFields are taken and dropped: nothing here needs to know who wrote what. */
export const objectMetadata: Schema = object({
  name: string,
  generateName: string,
  namespace: string,
  selfLink: string,
  uid: string,
  resourceVersion: string,
  generation: integer,
  creationTimestamp: dateTime,
  deletionTimestamp: dateTime,
  deletionGracePeriodSeconds: pointer(integer),
  labels: map(string),
  annotations: map(string),
  ownerReferences: list(
    object(
      {
        apiVersion: string,
        kind: string,
        name: string,
        uid: string,
        controller: pointer(boolean),
        blockOwnerDeletion: pointer(boolean),
      },
      ['apiVersion', 'kind', 'name', 'uid'],
    ),
  ),
  finalizers: list(string),
  managedFields: list(anything),
});

const subdomainRule =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";
const labelValueRule =
  "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
const namePartRule =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/;
const namePart = /^([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$/;

const bytesOfAnnotations = 256 * 1024;

export function invalidValue(field: string, value: unknown, rule: string): Cause {
  return { reason: 'FieldValueInvalid', message: `Invalid value: ${JSON.stringify(value)}: ${rule}`, field };
}

export function requiredValue(field: string, hint?: string): Cause {
  return {
    reason: 'FieldValueRequired',
    message: hint === undefined ? 'Required value' : `Required value: ${hint}`,
    field,
  };
}

/** Finds what is wrong with the metadata of an object that is about to be written. */
export function checkMetadata(resource: ResourceDefinition, metadata: ObjectMetadata): Cause[] {
  return [
    ...nameCauses(resource, metadata),
    ...Object.entries(metadata.labels ?? {}).flatMap(labelCauses),
    ...annotationCauses(metadata.annotations ?? {}),
    ...ownerCauses(metadata.ownerReferences ?? []),
  ];
}

function nameCauses(resource: ResourceDefinition, { name }: ObjectMetadata): Cause[] {
  const field = 'metadata.name';
  if (name === '') return [requiredValue(field, 'name or generateName is required')];
  const limit = resource.nameForm === 'label' ? 63 : 253;
  if (name.length > limit) return [invalidValue(field, name, `must be no more than ${limit} characters`)];
  if (resource.nameForm === 'path') {
    return /^\.{1,2}$|[/%]/.test(name) ? [invalidValue(field, name, 'may not be . or .., nor contain / or %')] : [];
  }
  if (resource.nameForm === 'subdomain') return subdomain.test(name) ? [] : [invalidValue(field, name, subdomainRule)];
  if (label.test(name)) return [];
  return [invalidValue(field, name, name.includes('.') ? 'must not contain dots' : labelRule)];
}

function labelCauses([key, value]: [string, string]): Cause[] {
  const field = 'metadata.labels';
  const keyRule = `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`;
  const causes = isQualifiedName(key) ? [] : [invalidValue(field, key, keyRule)];
  if (value.length > 63) return [...causes, invalidValue(field, value, 'must be no more than 63 bytes')];
  return labelValue.test(value) ? causes : [...causes, invalidValue(field, value, labelValueRule)];
}

function annotationCauses(annotations: Record<string, string>): Cause[] {
  const field = 'metadata.annotations';
  const causes = Object.keys(annotations)
    .filter((key) => !isQualifiedName(key.toLowerCase()))
    .map((key) => invalidValue(field, key, namePartRule));
  const size = Object.entries(annotations).reduce((sum, entry) => sum + Buffer.byteLength(entry.join('')), 0);
  if (size <= bytesOfAnnotations) return causes;
  const message = `Too long: may not be more than ${bytesOfAnnotations} bytes`;
  return [...causes, { reason: 'FieldValueTooLong', message, field }];
}

/** Finds why a name such as `example.com/controller` is not a qualified one. */
export function namePartCauses(field: string, key: string): Cause[] {
  if (isQualifiedName(key)) return [];
  return [
    ...(key === '' ? [invalidValue(field, key, 'name part must be non-empty')] : []),
    invalidValue(field, key, namePartRule),
  ];
}

function isQualifiedName(key: string): boolean {
  const [name = '', prefix, ...more] = key.split('/').toReversed();
  const prefixFits = prefix === undefined || (prefix.length <= 253 && subdomain.test(prefix));
  return more.length === 0 && prefixFits && name.length <= 63 && namePart.test(name);
}

function ownerCauses(owners: OwnerReference[]): Cause[] {
  const field = 'metadata.ownerReferences';
  const empty = owners.flatMap((owner) =>
    (['apiVersion', 'kind', 'name', 'uid'] as const)
      .filter((part) => owner[part] === '')
      .map((part) => invalidValue(`${field}.${part}`, '', 'must not be empty')),
  );
  const [first, second] = owners.filter((owner) => owner.controller === true);
  if (first === undefined || second === undefined) return empty;
  const names = [first, second].map((owner) => `${owner.kind}/${owner.name}`).join(' and ');
  const rule = `Only one reference can have Controller set to true. Found "true" in references for ${names}`;
  return [...empty, invalidValue(field, owners, rule)];
}

/** Finds what an update may not do to metadata: give another uid, or add finalizers to what is being deleted. */
export function checkMetadataUpdate(sent: ObjectMetadata, old: KubernetesObject): Cause[] {
  const causes: Cause[] = [];
  if ((sent.uid ?? '') !== '' && sent.uid !== old.metadata.uid) {
    causes.push(invalidValue('metadata.uid', sent.uid, 'field is immutable'));
  }
  const added = (sent.finalizers ?? []).filter((each) => old.metadata.finalizers?.includes(each) !== true);
  if (old.metadata.deletionTimestamp !== undefined && added.length > 0) {
    const found = `[]string{${added.map((each) => JSON.stringify(each)).join(', ')}}`;
    const message = `Forbidden: no new finalizers can be added if the object is being deleted, found new finalizers ${found}`;
    causes.push({ reason: 'FieldValueForbidden', message, field: 'metadata.finalizers' });
  }
  return causes;
}

// Without vowels and look-alikes, as the real server does, so that no word comes out.
const letters = 'bcdfghjklmnpqrstvwxz2456789';

/** A name from a generateName: five random letters at its end. */
export function generatedName(base: string): string {
  const suffix = Array.from({ length: 5 }, () => letters[randomInt(letters.length)]).join('');
  return `${base.slice(0, 58)}${suffix}`;
}
