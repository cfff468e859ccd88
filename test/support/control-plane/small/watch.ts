import { ApiError } from './api-error.ts';
import { groupVersion } from './resource.ts';
import type { ResourceDefinition } from './resource.ts';
import type { KubernetesObject } from './kubernetes-object.ts';
import type { ListOptions } from './list-options.ts';
import { presentEvent } from './representation.ts';
import type { Representation } from './representation.ts';
import type { Change, Collection, Store } from './store.ts';

const minute = 60_000;
// What a client may leave unread before it is cut off: the history is gone from memory then, and it must begin anew.
const unreadBytes = 64 * 1024 * 1024;
// The real server asks for 30 to 60 minutes when the client does not.
const defaultTimeoutSeconds = 1800 * (1 + Math.random());
const bookmarkBeforeEnd = 2000;

/** Where the lines of a watch go. */
export interface WatchSink {
  write(line: string): void;
  end(): void;
  /** Bytes written and not yet taken by the client. */
  unread(): number;
}

export interface WatchRequest {
  resource: ResourceDefinition;
  namespace: string | undefined;
  options: ListOptions;
  representation: Representation;
}

/** Streams the changes of a collection to one client until it leaves, its time is up, or the server ends it. */
export class Watch {
  readonly #store: Store;
  readonly #collection: Collection;
  readonly #request: WatchRequest;
  readonly #sink: WatchSink;
  readonly #timers: NodeJS.Timeout[] = [];
  #after = 0;
  #first = true;

  constructor(store: Store, collection: Collection, request: WatchRequest, sink: WatchSink) {
    this.#store = store;
    this.#collection = collection;
    this.#request = request;
    this.#sink = sink;
    if (!this.#begin()) return;
    collection.watchers.add(this);
    const { allowWatchBookmarks, timeoutSeconds } = request.options;
    const timeout = Math.max(timeoutSeconds ?? 0, 0) * 1000 || defaultTimeoutSeconds * 1000;
    this.#timers.push(setTimeout(() => this.end(), timeout));
    if (!allowWatchBookmarks) return;
    this.#timers.push(setInterval(() => this.#bookmark(), minute));
    if (timeout > bookmarkBeforeEnd) this.#timers.push(setTimeout(() => this.#bookmark(), timeout - bookmarkBeforeEnd));
  }

  receive(change: Change): void {
    if (change.version <= this.#after) return;
    const { options, namespace } = this.#request;
    if (namespace !== undefined && change.object.metadata.namespace !== namespace) return;
    const before = change.previous !== undefined && options.matches(change.previous);
    const after = change.type !== 'DELETED' && options.matches(change.object);
    if (after) this.#send(before ? 'MODIFIED' : 'ADDED', change.object);
    else if (before) this.#send('DELETED', change.type === 'DELETED' ? change.object : lastMatching(change));
  }

  /** Ends the stream as the real server does when the time is up: without a word. */
  end(): void {
    this.cancel();
    this.#sink.end();
  }

  /** Stops following changes; the client has left. */
  cancel(): void {
    this.#collection.watchers.delete(this);
    for (const timer of this.#timers) clearTimeout(timer);
  }

  /** Sends what the client has missed. False when the stream is over before it began. */
  #begin(): boolean {
    const { resourceVersion = 0, sendInitialEvents } = this.#request.options;
    if (sendInitialEvents === true || (sendInitialEvents === undefined && resourceVersion === 0)) {
      this.#sendInitialEvents();
      return true;
    }
    if (resourceVersion === 0) return true;
    if (resourceVersion < this.#collection.oldest) {
      this.#tooOld(resourceVersion);
      return false;
    }
    for (const change of this.#collection.changes) if (change.version > resourceVersion) this.receive(change);
    // A version of the future is waited for, as the real server does.
    this.#after = resourceVersion;
    return true;
  }

  #sendInitialEvents(): void {
    const { namespace, options } = this.#request;
    const prefix = namespace === undefined ? '' : `${namespace}/`;
    for (const key of this.#collection.sortedKeys()) {
      const object = this.#collection.objects.get(key) as KubernetesObject;
      if (key.startsWith(prefix) && options.matches(object)) this.#send('ADDED', object);
    }
    if (options.allowWatchBookmarks) this.#bookmark({ 'k8s.io/initial-events-end': 'true' });
  }

  #tooOld(resourceVersion: number): void {
    const message = `too old resource version: ${resourceVersion} (${this.#collection.oldest})`;
    const { status } = new ApiError(410, 'Expired', message);
    this.#sink.write(`${JSON.stringify({ type: 'ERROR', object: status })}\n`);
    this.#sink.end();
  }

  #bookmark(annotations?: Record<string, string>): void {
    const { resource } = this.#request;
    const version = Math.max(this.#store.version, this.#after);
    const metadata = { resourceVersion: String(version), ...(annotations === undefined ? {} : { annotations }) };
    const object = { kind: resource.kind, apiVersion: groupVersion(resource), metadata };
    this.#send('BOOKMARK', object as KubernetesObject);
  }

  #send(type: string, object: KubernetesObject): void {
    const { resource, representation } = this.#request;
    // A single object is no list: the real server then ends the stream at its first event, with nothing in it.
    if (representation.as === 'PartialObjectMetadataList') return this.end();
    this.#sink.write(presentEvent(resource, type, object, representation, this.#first));
    this.#first = false;
    if (this.#sink.unread() > unreadBytes) this.end();
  }
}

/** An object that no longer matches, as it was when it did, with the version at which it stopped. */
function lastMatching({ object, previous }: Change): KubernetesObject {
  const last = previous as KubernetesObject;
  return { ...last, metadata: { ...last.metadata, resourceVersion: object.metadata.resourceVersion } };
}
