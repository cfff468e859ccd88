import { expired } from './api-error.ts';
import { withFields } from './kubernetes-object.ts';
import type { KubernetesObject } from './kubernetes-object.ts';

/** One change of one object. A deletion carries the object as it was, with the resourceVersion of its deletion. */
export interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  version: number;
  key: string;
  object: KubernetesObject;
  /** The object before the change; absent when it was created. */
  previous?: KubernetesObject;
}

/** Whoever follows the changes of one collection. */
export interface Watcher {
  receive(change: Change): void;
  /** The resource is no longer served. */
  end(): void;
}

type Listener = (change: Change, collection: string) => void;

/** All objects of one resource, by key, and their latest changes. */
export class Collection {
  readonly name: string;
  readonly objects = new Map<string, KubernetesObject>();
  readonly watchers = new Set<Watcher>();
  changes: Change[] = [];
  /** Changes after this version are all known; what came before is forgotten. */
  oldest: number;
  #sortedKeys: string[] | undefined;

  constructor(name: string, oldest: number) {
    this.name = name;
    this.oldest = oldest;
  }

  record(change: Change, limit: number): void {
    if (change.type === 'DELETED') this.objects.delete(change.key);
    else this.objects.set(change.key, change.object);
    if (change.type !== 'MODIFIED') this.#sortedKeys = undefined;
    this.changes.push(change);
    // Half of the history goes at once, so that the array is not moved with every change.
    if (this.changes.length > limit) this.forget(Math.ceil(limit / 2));
  }

  /** Forgets the oldest changes until only that many are left. */
  forget(left: number): void {
    const gone = this.changes.splice(0, this.changes.length - left);
    this.oldest = gone.at(-1)?.version ?? this.oldest;
  }

  sortedKeys(): string[] {
    this.#sortedKeys ??= [...this.objects.keys()].sort();
    return this.#sortedKeys;
  }

  /**
   * The objects as they were at that version, in the order of their keys.
   * @throws ApiError 410 when that is no longer known.
   */
  at(version: number): [string, KubernetesObject][] {
    if (version < this.oldest) throw expired('The resourceVersion for the provided list is too old.');
    const later = this.changes.filter((change) => change.version > version);
    if (later.length === 0) return this.sortedKeys().map((key) => [key, this.objects.get(key) as KubernetesObject]);
    const then = new Map(this.objects);
    for (const { key, previous } of later.toReversed()) {
      if (previous === undefined) then.delete(key);
      else then.set(key, previous);
    }
    return [...then].sort(([a], [b]) => (a < b ? -1 : 1));
  }
}

export interface StoreOptions {
  /** How many changes of one resource are kept for watches and consistent pages; older versions answer 410. */
  historyLimit: number;
}

/** Every object of the server, in memory. All resources count versions on one counter, as in etcd. */
export class Store {
  readonly #collections = new Map<string, Collection>();
  readonly #listeners = new Set<Listener>();
  readonly #historyLimit: number;
  #version = 1;

  constructor({ historyLimit }: StoreOptions) {
    this.#historyLimit = historyLimit;
  }

  get version(): number {
    return this.#version;
  }

  collection(name: string): Collection {
    const known = this.#collections.get(name) ?? new Collection(name, this.#version);
    this.#collections.set(name, known);
    return known;
  }

  collections(): Collection[] {
    return [...this.#collections.values()];
  }

  /** Forgets the objects of a resource that is no longer served. */
  drop(name: string): void {
    for (const watcher of this.collection(name).watchers) watcher.end();
    this.#collections.delete(name);
  }

  /** Writes the object under a new resourceVersion, tells watchers, and returns it as stored. */
  put(collection: Collection, key: string, object: KubernetesObject): KubernetesObject {
    const previous = collection.objects.get(key);
    const [version, stored] = this.#stamp(object);
    if (previous === undefined) this.#commit(collection, { type: 'ADDED', version, key, object: stored });
    else this.#commit(collection, { type: 'MODIFIED', version, key, object: stored, previous });
    return stored;
  }

  /** Removes the object; watchers see it as it last was. */
  remove(collection: Collection, key: string): void {
    const previous = collection.objects.get(key);
    if (previous === undefined) return;
    const [version, object] = this.#stamp(previous);
    this.#commit(collection, { type: 'DELETED', version, key, object, previous });
  }

  /** Calls the listener after every change until the returned function is called. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #stamp(object: KubernetesObject): [number, KubernetesObject] {
    this.#version += 1;
    const metadata = withFields(object.metadata, { resourceVersion: String(this.#version) });
    return [this.#version, { ...object, metadata }];
  }

  #commit(collection: Collection, change: Change): void {
    collection.record(change, this.#historyLimit);
    for (const watcher of collection.watchers) watcher.receive(change);
    for (const listener of this.#listeners) listener(change, collection.name);
  }
}
