import type { ServerResponse } from 'node:http';
import { type Asked, json, type Script, type ScriptedServer } from './scripted-server.ts';

export interface Stored {
  metadata: { namespace: string; name: string; resourceVersion: string; uid: string };
  value: string;
}

/** A collection with history, listed in pages and watched, in which a test can do all that an API server does wrong. */
export interface ScriptedCollection {
  put(name: string, value?: string): Stored;
  delete(name: string): Stored;
  /** `namespace/name` of what there is, sorted. */
  keys(): string[];
  /** Sends a bookmark to the open watches. */
  bookmark(): void;
  /** Sends raw bytes to the open watches. */
  send(bytes: string | Buffer): void;
  /** Ends the open watches as the server does at their time limit, or with a reset. */
  endWatches(how?: 'end' | 'reset'): void;
  openWatches(): number;
  /** Everything up to now is compacted: older positions and continue tokens are Gone. */
  compact(): void;
  /** All is lost but these, and versions begin anew. */
  restore(names: readonly string[]): void;
  /** Does this to the next such requests, in turn, in place of answering; one that answers `true` has left the answer to the server. */
  next(kind: 'list' | 'watch', ...scripts: ((asked: Asked, response: ServerResponse) => boolean | void)[]): void;
  lists(): Asked[];
  watches(): Asked[];
}

export const collectionPath = '/apis/example.com/v1/namespaces/n/things';

interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED';
  object: Stored;
}

export function scriptCollection(server: ScriptedServer): ScriptedCollection {
  let objects = new Map<string, Stored>();
  let history: Change[] = [];
  let version = 9;
  let uids = 0;
  let compacted = 0;
  const open = new Set<ServerResponse>();
  const scripts: Record<'list' | 'watch', Parameters<ScriptedCollection['next']>[1][]> = { list: [], watch: [] };
  const kindOf = ({ query }: Asked): 'list' | 'watch' => (query.has('watch') ? 'watch' : 'list');

  const gone = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old resource version' };
  const line = (type: string, object: object): string => `${JSON.stringify({ type, object })}\n`;

  function record(type: Change['type'], object: Stored): Stored {
    history.push({ type, object });
    for (const watch of open) watch.write(line(type, object));
    return object;
  }

  function stored(name: string, value: string, uid: string): Stored {
    version += 1;
    return { metadata: { namespace: 'n', name, uid, resourceVersion: String(version) }, value };
  }

  function put(name: string, value = ''): Stored {
    const known = objects.get(name);
    const object = stored(name, value, known?.metadata.uid ?? `uid-${++uids}`);
    objects.set(name, object);
    return record(known ? 'MODIFIED' : 'ADDED', object);
  }

  function remove(name: string): Stored {
    const known = objects.get(name);
    if (!known) throw new Error(`there is no ${name}`);
    objects.delete(name);
    return record('DELETED', stored(name, known.value, known.metadata.uid));
  }

  /** A token names the version of the first page and the place; the pages are cut from what there was at that version. */
  const snapshots = new Map<number, Stored[]>();
  function list({ query }: Asked, response: ServerResponse): void {
    const [at, from] = (query.get('continue') ?? `${version}:0`).split(':').map(Number) as [number, number];
    if (at < compacted) return json(response, 410, gone);
    const all = snapshots.get(at) ?? [...objects.values()];
    snapshots.set(at, all);
    const until = from + Number(query.get('limit'));
    const metadata = { resourceVersion: String(at), ...(until < all.length && { continue: `${at}:${until}` }) };
    json(response, 200, { kind: 'ThingList', metadata, items: all.slice(from, until) });
  }

  function watch({ query }: Asked, response: ServerResponse): void {
    const from = Number(query.get('resourceVersion'));
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
    if (from < compacted) return void response.end(line('ERROR', gone));
    for (const { type, object } of history)
      if (Number(object.metadata.resourceVersion) > from) response.write(line(type, object));
    open.add(response);
    response.once('close', () => open.delete(response));
  }

  const answer: Script = (asked, response) => {
    const kind = kindOf(asked);
    const script = scripts[kind].shift();
    if (script && script(asked, response) !== true) return;
    if (kind === 'list') list(asked, response);
    else watch(asked, response);
  };
  server.answer(answer);

  return {
    put,
    delete: remove,
    keys: () => [...objects.keys()].map((name) => `n/${name}`).sort(),
    bookmark: () => {
      for (const each of open) each.write(line('BOOKMARK', { metadata: { resourceVersion: String(version) } }));
    },
    send: (bytes) => {
      for (const each of open) each.write(bytes);
    },
    endWatches: (how = 'end') => {
      for (const each of open) {
        if (how === 'end') each.end();
        else server.reset(each);
        open.delete(each);
      }
    },
    openWatches: () => open.size,
    compact: () => {
      compacted = ++version;
      history = [];
      snapshots.clear();
    },
    restore: (names) => {
      [objects, history, version, compacted] = [new Map(), [], 1, 0];
      snapshots.clear();
      for (const name of names) put(name, 'restored');
    },
    next: (kind, ...more) => void scripts[kind].push(...more),
    lists: () => server.requests.filter((asked) => kindOf(asked) === 'list'),
    watches: () => server.requests.filter((asked) => kindOf(asked) === 'watch'),
  };
}
