import { AnswerTooLarge } from './answer.ts';
import { ApiError, UnavailableError } from './api-error.ts';
import { backoff, pause, type Random } from './backoff.ts';
import type { KubernetesClient } from './client.ts';
import { createReflectedItems, keyOf, type Reflected } from './reflected-items.ts';
import { isOlder } from './resource-version.ts';
import { type RestartReason, restartReason } from './restart-reason.ts';
import { identityOf, parseWatchEvent, WatchFailed, WatchIdle, WatchMalformed } from './watch-event.ts';
import { watchLines } from './watch-lines.ts';

export interface ReflectorOptions<T extends Reflected> {
  client: KubernetesClient;
  /** Collection, such as `/api/v1/namespaces/loyalty/secrets`. */
  path: string;
  /** Media types of list and watch; default JSON of the whole object. */
  accept?: { list: string; watch: string };
  /** Objects a page of the list; fewer when such a page is too large to be read. */
  pageSize: number;
  /** Keeps of one object, as it enters, what is needed. */
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
const retryLimit = 1_000;
const longestRetryAfter = 30_000;
/** Everybody's watch expires at the same compaction; not everybody should list at the same instant. */
const relistJitter = 1_000;
const listTimeout = 30_000;
/** A watch that lasted so long was a good one. */
const goodAfter = 5_000;
/** After so many watches in a row that broke without one good event, it may be the place where they resume that is bad. */
const brokenLimit = 3;

/**
 * Keeps a local copy of a collection: paged LIST, then WATCH from that resourceVersion with bookmarks; after 410 it lists
 * again, after anything else it resumes where it was. Whatever the disturbance, the set of keys ends equal to the server's.
 */
export function createReflector<T extends Reflected>(options: ReflectorOptions<T>): Reflector<T> {
  const { client, path, accept, random = Math.random } = options;
  const idleMilliseconds = options.idleMilliseconds ?? 90_000 + random() * 30_000;
  const items = createReflectedItems<T>((key) => options.onChange(key));
  const restarts = new Map<RestartReason, number>();
  let { pageSize } = options;
  let listWanted = true;
  let synced = false;
  let lastActivity: number | undefined;
  let failures = 0;

  function decode(object: unknown): T {
    identityOf(object, path);
    return options.decode(object);
  }

  async function fetchPage(signal: AbortSignal, token: string | undefined): Promise<Page> {
    const page = await client.request<Page>({
      method: 'GET',
      path,
      query: { limit: pageSize, continue: token },
      signal,
      timeoutMilliseconds: listTimeout,
      ...(accept && { accept: accept.list }),
    });
    if (typeof page?.metadata?.resourceVersion !== 'string')
      throw new WatchMalformed(`the answer of ${path} is not a list`);
    lastActivity = Date.now();
    return page;
  }

  async function list(signal: AbortSignal): Promise<void> {
    const seen = new Set<string>();
    let token: string | undefined;
    let listed: string;
    do {
      const page = await fetchPage(signal, token);
      listed = page.metadata.resourceVersion;
      const before = items.position();
      if (before !== undefined && isOlder(listed, before)) items.distrust();
      for (const object of page.items ?? []) {
        const item = decode(object);
        seen.add(keyOf(item.metadata));
        items.put(item);
      }
      token = page.metadata.continue;
    } while (token);
    items.retain(seen, listed);
    listWanted = false;
    synced = true;
  }

  function handle(line: string): void {
    const { type, object, resourceVersion } = parseWatchEvent(line, path);
    if (type === 'DELETED') items.remove(keyOf(identityOf(object, path)), resourceVersion);
    else if (type !== 'BOOKMARK') items.put(decode(object));
    items.passed(resourceVersion);
    failures = 0;
  }

  async function watch(signal: AbortSignal): Promise<void> {
    const timeoutSeconds = Math.round(300 + random() * 300);
    const query = { watch: true, allowWatchBookmarks: true, resourceVersion: items.position(), timeoutSeconds };
    const idle = new AbortController();
    const either = AbortSignal.any([signal, idle.signal]);
    const stream = await client.stream({ path, query, signal: either, ...(accept && { accept: accept.watch }) });
    const timer = setTimeout(
      () => idle.abort(new WatchIdle(`nothing came for ${idleMilliseconds} ms`)),
      idleMilliseconds,
    );
    const onChunk = (): void => {
      lastActivity = Date.now();
      timer.refresh();
    };
    try {
      onChunk();
      for await (const line of watchLines(stream, onChunk)) handle(line);
    } catch (error) {
      throw idle.signal.aborted ? idle.signal.reason : error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** One list, if one is wanted, and one watch until it ends; answers what ended it. */
  async function listAndWatch(signal: AbortSignal): Promise<unknown> {
    try {
      if (listWanted) await list(signal);
      await watch(signal);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  function noteRestart(error: unknown): void {
    const reason = restartReason(error);
    restarts.set(reason, (restarts.get(reason) ?? 0) + 1);
    if (error !== undefined) options.onRestart?.(reason, error);
    if (error instanceof UnavailableError && error.cause instanceof AnswerTooLarge) pageSize = Math.ceil(pageSize / 4);
    const broken = error instanceof WatchMalformed || error instanceof WatchFailed;
    // An idle watch may be one that waits for a version that will not come: the list shows whether the server went back.
    if (reason === 'expired' || reason === 'idle' || (broken && failures >= brokenLimit)) listWanted = true;
  }

  /** Tries begin so far apart; who has waited for an answer in vain has waited already. */
  function waitAfter(error: unknown, lasted: number): number {
    if (lasted > goodAfter) failures = 0;
    const retryAfter = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) * 1_000 : 0;
    const jitter = random() * (listWanted ? relistJitter : retryBase);
    const apart = backoff(failures++, retryBase, retryLimit, random) - lasted;
    return Math.max(Math.min(retryAfter, longestRetryAfter), apart, jitter);
  }

  async function run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const begun = performance.now();
      const error = await listAndWatch(signal);
      if (signal.aborted) return;
      noteRestart(error);
      await pause(waitAfter(error, performance.now() - begun), signal);
    }
  }

  return {
    run,
    synced: () => synced,
    get: (key) => items.get(key),
    values: () => items.values(),
    observe: (object) => items.observe(decode(object)),
    forget: (key, resourceVersion) => items.forget(key, resourceVersion),
    lastActivity: () => lastActivity,
    restarts: () => restarts,
  };
}
