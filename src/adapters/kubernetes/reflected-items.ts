import { isOlder } from './resource-version.ts';

/** What every object has that a reflector can keep. */
export interface Reflected {
  metadata: { namespace: string; name: string; resourceVersion: string };
}

export function keyOf(metadata: { namespace: string; name: string }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/**
 * The local copy of a collection, by `namespace/name`. Lists, watch events and the answers to writes of ours reach it in any order:
 * for each key the newest version counts.
 */
export interface ReflectedItems<T extends Reflected> {
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  /** A list or the watch has this version of an object. */
  put(item: T): void;
  /** A write of ours was answered with this version. */
  observe(item: T): void;
  /** The object was deleted at that version. */
  remove(key: string, resourceVersion: string): void;
  /** The object was deleted when it had that version, as we know before the watch says so. */
  forget(key: string, resourceVersion: string): void;
  /** At that version there are these keys, and no others. */
  retain(keys: ReadonlySet<string>, resourceVersion: string): void;
  /** The watch has told everything up to that version. */
  passed(resourceVersion: string): void;
  /** Up to where everything has been seen; undefined before the first list. */
  position(): string | undefined;
  /** The server's versions begin anew (its data were restored): until the next `retain`, another version is a newer one. */
  distrust(): void;
}

export function createReflectedItems<T extends Reflected>(onChange: (key: string) => void): ReflectedItems<T> {
  const items = new Map<string, T>();
  // What we deleted, and at which version: until the watch has passed it, an older event must not bring it back.
  const deleted = new Map<string, string>();
  let position: string | undefined;
  let trusted = true;

  function isNews(key: string, resourceVersion: string): boolean {
    const known = items.get(key)?.metadata.resourceVersion ?? deleted.get(key);
    if (known === undefined) return true;
    return trusted ? isOlder(known, resourceVersion) : known !== resourceVersion;
  }

  function put(item: T): void {
    const key = keyOf(item.metadata);
    if (!isNews(key, item.metadata.resourceVersion)) return;
    deleted.delete(key);
    items.set(key, item);
    onChange(key);
  }

  function observe(item: T): void {
    const { resourceVersion } = item.metadata;
    // The watch was faster than the answer, and may have told a delete since: nothing of it is news.
    if (position === undefined || isOlder(position, resourceVersion)) put(item);
  }

  function drop(key: string): void {
    if (items.delete(key)) onChange(key);
  }

  function remove(key: string, resourceVersion: string): void {
    const known = items.get(key)?.metadata.resourceVersion;
    // Written again since, by us: the answer to the write was faster than the watch.
    if (known !== undefined && !isOlder(resourceVersion, known)) drop(key);
  }

  function forget(key: string, resourceVersion: string): void {
    const known = items.get(key)?.metadata.resourceVersion;
    // Made again since, and the watch was faster than the answer to the delete.
    if (known !== undefined && isOlder(resourceVersion, known)) return;
    deleted.set(key, resourceVersion);
    drop(key);
  }

  function retain(keys: ReadonlySet<string>, resourceVersion: string): void {
    for (const [key, { metadata }] of items) {
      // What we wrote after the list was taken is newer than it, and stays.
      if (!keys.has(key) && !(trusted && isOlder(resourceVersion, metadata.resourceVersion))) drop(key);
    }
    if (!trusted) deleted.clear();
    trusted = true;
    passed(resourceVersion);
  }

  function passed(resourceVersion: string): void {
    position = resourceVersion;
    for (const [key, version] of deleted) if (!isOlder(resourceVersion, version)) deleted.delete(key);
  }

  return {
    get: (key) => items.get(key),
    values: () => items.values(),
    put,
    observe,
    remove,
    forget,
    retain,
    passed,
    position: () => position,
    distrust: () => void (trusted = false),
  };
}
