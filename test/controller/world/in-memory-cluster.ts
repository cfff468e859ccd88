import { ApiError } from '../../../src/adapters/kubernetes/api-error.ts';
import type { ApiRequest, KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';

export interface StoredObject {
  apiVersion?: string;
  kind: string;
  metadata: {
    namespace: string;
    name: string;
    uid: string;
    resourceVersion: string;
    creationTimestamp: string;
    generation?: number;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string; kind: string }[];
  };
  immutable?: boolean;
  data?: Record<string, string>;
  spec?: unknown;
  status?: unknown;
}

/** The process ended between two writes. */
export class Crash extends Error {}

/** One collection of objects with the rules of the API server that the decision rests on: uids, versions, conflicts. */
export interface InMemoryCluster {
  client: KubernetesClient;
  get(path: string): StoredObject | undefined;
  list(): StoredObject[];
  /** As by kubectl: creates or replaces whatever is there. */
  put(path: string, object: Partial<StoredObject>): void;
  delete(path: string): void;
  /** Writes through the client so far, as in `PUT /api/v1/namespaces/n/secrets/x`. */
  writes: string[];
  /** The client throws {@link Crash} right after so many more writes. */
  crashAfter(writes: number): void;
}

export function createInMemoryCluster(deps: {
  now(): Date;
  onChange(object: StoredObject): void;
  onDelete(object: StoredObject): void;
}): InMemoryCluster {
  const objects = new Map<string, StoredObject>();
  const writes: string[] = [];
  let version = 100;
  let uids = 0;
  let left = Number.POSITIVE_INFINITY;

  function store(path: string, object: StoredObject): StoredObject {
    const stored = structuredClone(object);
    version += 1;
    stored.metadata.resourceVersion = String(version);
    objects.set(path, stored);
    deps.onChange(stored);
    return stored;
  }

  function created(path: string, object: Partial<StoredObject>): StoredObject {
    const creationTimestamp = `${deps.now().toISOString().slice(0, 19)}Z`;
    const [namespace = '', name = ''] = path
      .split('/')
      .slice(-3)
      .filter((part) => part !== 'secrets' && part !== 'walletcredentials');
    const uid = `uid-${++uids}`;
    const metadata = {
      ...object.metadata,
      namespace,
      name,
      uid,
      creationTimestamp,
      resourceVersion: '',
      generation: 1,
    };
    return { kind: 'Secret', ...object, metadata };
  }

  function replaced(path: string, known: StoredObject, object: Partial<StoredObject>): StoredObject {
    const { namespace, name, uid, creationTimestamp, generation = 1, resourceVersion } = known.metadata;
    const changed = JSON.stringify(known.spec) !== JSON.stringify(object.spec);
    const metadata = { ...object.metadata, namespace, name, uid, creationTimestamp, resourceVersion };
    const kept = known.status === undefined ? {} : { status: known.status };
    return {
      kind: known.kind,
      ...kept,
      ...object,
      metadata: { ...metadata, generation: generation + (changed ? 1 : 0) },
    };
  }

  function put(path: string, object: Partial<StoredObject>): void {
    const known = objects.get(path);
    store(path, known ? replaced(path, known, object) : created(path, object));
  }

  function remove(path: string): void {
    const known = objects.get(path);
    if (!known) return;
    objects.delete(path);
    version += 1;
    deps.onDelete(known);
  }

  function refuse(request: ApiRequest, code: number, reason: string): never {
    throw new ApiError(`${request.method} ${request.path}`, code, { reason });
  }

  function found(request: ApiRequest, path: string): StoredObject {
    return objects.get(path) ?? refuse(request, 404, 'NotFound');
  }

  function write(request: ApiRequest): StoredObject {
    const body = wire(request.body) as StoredObject;
    if (request.method === 'POST') {
      const path = `${request.path}/${body.metadata.name}`;
      return objects.has(path) ? refuse(request, 409, 'AlreadyExists') : store(path, created(path, body));
    }
    const path = request.path.replace(/\/status$/, '');
    const known = found(request, path);
    if (request.method === 'DELETE') return erase(request, path, known);
    const { uid, resourceVersion } = body.metadata;
    if ((uid !== undefined && uid !== known.metadata.uid) || resourceVersion !== known.metadata.resourceVersion)
      refuse(request, 409, 'Conflict');
    if (path !== request.path) return store(path, { ...known, status: body.status });
    if (known.immutable) refuse(request, 422, 'Invalid');
    return store(path, {
      ...body,
      metadata: { ...body.metadata, creationTimestamp: known.metadata.creationTimestamp },
    });
  }

  function erase(request: ApiRequest, path: string, known: StoredObject): StoredObject {
    const { preconditions } = request.body as { preconditions: { uid: string; resourceVersion: string } };
    const { uid, resourceVersion } = known.metadata;
    if (preconditions.uid !== uid || preconditions.resourceVersion !== resourceVersion)
      refuse(request, 409, 'Conflict');
    remove(path);
    return known;
  }

  async function request<T>(request: ApiRequest): Promise<T> {
    if (request.method === 'GET') return wire(found(request, request.path)) as T;
    if (left <= 0) throw new Crash();
    const answer = wire(write(request)) as T;
    writes.push(`${request.method} ${request.path}`);
    left -= 1;
    if (left <= 0) throw new Crash();
    return answer;
  }

  return {
    client: { request, stream: () => Promise.reject(new Error('not watched')), close: async () => {} },
    get: (path) => objects.get(path),
    list: () => [...objects.values()],
    put,
    delete: remove,
    writes,
    crashAfter(count) {
      left = count;
    },
  };
}

/** As over the wire: nothing undefined, nothing shared. */
function wire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
