import { isDeepStrictEqual } from 'node:util';
import { badRequest, conflict, internalError, invalid, modifiedSince, notFound } from './api-error.ts';
import type { Cause } from './api-error.ts';
import { objectsOf } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { withFields } from './kubernetes-object.ts';
import type { KubernetesObject, ObjectMetadata } from './kubernetes-object.ts';
import { checkNamespaceMatches, createObject, prepared, throwIfInvalid } from './object-creation.ts';
import { checkMetadata, checkMetadataUpdate, invalidValue } from './object-metadata.ts';
import { objectKey, resourceSubject } from './resource.ts';
import type { ResourceDefinition, Target } from './resource.ts';
import { validate } from './schema-validation.ts';

/** Whether an update is a PUT, which states what it expects, or a patch of the object as it is now. */
export type UpdateMethod = 'PUT' | 'PATCH';

/**
 * Replaces an object by the one that a client sent, or only checks it when `dryRun`; returns it as stored, which is the
 * one before when nothing differs.
 */
export function updateObject(
  cluster: Cluster,
  target: Target,
  sent: KubernetesObject,
  options: { dryRun: boolean; method: UpdateMethod },
): { object: KubernetesObject; created: boolean } {
  const { resource, namespace, name, subresource } = target;
  checkNamespaceMatches(sent, namespace);
  checkNameMatches(sent, name);
  const collection = objectsOf(cluster, resource);
  const key = objectKey(namespace, name);
  const old = collection.objects.get(key);
  if (old === undefined) {
    if (!resource.createOnUpdate || subresource !== undefined) throw notFound(resourceSubject(resource), name);
    return { object: createObject(cluster, target, sent, options.dryRun), created: true };
  }
  checkPreconditions(target, sent.metadata, old, options.method);
  const object = counted(resource, prepared(resource, nextObject(target, sent, old), old, cluster.now()), old);
  throwIfInvalid(resource, name, [
    ...checkMetadataUpdate(sent.metadata, old),
    ...checkMetadata(resource, object.metadata),
    ...checkSchema(target, object),
    ...(resource.rules.check?.(object, old) ?? []),
  ]);
  if (isDeepStrictEqual(object, old)) return { object: old, created: false };
  if (options.dryRun) return { object, created: false };
  if (isFinished(resource, object)) {
    cluster.store.remove(collection, key);
    return { object, created: false };
  }
  return { object: cluster.store.put(collection, key, object), created: false };
}

function checkNameMatches(sent: KubernetesObject, name: string): void {
  const own = sent.metadata.name;
  if (own === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`);
  if (own !== name) throw badRequest(`the name of the object (${own}) does not match the name on the URL (${name})`);
}

function checkPreconditions(target: Target, sent: ObjectMetadata, old: KubernetesObject, method: UpdateMethod): void {
  const { resource, name } = target;
  const subject = resourceSubject(resource);
  const version = sent.resourceVersion ?? '';
  if (!/^\d*$/.test(version)) throw internalError(`strconv.ParseUint: parsing "${version}": invalid syntax`);
  if (method === 'PUT' && (sent.uid ?? '') !== '' && sent.uid !== old.metadata.uid) {
    const found = `UID in precondition: ${sent.uid}, UID in object meta: ${old.metadata.uid}`;
    throw conflict(
      subject,
      name,
      `StorageError: invalid object, Code: 4, AdditionalErrorMsg: Precondition failed: ${found}`,
    );
  }
  if (version === '' || version === '0') {
    if (resource.unconditionalUpdate || method === 'PATCH') return;
    throw invalid(subject, name, [invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')]);
  }
  if (version !== old.metadata.resourceVersion) throw conflict(subject, name, modifiedSince);
}

function nextObject(target: Target, sent: KubernetesObject, old: KubernetesObject): KubernetesObject {
  if (target.subresource === 'status') return withFields(old, { status: sent['status'] });
  const { labels, annotations, ownerReferences, finalizers, generateName } = sent.metadata;
  const metadata = withFields(old.metadata, { labels, annotations, ownerReferences, finalizers, generateName });
  const status = target.resource.statusSubresource ? old['status'] : sent['status'];
  return withFields(sent, { apiVersion: old.apiVersion, metadata, status });
}

/** The object with a generation of one more when what is wanted has changed. */
function counted(resource: ResourceDefinition, object: KubernetesObject, old: KubernetesObject): KubernetesObject {
  const wanted = (each: KubernetesObject): KubernetesObject =>
    withFields(each, { metadata: undefined, ...(resource.statusSubresource ? { status: undefined } : {}) });
  if (!resource.countsGenerations || isDeepStrictEqual(wanted(object), wanted(old))) return object;
  const metadata = withFields(object.metadata, { generation: (old.metadata.generation ?? 0) + 1 });
  return { ...object, metadata };
}

function checkSchema({ resource, subresource }: Target, object: KubernetesObject): Cause[] {
  if (!resource.custom) return [];
  if (subresource === undefined) return validate(resource.schema, object, { field: '', label: '' });
  const schema = resource.schema.properties?.['status'];
  const status = object['status'];
  return schema === undefined || status === undefined ? [] : validate(schema, status, { field: 'status', label: '' });
}

// An object that is being deleted goes with its last finalizer. A namespace goes when it is empty.
function isFinished(resource: ResourceDefinition, { metadata }: KubernetesObject): boolean {
  if (metadata.deletionTimestamp === undefined || resource.kind === 'Namespace') return false;
  return (metadata.finalizers ?? []).length === 0;
}
