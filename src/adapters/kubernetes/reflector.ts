import { ApiError, isGone, UnavailableError } from './api-error.ts';
import { backoff, pause, type Random } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { isOlder } from './resource-version.ts';
import { watchLines } from './watch-lines.ts';

/** What every object has that a reflector can keep. */
export interface Reflected {
  metadata: { namespace: string; name: string; resourceVersion: string };
}

export type RestartReason =
  | 'closed'
  | 'expired'
  | 'idle'
  | 'suspected'
  | 'malformed'
  | 'connection'
  | 'unauthorized'
  | 'throttled'
  | 'server_error'
  | 'refused';

export interface ReflectorOptions<T extends Reflected> {
  client: KubernetesClient;
  /** Collection, such as `/api/v1/namespaces/loyalty/secrets`. */
  path: string;
  /** Media types of list and watch; default JSON of the whole object. */
  accept?: { list: string; watch: string };
  /** Objects a page of the list. */
  pageSize: number;
  /** Validates one object as it enters and keeps of it what is needed. Throws for what is not such an object. */
  decode(object: unknown): T;
  /** Called with `namespace/name` of what changed, appeared or disappeared. It must only enqueue. */
  onChange(key: string): void;
  onRestart?(reason: RestartReason, error: unknown): void;
  random?: Random;
  /** A watch on which nothing arrives for so long (the server sends a bookmark a minute) is taken for dead. */
  idleMilliseconds?: number;
}

export interface Reflector<T> {
  /** Lists, watches and starts again for ever; resolves when the signal aborts. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Whether the first list is complete. */
  synced(): boolean;
  get(key: string): T | undefined;
  values(): IterableIterator<T>;
  /** Takes over the answer to a write of ours, so that the next look does not see the state before it. */
  observe(object: unknown): void;
  /** Takes over a delete of ours. */
  forget(key: string, resourceVersion: string): void;
  /** Ends the list or watch at hand, and resumes: for when there is reason to believe that its connection is dead. */
  suspect(): void;
  /** When anything last arrived, in milliseconds of the epoch; undefined before the first answer. */
  lastActivity(): number | undefined;
  /** How often the watch had to be opened again, by reason. */
  restarts(): ReadonlyMap<RestartReason, number>;
}

interface Page {
  metadata: { resourceVersion: string; continue?: string };
  items: unknown[] | null;
}

const retryBase = 100;
/** Short enough that nothing stays unseen for 5 s after the API server is back, long enough not to press it. */
const retryLimit = 2_000;
const listTimeout = 30_000;

class WatchExpired extends Error {}
class WatchMalformed extends Error {}

