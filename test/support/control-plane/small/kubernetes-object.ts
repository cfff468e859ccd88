/** What JSON.parse gives for `{…}`. */
export type JsonObject = Record<string, unknown>;

export interface OwnerReference {
  apiVersion: string;
  kind: string;
  name: string;
  uid: string;
  controller?: boolean;
  blockOwnerDeletion?: boolean;
}

/** `metadata` of an object that the server holds; instants are RFC 3339 UTC in whole seconds. */
export interface ObjectMetadata {
  name: string;
  generateName?: string;
  /** Absent on cluster-scoped objects. */
  namespace?: string;
  uid: string;
  resourceVersion: string;
  generation?: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
  deletionGracePeriodSeconds?: number;
  labels?: Record<string, string>;
  annotations?: Record<string, string>;
  ownerReferences?: OwnerReference[];
  finalizers?: string[];
}

/** An object as the server holds it. It is never changed in place: a write makes a new one. */
export interface KubernetesObject {
  apiVersion: string;
  kind: string;
  metadata: ObjectMetadata;
  [field: string]: unknown;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A copy of the object with other values for some fields; a field given as `undefined` is left out. */
export function withFields<T extends object>(object: T, fields: JsonObject): T {
  return Object.fromEntries(
    Object.entries({ ...object, ...fields }).filter(([, value]) => value !== undefined),
  ) as unknown as T;
}

/** The instant as Kubernetes writes it: RFC 3339 UTC without fractions. */
export function timestamp(now: Date): string {
  return `${now.toISOString().slice(0, 19)}Z`;
}

/** Walks `a.b.c` into a value; `undefined` where a part is missing. */
export function fieldAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, part) => (isJsonObject(inner) && Object.hasOwn(inner, part) ? inner[part] : undefined),
    value,
  );
}

/** Kind, apiVersion and metadata of an object, and nothing else of it. */
export function partialMetadata(object: KubernetesObject): JsonObject {
  return { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata };
}

/** A string as it is, a number or boolean as JSON writes it, and nothing for anything else. */
export function stringOf(value: unknown): string {
  return ['string', 'number', 'boolean'].includes(typeof value) ? String(value as string | number | boolean) : '';
}
