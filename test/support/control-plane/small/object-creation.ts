import { randomUUID } from 'node:crypto';
import { alreadyExists, badRequest, forbidden, internalError, invalid, notFound } from './api-error.ts';
import type { Cause } from './api-error.ts';
import { objectsOf } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { timestamp, withFields } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceCollection } from './namespaces.ts';
import { checkMetadata, generatedName } from './object-metadata.ts';
import { kindSubject, objectKey, resourceSubject } from './resource.ts';
import type { ResourceDefinition, Target } from './resource.ts';
import { validate } from './schema-validation.ts';

/** Creates the object that a client sent, or only checks it when `dryRun`; returns it as stored. */
export function createObject(
  cluster: Cluster,
  target: Target,
  sent: KubernetesObject,
  dryRun: boolean,
): KubernetesObject {
  const { resource, namespace } = target;
  checkNamespaceMatches(sent, namespace);
  if ((sent.metadata.resourceVersion ?? '') !== '') {
    throw internalError('resourceVersion should not be set on objects to be created');
  }
  const { generateName = '' } = sent.metadata;
  const name = sent.metadata.name || (generateName === '' ? '' : generatedName(generateName));
  if (namespace !== undefined) checkNamespaceTakesNew(cluster, resource, namespace, name);
  const object = prepared(resource, newObject(cluster, target, sent, name), undefined, cluster.now());
  const { metadata } = object;
  throwIfInvalid(resource, name, [
    ...checkMetadata(resource, metadata),
    ...(resource.custom ? validate(resource.schema, object, { field: '', label: '' }) : []),
    ...(resource.rules.check?.(object, undefined) ?? []),
  ]);
  const key = objectKey(namespace, name);
  const collection = objectsOf(cluster, resource);
  if (collection.objects.has(key)) throw alreadyExists(resourceSubject(resource), name);
  return dryRun ? object : cluster.store.put(collection, key, object);
}

function newObject(cluster: Cluster, target: Target, sent: KubernetesObject, name: string): KubernetesObject {
  const { resource, namespace } = target;
  const metadata = withFields(sent.metadata, {
    name,
    namespace,
    uid: randomUUID(),
    resourceVersion: undefined,
    generation: resource.countsGenerations ? 1 : sent.metadata.generation,
    creationTimestamp: timestamp(cluster.now()),
    deletionTimestamp: undefined,
    deletionGracePeriodSeconds: undefined,
  });
  const status = resource.statusSubresource ? (resource.custom ? undefined : {}) : sent['status'];
  return withFields(sent, { metadata, status });
}

/** The object as the rules of its kind complete it. */
export function prepared(
  resource: ResourceDefinition,
  object: KubernetesObject,
  old: KubernetesObject | undefined,
  now: Date,
): KubernetesObject {
  return resource.rules.prepare?.(object, old, now) ?? object;
}

/** Refuses an object that names another namespace than its URL. */
export function checkNamespaceMatches(sent: KubernetesObject, namespace: string | undefined): void {
  const own = sent.metadata.namespace ?? '';
  if (own === '' || own === namespace) return;
  throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
}

function checkNamespaceTakesNew(cluster: Cluster, resource: ResourceDefinition, namespace: string, name: string): void {
  const found = cluster.store.collection(namespaceCollection).objects.get(namespace);
  if (found === undefined) throw notFound({ group: '', name: 'namespaces' }, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  const why = `unable to create new content in namespace ${namespace} because it is being terminated`;
  throw forbidden(resourceSubject(resource), name, why, [
    {
      reason: 'NamespaceTerminating',
      message: `namespace ${namespace} is being terminated`,
      field: 'metadata.namespace',
    },
  ]);
}

/** Refuses an object for what was found wrong with it. */
export function throwIfInvalid(resource: ResourceDefinition, name: string, causes: Cause[]): void {
  if (causes.length > 0) throw invalid(kindSubject(resource), name, causes);
}