export function keyOf(metadata: { namespace: string; name: string }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/**
 * Keeps a local copy of a collection: paged LIST, then WATCH from that resourceVersion with bookmarks; after 410 it lists
 * again, after anything else it resumes where it was. Whatever the disturbance, the set of keys ends equal to the server's.
 */
export function createReflector<T extends Reflected>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, path, onChange } = options;
  const random = options.random ?? Math.random;
  const idleMilliseconds = options.idleMilliseconds ?? 90_000 + random() * 30_000;
  const items = new Map<string, T>();
  // What was deleted at which version, until the watch has passed it: an older event must not bring it back.
  const deleted = new Map<string, string>();
  const restarts = new Map<RestartReason, number>();
  let position: string | undefined;
  let synced = false;
  let lastActivity: number | undefined;
  let failures = 0;
  let attempt = new AbortController();

  function put(item: T): void {
    const key = keyOf(item.metadata);
    const known = items.get(key)?.metadata.resourceVersion ?? deleted.get(key);
    if (known !== undefined && !isOlder(known, item.metadata.resourceVersion)) return;
    deleted.delete(key);
    items.set(key, item);
    onChange(key);
  }

  function remove(key: string, resourceVersion: string): void {
    const known = items.get(key);
    if (!known || isOlder(resourceVersion, known.metadata.resourceVersion)) return;
    items.delete(key);
    onChange(key);
  }

  async function fetchPage(signal: AbortSignal, token: string | undefined): Promise<Page> {
    const query = { limit: options.pageSize, continue: token };
    const accept = options.accept?.list;
    const page = await client.request<Page>({
      method: 'GET',
      path,
      query,
      signal,
      timeoutMilliseconds: listTimeout,
      ...(accept && { accept }),
    });
    if (typeof page?.metadata?.resourceVersion !== 'string')
      throw new WatchMalformed(`the answer of ${path} is not a list`);
    lastActivity = Date.now();
    return page;
  }

  async function list(signal: AbortSignal): Promise<void> {
    const seen = new Set<string>();
    let token: string | undefined;
    let page: Page;
    do {
      page = await fetchPage(signal, token);
      for (const object of page.items ?? []) {
        const item = options.decode(object);
        seen.add(keyOf(item.metadata));
        put(item);
      }
      token = page.metadata.continue;
    } while (token);
    const listed = page.metadata.resourceVersion;
    // What we wrote after the list was taken is newer than it, and stays.
    for (const [key, item] of items)
      if (!seen.has(key) && !isOlder(listed, item.metadata.resourceVersion)) remove(key, listed);
    position = listed;
    synced = true;
  }

  function handle(line: string): void {
    const event = parseEvent(line);
    if (event.type === 'ERROR') throw errorEvent(event.object, path);
    const { resourceVersion } = metadataOf(event.object);
    if (event.type === 'BOOKMARK') deleted.clear();
    else if (event.type === 'DELETED') remove(keyOf(options.decode(event.object).metadata), resourceVersion);
    else put(options.decode(event.object));
    position = resourceVersion;
    failures = 0;
  }

  async function watch(signal: AbortSignal): Promise<void> {
    const idle = setTimeout(() => attempt.abort(new Error('idle')), idleMilliseconds);
    const timeoutSeconds = Math.round(300 + random() * 300);
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: position, timeoutSeconds };
    const accept = options.accept?.watch;
    const onChunk = (): void => {
      lastActivity = Date.now();
      idle.refresh();
    };
    try {
      const stream = await client.stream({ path, query, signal, ...(accept && { accept }) });
      onChunk();
      for await (const line of watchLines(stream, onChunk)) handle(line);
    } finally {
      clearTimeout(idle);
    }
  }

  /** One list, if one is needed, and one watch until it ends. */
  async function listAndWatch(signal: AbortSignal): Promise<void> {
    const current = (attempt = new AbortController());
    const either = AbortSignal.any([signal, current.signal]);
    try {
      if (position === undefined) await list(either);
      await watch(either);
    } catch (error) {
      throw current.signal.aborted ? (current.signal.reason as Error) : error;
    }
  }

  function noteRestart(error: unknown): number {
    const reason = restartReason(error);
    restarts.set(reason, (restarts.get(reason) ?? 0) + 1);
    options.onRestart?.(reason, error);
    if (reason === 'expired') {
      position = undefined;
      // Everybody's watch expires at the same compaction; not everybody should list at the same instant.
      return random() * 1_000;
    }
    if (reason === 'suspected') return 0;
    const retryAfter = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
    return Math.max(Math.min(retryAfter, 30_000), backoff(failures++, retryBase, retryLimit, random));
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const opened = Date.now();
      try {
        await listAndWatch(signal);
        // The server ends every watch after timeoutSeconds: that is no failure, unless it does so at once.
        if (Date.now() - opened > 5_000) failures = 0;
        else await pause(backoff(failures++, retryBase, retryLimit, random), signal);
        restarts.set('closed', (restarts.get('closed') ?? 0) + 1);
      } catch (error) {
        if (signal.aborted) break;
        await pause(noteRestart(error), signal);
      }
    }
  }

  return {
    run,
    synced: () => synced,
    get: (key) => items.get(key),
    values: () => items.values(),
    observe: (object) => put(options.decode(object)),
    forget: (key, resourceVersion) => {
      deleted.set(key, resourceVersion);
      items.delete(key);
    },
    suspect: () => attempt.abort(new Error('suspected')),
    lastActivity: () => lastActivity,
    restarts: () => restarts,
  };
}

interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  object: unknown;
}

function parseEvent(line: string): WatchEvent {
  try {
    const event = JSON.parse(line) as WatchEvent;
    if (typeof event?.type === 'string' && typeof event.object === 'object' && event.object !== null) return event;
  } catch {
    // Said below, without the line: it may hold a Secret.
  }
  throw new WatchMalformed('a line of the watch is not a watch event');
}

function metadataOf(object: unknown): { resourceVersion: string } {
  const metadata = (object as { metadata?: { resourceVersion?: unknown } }).metadata;
  if (typeof metadata?.resourceVersion !== 'string') throw new WatchMalformed('a watch event has no resourceVersion');
  return { resourceVersion: metadata.resourceVersion };
}

function errorEvent(object: unknown, path: string): Error {
  const status = object as { code?: number; reason?: string; message?: string };
  if (status.code === 410) return new WatchExpired('the resourceVersion is too old');
  return new ApiError(`watch ${path}`, status.code ?? 500, status);
}

function restartReason(error: unknown): RestartReason {
  if (error instanceof WatchExpired || isGone(error)) return 'expired';
  if (error instanceof WatchMalformed) return 'malformed';
  if (error instanceof Error && (error.message === 'idle' || error.message === 'suspected')) return error.message;
  if (error instanceof UnavailableError || !(error instanceof ApiError)) return 'connection';
  if (error.code === 401) return 'unauthorized';
  if (error.code === 429) return 'throttled';
  return error.code >= 500 ? 'server_error' : 'refused';
}
