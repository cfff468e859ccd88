import { isDeepStrictEqual } from 'node:util';
import { builtInResources } from './built-in-resources.ts';
import { customResourceDefinitions } from './custom-resource-definitions.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import { redecode } from './object-decoding.ts';
import { collectionName } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import { servedResources } from './served-resources.ts';
import type { Collection, Store } from './store.ts';

const definitionCollection = collectionName(customResourceDefinitions);

/** What every request works on: the objects, the kinds that are served now, and the clock. */
export interface Cluster {
  store: Store;
  /** Built-in kinds, then those of the CustomResourceDefinitions. */
  resources(): ResourceDefinition[];
  findResource(group: string, version: string, plural: string): ResourceDefinition | undefined;
  now(): Date;
  /** Ends what the cluster does by itself; the store stays as it is. */
  close(): void;
}

/** The objects of a resource. */
export function objectsOf(cluster: Cluster, resource: ResourceDefinition): Collection {
  return cluster.store.collection(collectionName(resource));
}

/** Serves the kinds of a store, new or used before, and follows its CustomResourceDefinitions. */
export function openCluster(store: Store, now: () => Date): Cluster {
  for (const resource of builtInResources) store.collection(collectionName(resource));
  let custom: ResourceDefinition[] = [];
  const refresh = (): void => {
    const definitions = [...store.collection(definitionCollection).objects.values()];
    custom = definitions.filter(isServed).flatMap(servedResources);
    for (const resource of custom) store.collection(collectionName(resource));
  };
  refresh();
  const close = store.subscribe(({ type }, collection) => {
    if (collection !== definitionCollection) return;
    refresh();
    if (type === 'MODIFIED') redecodeObjects(store, custom);
  });
  const resources = (): ResourceDefinition[] => [...builtInResources, ...custom];
  const findResource: Cluster['findResource'] = (group, version, plural) =>
    resources().find((each) => each.group === group && each.version === version && each.plural === plural);
  return { store, resources, findResource, now, close };
}

function isServed(definition: KubernetesObject): boolean {
  return definition.metadata.deletionTimestamp === undefined;
}

/** Brings stored objects under a changed schema, as the real server does when it reads them from etcd. */
function redecodeObjects(store: Store, resources: ResourceDefinition[]): void {
  const collections = new Set<string>();
  for (const resource of resources) {
    // The version that is stored comes first, and its schema is the one that counts.
    const { name, objects } = store.collection(collectionName(resource));
    if (collections.has(name)) continue;
    collections.add(name);
    for (const [key, object] of objects) {
      const decoded = redecode(resource, object);
      if (!isDeepStrictEqual(decoded, object)) objects.set(key, decoded);
    }
  }
}
