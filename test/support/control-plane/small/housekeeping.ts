import type { Cluster } from './cluster.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import { withFields } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { namespaceCollection } from './namespaces.ts';
import { dropFinalizer, removeOrMark } from './object-deletion.ts';
import { OwnershipIndex, placeId } from './ownership-index.ts';
import type { Place } from './ownership-index.ts';
import { collectionName } from './resource.ts';
import { servedResources } from './served-resources.ts';
import type { Change, Collection } from './store.ts';

// The real controller takes seconds to empty a namespace. This much lets `kubectl delete -f` find what it deletes one after
// the other, when the namespace is the first of them.
const namespaceDelay = 250;

const definitionCollection = collectionName(customResourceDefinitions);

/**
 * Does what the garbage collector and the namespace and CustomResourceDefinition controllers of a real cluster do:
 * objects go with their last owner, namespaces and definitions go after what is in them. It looks at an object again
 * after each change that could matter, a moment after the request that caused it.
 */
export class Housekeeping {
  readonly #cluster: Cluster;
  readonly #index = new OwnershipIndex();
  readonly #waiting = new Map<string, Place>();
  readonly #unsubscribe: () => void;
  readonly #delays = new Map<string, NodeJS.Timeout>();
  #pending: NodeJS.Immediate | undefined;

  constructor(cluster: Cluster) {
    this.#cluster = cluster;
    for (const collection of cluster.store.collections()) {
      for (const [key, object] of collection.objects) this.#index.add(object, { collection: collection.name, key });
    }
    // What a stopped server left half done is finished by the one that takes over its store.
    for (const place of this.#index.places()) this.#lookAt(place);
    this.#unsubscribe = cluster.store.subscribe((change, collection) => this.#follow(change, collection));
  }

  close(): void {
    this.#unsubscribe();
    clearImmediate(this.#pending);
    for (const delay of this.#delays.values()) clearTimeout(delay);
  }

  #follow({ type, key, object, previous }: Change, collection: string): void {
    const place = { collection, key };
    if (previous !== undefined) this.#index.remove(previous, place);
    const { ownerReferences, deletionTimestamp, namespace, uid } = object.metadata;
    if (type !== 'DELETED') {
      this.#index.add(object, place);
      if (collection === namespaceCollection) this.#lookAtNamespace(key);
      else if (ownerReferences !== undefined || deletionTimestamp !== undefined) this.#lookAt(place);
      return;
    }
    for (const dependent of this.#index.dependentsOf(uid)) this.#lookAt(dependent);
    for (const owner of previous?.metadata.ownerReferences ?? []) this.#lookAt(this.#index.placeOf(owner.uid));
    if (namespace !== undefined) this.#lookAtNamespace(namespace);
  }

  #lookAtNamespace(name: string): void {
    const place = { collection: namespaceCollection, key: name };
    const [, namespace] = this.#find(place);
    if (namespace?.metadata.deletionTimestamp === undefined || this.#delays.has(name)) return;
    const delay = setTimeout(() => {
      this.#delays.delete(name);
      this.#lookAt(place);
    }, namespaceDelay);
    this.#delays.set(name, delay);
  }

  #lookAt(place: Place | undefined): void {
    if (place === undefined) return;
    this.#waiting.set(placeId(place), place);
    this.#pending ??= setImmediate(() => {
      this.#pending = undefined;
      const places = [...this.#waiting.values()];
      this.#waiting.clear();
      for (const each of places) this.#settle(each);
    });
  }

  #settle(place: Place): void {
    const [collection, object] = this.#find(place);
    if (object === undefined || this.#lostOwners(collection, place.key, object)) return;
    if (object.metadata.deletionTimestamp === undefined) return;
    if (place.collection === namespaceCollection) this.#emptyNamespace(collection, place.key);
    else if (place.collection === definitionCollection) this.#emptyDefinition(collection, place.key, object);
    else this.#settleDependents(collection, place.key, object);
  }

  #find(place: Place): [Collection, KubernetesObject | undefined] {
    const collection = this.#cluster.store.collection(place.collection);
    return [collection, collection.objects.get(place.key)];
  }

  /** Drops owners that are gone; an object without any left goes too. The answer is whether something was done. */
  #lostOwners(collection: Collection, key: string, object: KubernetesObject): boolean {
    const owners = object.metadata.ownerReferences ?? [];
    const left = owners.filter(({ uid }) => this.#index.placeOf(uid) !== undefined);
    if (left.length === owners.length) return false;
    if (left.length === 0) return removeOrMark(this.#cluster, collection, key);
    this.#cluster.store.put(collection, key, withOwners(object, left));
    return true;
  }

  #settleDependents(collection: Collection, key: string, object: KubernetesObject): void {
    const { uid, finalizers = [] } = object.metadata;
    if (finalizers.includes('orphan')) {
      for (const place of this.#index.dependentsOf(uid)) this.#orphan(place, uid);
      dropFinalizer(this.#cluster, collection, key, 'orphan');
    }
    if (finalizers.includes('foregroundDeletion')) {
      for (const place of this.#index.dependentsOf(uid)) removeOrMark(this.#cluster, this.#find(place)[0], place.key);
      if (this.#index.dependentsOf(uid).length > 0) return;
      dropFinalizer(this.#cluster, collection, key, 'foregroundDeletion');
    }
  }

  #orphan(place: Place, owner: string): void {
    const [collection, object] = this.#find(place);
    if (object === undefined) return;
    const left = object.metadata.ownerReferences?.filter(({ uid }) => uid !== owner) ?? [];
    this.#cluster.store.put(collection, place.key, withOwners(object, left));
  }

  #emptyNamespace(collection: Collection, name: string): void {
    const { store } = this.#cluster;
    const content = store
      .collections()
      .flatMap((each) =>
        [...each.objects.keys()].filter((key) => key.startsWith(`${name}/`)).map((key) => ({ each, key })),
      );
    for (const { each, key } of content) removeOrMark(this.#cluster, each, key);
    if (content.every(({ each, key }) => !each.objects.has(key))) store.remove(collection, name);
  }

  // The real controller waits for finalizers of the objects; here they go at once, since nothing serves them any more.
  #emptyDefinition(collection: Collection, key: string, definition: KubernetesObject): void {
    const { store } = this.#cluster;
    const served = new Set(servedResources(definition).map(collectionName));
    for (const name of served) {
      const instances = store.collection(name);
      for (const key of instances.objects.keys()) store.remove(instances, key);
      store.drop(instances.name);
    }
    store.remove(collection, key);
  }
}

function withOwners(object: KubernetesObject, owners: unknown[]): KubernetesObject {
  const ownerReferences = owners.length === 0 ? undefined : owners;
  return { ...object, metadata: withFields(object.metadata, { ownerReferences }) };
}
