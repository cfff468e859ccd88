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
  /** There is this version of an object. */
  put(item: T): void;
  /** The object was deleted at that version. */
  remove(key: string, resourceVersion: string): void;
  /** The object was deleted when it had that version, as we know before the watch says so. */
  forget(key: string, resourceVersion: string): void;
  /** At that version there are these keys, and no others. */
  retain(keys: ReadonlySet<string>, resourceVersion: string): void;
  /** Everything up to that version has been seen. */
  passed(resourceVersion: string): void;
  /** The server's versions begin anew (its data were restored): until the next `retain`, another version is a newer one. */
  distrust(): void;
}

export function createReflectedItems<T extends Reflected>(onChange: (key: string) => void): ReflectedItems<T> {
  const items = new Map<string, T>();
  // What we deleted, and at which version: until the watch has passed it, an older event must not bring it back.
  const deleted = new Map<string, string>();
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
    if (trusted) passed(resourceVersion);
    else deleted.clear();
    trusted = true;
  }

  function passed(resourceVersion: string): void {
    for (const [key, version] of deleted) if (!isOlder(resourceVersion, version)) deleted.delete(key);
  }

  return {
    get: (key) => items.get(key),
    values: () => items.values(),
    put,
    remove,
    forget,
    retain,
    passed,
    distrust: () => void (trusted = false),
  };
}
