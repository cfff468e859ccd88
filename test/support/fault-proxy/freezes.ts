import type { Connection } from './connection.ts';
import type { RequestMatcher } from './proxied-request.ts';

/** What becomes of a half-open connection at the end: it goes on, is reset, or stays dead for ever. */
export type Thaw = 'resume' | 'cut' | 'dead';

export interface FreezeOptions {
  /** Connections that carry such a request; every connection, new ones too, when absent. */
  when?: RequestMatcher;
  /** Leave connections and requests that come later alone; false when absent. */
  onlyOpen?: boolean;
  /** How many connections to freeze at most; all when absent. */
  limit?: number;
}

export interface Freeze {
  /** How many connections it holds now. */
  held(): number;
  /** Ends it for the connections that it holds. */
  clear(how: Thaw): void;
}

/** The half-open faults in force. */
export interface Freezes {
  add(options: FreezeOptions, connections: Iterable<Connection>): Freeze;
  /** Looks at a connection that is new or has got a request. */
  consider(connection: Connection): void;
  clear(how: Thaw): void;
}

interface Entry {
  options: FreezeOptions;
  held: Set<Connection>;
}

export function createFreezes(): Freezes {
  const entries = new Map<Entry, Freeze>();
  const consider = (connection: Connection): void => {
    for (const entry of entries.keys()) {
      if (entry.options.onlyOpen !== true) hold(entry, connection);
    }
  };
  return {
    add: (options, connections) => {
      const entry: Entry = { options, held: new Set() };
      for (const connection of connections) hold(entry, connection);
      const clear = (how: Thaw): void => {
        entries.delete(entry);
        for (const connection of entry.held) release(connection, how);
        entry.held.clear();
      };
      const freeze = { held: () => entry.held.size, clear };
      entries.set(entry, freeze);
      return freeze;
    },
    consider,
    clear: (how) => {
      for (const freeze of entries.values()) freeze.clear(how);
    },
  };
}

function hold({ options, held }: Entry, connection: Connection): void {
  const { when, limit = Infinity } = options;
  if (connection.isFrozen() || held.size >= limit) return;
  if (when !== undefined && (connection.request === undefined || !when(connection.request))) return;
  held.add(connection);
  connection.freeze();
}

function release(connection: Connection, how: Thaw): void {
  if (how === 'resume') connection.thaw();
  if (how === 'cut') connection.reset();
}
