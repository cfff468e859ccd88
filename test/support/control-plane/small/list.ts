import { badRequest, expired, futureVersion } from './api-error.ts';
import type { JsonObject, KubernetesObject } from './kubernetes-object.ts';
import type { ListOptions } from './list-options.ts';
import type { Collection, Store } from './store.ts';

/** A page of objects and the list metadata that goes with it. */
export interface ObjectList {
  metadata: JsonObject;
  items: KubernetesObject[];
}

/** Where the next page starts, as the opaque `continue` token carries it. */
interface Continuation {
  /** The version of the first page, or -1 for "whatever is there now". */
  version: number;
  /** The first key of the next page, relative to the namespace. */
  start: string;
}

/**
 * Lists the objects of a collection, of one namespace or of all.
 * @throws ApiError 410 when the version of a page is no longer known, 504 when it has not been reached yet.
 */
export function listObjects(
  store: Store,
  collection: Collection,
  namespace: string | undefined,
  options: ListOptions,
): ObjectList {
  const continuation = options.continueToken === '' ? undefined : readContinuation(options.continueToken);
  const version = versionOf(store, options, continuation);
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  const from = continuation === undefined ? prefix : prefix + continuation.start;
  const found = snapshot(collection, version, continuation).filter(
    ([key, object]) => key.startsWith(prefix) && key >= from && options.matches(object),
  );
  // As in the real server, a list of "any version" comes from its cache and is never cut into pages.
  const limit = options.limit > 0 && options.resourceVersion !== 0 ? options.limit : found.length;
  const page = found.slice(0, limit);
  const remaining = found.length - page.length;
  const metadata: JsonObject = { resourceVersion: String(version) };
  if (remaining > 0) {
    const lastKey = page.at(-1)?.[0] ?? '';
    metadata['continue'] = continueToken({ version, start: `${lastKey.slice(prefix.length)}\0` });
    if (!options.selective) metadata['remainingItemCount'] = remaining;
  }
  return { metadata, items: page.map(([, object]) => object) };
}

function versionOf(store: Store, options: ListOptions, continuation: Continuation | undefined): number {
  if (continuation !== undefined) return continuation.version === -1 ? store.version : continuation.version;
  const asked = options.resourceVersion ?? 0;
  if (asked > store.version) throw futureVersion(asked, store.version);
  // A limit with a version and no match means exactly that version: so the first informers paged.
  const exact = options.resourceVersionMatch === 'Exact' || (options.resourceVersionMatch === '' && options.limit > 0);
  return exact && asked > 0 ? asked : store.version;
}

function snapshot(
  collection: Collection,
  version: number,
  continuation: Continuation | undefined,
): [string, KubernetesObject][] {
  if (continuation === undefined || version >= collection.oldest) return collection.at(version);
  throw expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
    { continue: continueToken({ ...continuation, version: -1 }) },
  );
}

function continueToken({ version, start }: Continuation): string {
  return Buffer.from(JSON.stringify({ v: 'meta.k8s.io/v1', rv: version, start })).toString('base64url');
}

function readContinuation(token: string): Continuation {
  try {
    const { rv, start } = JSON.parse(Buffer.from(token, 'base64url').toString()) as { rv: unknown; start: unknown };
    // The real server's tokens start with a slash; ours do not, and both are read.
    if (typeof rv === 'number' && typeof start === 'string') return { version: rv, start: start.replace(/^\//, '') };
  } catch {
    // Said below, together with tokens of the wrong shape.
  }
  throw badRequest('invalid continue token: continue key is not valid: it is not one that this server has made');
}
