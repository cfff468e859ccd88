import { conflict, notFound } from './api-error.ts';
import { objectsOf } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { customResourceDefinitions, markedForDeletion } from './custom-resource-definitions.ts';
import { timestamp, withFields } from './kubernetes-object.ts';
import type { JsonObject, KubernetesObject } from './kubernetes-object.ts';
import { namespaces, terminating } from './namespaces.ts';
import { kindSubject, objectKey, resourceSubject } from './resource.ts';
import type { Target } from './resource.ts';
import type { Collection } from './store.ts';

/** `propagationPolicy` as finalizers carry it out. */
const finalizerOfPolicy: Record<string, string> = { Foreground: 'foregroundDeletion', Orphan: 'orphan' };

export interface DeleteOptions {
  propagationPolicy: 'Foreground' | 'Background' | 'Orphan' | undefined;
  preconditions: { uid?: string; resourceVersion?: string };
  dryRun: boolean;
}

/**
 * Deletes an object, or marks it as being deleted when finalizers hold it. Returns the object while it is still there,
 * and `undefined` with the uid of what has gone when it is not.
 */
export function deleteObject(
  cluster: Cluster,
  target: Target,
  options: DeleteOptions,
): { remaining: KubernetesObject | undefined; uid: string } {
  const { resource, namespace, name } = target;
  const collection = objectsOf(cluster, resource);
  const key = objectKey(namespace, name);
  const old = collection.objects.get(key);
  if (old === undefined) throw notFound(resourceSubject(resource), name);
  checkPreconditions(target, old, options);
  const { uid } = old.metadata;
  const marked = withDeletion(target, old, options, cluster.now());
  if (marked === undefined) {
    if (!options.dryRun) cluster.store.remove(collection, key);
    return { remaining: undefined, uid };
  }
  const changed = marked !== old && !options.dryRun;
  return { remaining: changed ? cluster.store.put(collection, key, marked) : marked, uid };
}

function checkPreconditions({ resource, name }: Target, old: KubernetesObject, { preconditions }: DeleteOptions): void {
  const { uid, resourceVersion } = preconditions;
  const subject = kindSubject(resource);
  if (uid !== undefined && uid !== old.metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`;
    throw conflict(subject, name, why);
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`;
    throw conflict(subject, name, why);
  }
}

/** The object as it is while finalizers, or what a namespace holds, keep it; undefined when nothing does. */
function withDeletion(
  { resource }: Target,
  old: KubernetesObject,
  { propagationPolicy }: DeleteOptions,
  now: Date,
): KubernetesObject | undefined {
  const deleting = old.metadata.deletionTimestamp !== undefined;
  if (resource === namespaces) return deleting ? old : terminating(old, now);
  if (resource === customResourceDefinitions) return deleting ? old : markedForDeletion(old, now);
  return heldBack(old, finalizerOfPolicy[propagationPolicy ?? ''], now);
}

/** The object as its finalizers, and one more, hold it while it is being deleted; undefined when there are none. */
function heldBack(old: KubernetesObject, added: string | undefined, now: Date): KubernetesObject | undefined {
  const deleting = old.metadata.deletionTimestamp !== undefined;
  const own = old.metadata.finalizers ?? [];
  const finalizers = added === undefined || own.includes(added) ? own : [...own, added];
  if (finalizers.length === 0) return undefined;
  if (deleting && finalizers === own) return old;
  const { generation } = old.metadata;
  const marks = {
    deletionTimestamp: timestamp(now),
    deletionGracePeriodSeconds: 0,
    generation: generation === undefined ? undefined : generation + 1,
  };
  return { ...old, metadata: withFields(old.metadata, { ...(deleting ? {} : marks), finalizers }) };
}

/** Deletes an object as a controller does, in the background; false when it was being deleted already. */
export function removeOrMark(cluster: Cluster, collection: Collection, key: string): boolean {
  const old = collection.objects.get(key);
  if (old === undefined) return false;
  const marked = heldBack(old, undefined, cluster.now());
  if (marked === old) return false;
  if (marked === undefined) cluster.store.remove(collection, key);
  else cluster.store.put(collection, key, marked);
  return true;
}

/** Takes a finalizer away; with the last one the object goes. */
export function dropFinalizer(cluster: Cluster, collection: Collection, key: string, finalizer: string): void {
  const old = collection.objects.get(key);
  if (old === undefined) return;
  const left = (old.metadata.finalizers ?? []).filter((each) => each !== finalizer);
  if (left.length === 0) cluster.store.remove(collection, key);
  else cluster.store.put(collection, key, { ...old, metadata: withFields(old.metadata, { finalizers: left }) });
}

/** The Status that answers a DELETE after which the object is gone. */
export function deletedStatus({ resource, name }: Target, uid: string): JsonObject {
  const group = resource.group === '' ? {} : { group: resource.group };
  const details = { name, ...group, kind: resource.plural, uid };
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details };
}
