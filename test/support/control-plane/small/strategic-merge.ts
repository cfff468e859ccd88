import { isDeepStrictEqual } from 'node:util';
import { isJsonObject } from './kubernetes-object.ts';
import type { JsonObject } from './kubernetes-object.ts';

// How the lists of the built-in kinds merge, by field name: items with the same key, or (empty) equal primitives.
// From the patchStrategy and patchMergeKey tags of k8s.io/api; a list that is not here is replaced as a whole.
const mergeKeys: Record<string, string> = {
  conditions: 'type',
  containers: 'name',
  env: 'name',
  ephemeralContainers: 'name',
  finalizers: '',
  hostAliases: 'ip',
  imagePullSecrets: 'name',
  initContainers: 'name',
  ownerReferences: 'uid',
  ports: 'containerPort',
  secrets: 'name',
  topologySpreadConstraints: 'topologyKey',
  volumeDevices: 'devicePath',
  volumeMounts: 'mountPath',
  volumes: 'name',
};

/**
 * Applies a strategic merge patch, as kubectl sends it for built-in kinds, with its directives `$patch`, `$retainKeys`,
 * `$setElementOrder/…` and `$deleteFromPrimitiveList/…`.
 * https://github.com/kubernetes/community/blob/main/contributors/devel/sig-api-machinery/strategic-merge-patch.md
 */
export function strategicMerge(target: unknown, patch: JsonObject): JsonObject {
  const { $patch: directive, $retainKeys: retained, ...fields } = patch;
  if (directive === 'delete') return {};
  const base = directive === 'replace' || !isJsonObject(target) ? {} : target;
  const names = new Set([...Object.keys(base), ...Object.keys(fields).map(fieldOf)]);
  const merged = [...names].flatMap((name): [string, unknown][] => {
    if (Array.isArray(retained) && !retained.includes(name)) return [];
    const value = mergedField(name, Object.hasOwn(base, name) ? base[name] : undefined, fields);
    return value === undefined || value === null ? [] : [[name, value]];
  });
  return Object.fromEntries(merged);
}

const listDirective = /^\$(?:setElementOrder|deleteFromPrimitiveList)\//;

function fieldOf(name: string): string {
  return name.replace(listDirective, '');
}

function mergedField(name: string, old: unknown, fields: JsonObject): unknown {
  const order = fields[`$setElementOrder/${name}`];
  const deleted = fields[`$deleteFromPrimitiveList/${name}`];
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined;
  const mergeKey = Object.hasOwn(mergeKeys, name) ? mergeKeys[name] : undefined;
  if (isJsonObject(value)) return strategicMerge(old, value);
  const isList = Array.isArray(value) || Array.isArray(order) || Array.isArray(deleted);
  if (!isList || mergeKey === undefined || value === null) return value === undefined ? old : value;
  const before = Array.isArray(old) ? withoutPrimitives(old, deleted) : [];
  return mergeLists(before, (value ?? []) as unknown[], order, mergeKey);
}

function withoutPrimitives(list: unknown[], deleted: unknown): unknown[] {
  return Array.isArray(deleted) ? list.filter((item) => !deleted.includes(item)) : list;
}

function mergeLists(old: unknown[], patch: unknown[], order: unknown, mergeKey: string): unknown[] {
  if (patch.some((item) => isJsonObject(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !(isJsonObject(item) && item['$patch'] === 'replace'));
  }
  const same = (a: unknown, b: unknown): boolean => isDeepStrictEqual(identity(a, mergeKey), identity(b, mergeKey));
  const isDeletion = (item: unknown): boolean => isJsonObject(item) && item['$patch'] === 'delete';
  const left = old.filter((item) => !patch.some((other) => isDeletion(other) && same(item, other)));
  const changes = patch.filter((item) => !isDeletion(item));
  const mergedChanges = changes.map((item) => {
    const before = left.find((other) => same(item, other));
    return isJsonObject(item) ? strategicMerge(before, item) : item;
  });
  const untouched = left.filter((item) => !changes.some((other) => same(item, other)));
  return inOrder(untouched, mergedChanges, left, Array.isArray(order) ? order : [], same);
}

function identity(item: unknown, mergeKey: string): unknown {
  return mergeKey !== '' && isJsonObject(item) ? item[mergeKey] : item;
}

type Same = (a: unknown, b: unknown) => boolean;

/**
 * Puts merged items where the patch wants them: those that it names in its order, the others relative to them as they
 * stood before. Without a rule between two items, the one of the patch comes first.
 */
function inOrder(untouched: unknown[], changes: unknown[], before: unknown[], order: unknown[], same: Same): unknown[] {
  const position = (list: unknown[], item: unknown): number => list.findIndex((other) => same(other, item));
  const named = [...untouched, ...changes].filter((item) =>
    order.length === 0 ? changes.includes(item) : position(order, item) >= 0,
  );
  const front = order.length === 0 ? changes : named.sort((a, b) => position(order, a) - position(order, b));
  const rest = [...untouched, ...changes].filter((item) => !front.includes(item));
  const result: unknown[] = [];
  for (const item of front) {
    const at = position(before, item);
    while (rest.length > 0 && at >= 0 && isBefore(position(before, rest[0]), at)) result.push(rest.shift());
    result.push(item);
  }
  return [...result, ...rest];
}

function isBefore(a: number, b: number): boolean {
  return a >= 0 && a < b;
}
