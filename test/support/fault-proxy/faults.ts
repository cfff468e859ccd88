import type { ProxiedRequest, RequestMatcher } from './proxied-request.ts';

/** What can be done to a request when it arrives. */
export type Fault =
  /** The connection is reset (RST) and the server never sees the request. */
  | { type: 'reset' }
  /** The server does what was asked, then the connection is reset: the client cannot know. */
  | { type: 'lose-answer' }
  /** The proxy answers with a Status object and the server never sees the request. */
  | { type: 'status'; code: number; message?: string; retryAfterSeconds?: number }
  /** It goes on after this time, and other faults may then hit it. */
  | { type: 'delay'; milliseconds: number }
  /** A watch opens, and this happens to it at once; other requests are left alone. */
  | { type: 'watch'; fault: WatchFault };

/** What can be done to a watch that is open. */
export type WatchFault =
  /** Its response ends as it does when the server's own time limit is over. */
  | { type: 'end' }
  /** Its connection is reset (RST). */
  | { type: 'reset' }
  /** It delivers an ERROR event with a Status object, then ends, as the server does. */
  | { type: 'error'; code: number; message?: string }
  /** Half of the next event is delivered, then it ends or its connection is reset. */
  | { type: 'truncate'; ending: 'end' | 'reset' }
  /** Every event from now on comes later by this time. */
  | { type: 'delay'; milliseconds: number };

export interface FaultOptions {
  /** Which requests it hits; all when absent. */
  when?: RequestMatcher;
  /** How many requests it hits; all until cleared when absent. */
  times?: number;
}

/** The faults in force, in the order in which they were set. */
export interface FaultBook {
  add(fault: Fault, options: FaultOptions): () => void;
  /** The faults that hit this request, delays first, then at most one other; each counts as having hit. */
  take(request: ProxiedRequest): Fault[];
  clear(): void;
}

interface Entry {
  fault: Fault;
  when: RequestMatcher;
  left: number;
}

export function createFaultBook(): FaultBook {
  const entries = new Set<Entry>();
  const hits = (request: ProxiedRequest) => (entry: Entry) =>
    (entry.fault.type !== 'watch' || request.watch) && entry.when(request);
  return {
    add: (fault, { when = () => true, times = Infinity }) => {
      const entry = { fault, when, left: times };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    take: (request) => {
      const hitting = [...entries].filter(hits(request));
      const delays = hitting.filter(({ fault }) => fault.type === 'delay');
      const taken = [...delays, ...hitting.filter(({ fault }) => fault.type !== 'delay').slice(0, 1)];
      for (const entry of taken) {
        entry.left -= 1;
        if (entry.left <= 0) entries.delete(entry);
      }
      return taken.map(({ fault }) => fault);
    },
    clear: () => entries.clear(),
  };
}
