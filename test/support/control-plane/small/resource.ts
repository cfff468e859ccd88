import type { Cause, Subject } from './api-error.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { Schema } from './schema.ts';
import type { Column } from './column.ts';

/** One kind of object in one version, as the server serves it. */
export interface ResourceDefinition {
  /** Empty for the core group. */
  group: string;
  version: string;
  kind: string;
  listKind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  categories: string[];
  namespaced: boolean;
  /** Whether it has `/status`. */
  statusSubresource: boolean;
  /** Whether metadata.generation counts the changes of what is wanted. */
  countsGenerations: boolean;
  /** Defined by a CustomResourceDefinition: validated by its schema, and no strategic merge patch. */
  custom: boolean;
  /** All of the object but apiVersion, kind and metadata. */
  schema: Schema;
  /** What names may look like. */
  nameForm: 'subdomain' | 'label' | 'path';
  /** Whether a PUT of an object that does not exist creates it. */
  createOnUpdate: boolean;
  /** Whether a PUT may leave the resourceVersion out. */
  unconditionalUpdate: boolean;
  /** Columns of `kubectl get` after Name. */
  columns: Column[];
  /** Field selector → how to read it; metadata.name and metadata.namespace are understood of every kind. */
  selectableFields: Record<string, (object: KubernetesObject) => string>;
  rules: ObjectRules;
}

/** What one kind asks for beyond its schema. */
export interface ObjectRules {
  /** Completes an object that is about to be written; `old` is absent when it is created. */
  prepare?(object: KubernetesObject, old: KubernetesObject | undefined, now: Date): KubernetesObject;
  /** Finds what is wrong with an object that is about to be written. */
  check?(object: KubernetesObject, old: KubernetesObject | undefined): Cause[];
}

/** The name under which the objects of a resource are stored, whatever version they are asked for in. */
export function collectionName(resource: { group: string; plural: string }): string {
  return `${resource.group}/${resource.plural}`;
}

/** `v1`, or `apps/v1`. */
export function groupVersion(resource: { group: string; version: string }): string {
  return resource.group === '' ? resource.version : `${resource.group}/${resource.version}`;
}

/** The resource, for errors such as "secrets "a" not found". */
export function resourceSubject(resource: ResourceDefinition): Subject {
  return { group: resource.group, name: resource.plural };
}

/** The kind, for errors such as "Secret "a" is invalid". */
export function kindSubject(resource: ResourceDefinition): Subject {
  return { group: resource.group, name: resource.kind };
}

/** The key of an object in its collection: `namespace/name`, or the name alone. */
export function objectKey(namespace: string | undefined, name: string): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The parts that differ per built-in kind; the rest follows from the kind's name. */
export type BuiltIn = Pick<ResourceDefinition, 'group' | 'version' | 'kind' | 'plural' | 'schema'> &
  Partial<ResourceDefinition>;

/** Completes the description of a built-in kind. */
export function builtIn(parts: BuiltIn): ResourceDefinition {
  return {
    listKind: `${parts.kind}List`,
    singular: parts.kind.toLowerCase(),
    shortNames: [],
    categories: [],
    namespaced: true,
    statusSubresource: false,
    countsGenerations: false,
    custom: false,
    nameForm: 'subdomain',
    createOnUpdate: false,
    unconditionalUpdate: true,
    columns: [],
    selectableFields: {},
    rules: {},
    ...parts,
  };
}

/** Which object a request is about. */
export interface Target {
  resource: ResourceDefinition;
  /** Undefined for cluster-scoped objects, and for lists of all namespaces. */
  namespace: string | undefined;
  name: string;
  subresource: 'status' | undefined;
}
