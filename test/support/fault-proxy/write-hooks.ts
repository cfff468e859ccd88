import { isWrite } from './proxied-request.ts';
import type { ProxiedRequest, RequestMatcher } from './proxied-request.ts';

/** Called with the request; may answer "drop", and then the request (or its answer) goes no further and is reset. */
export type WriteCallback = (request: ProxiedRequest) => void | 'drop' | Promise<void | 'drop'>;

export interface WriteHook {
  /** Settles when the callback has come back for the n-th write, with that write; rejects with the callback's error. */
  fired: Promise<ProxiedRequest>;
  clear(): void;
}

/** Callbacks for the n-th write from now on, counted one by one for each hook. */
export interface WriteHooks {
  add: (nth: number, callback: WriteCallback, when?: RequestMatcher) => WriteHook;
  /** Counts a write and runs what is due; answers whether it may go on. */
  run(request: ProxiedRequest): Promise<'go on' | 'drop'>;
  clear(): void;
}

interface Entry {
  left: number;
  when: RequestMatcher;
  call: (request: ProxiedRequest) => Promise<void | 'drop'>;
}

export function createWriteHooks(): WriteHooks {
  const entries = new Set<Entry>();
  return {
    add: (nth, callback, when = () => true) => {
      const { promise: fired, resolve, reject } = Promise.withResolvers<ProxiedRequest>();
      const call = async (request: ProxiedRequest): Promise<void | 'drop'> => {
        try {
          const verdict = await callback(request);
          resolve(request);
          return verdict;
        } catch (error) {
          reject(error);
        }
      };
      const entry = { left: nth, when, call };
      entries.add(entry);
      return { fired, clear: () => void entries.delete(entry) };
    },
    run: async (request) => {
      const counted = isWrite(request) ? [...entries].filter(({ when }) => when(request)) : [];
      const due = counted.filter((entry) => (entry.left -= 1) === 0);
      for (const entry of due) entries.delete(entry);
      const verdicts = await Promise.all(due.map(({ call }) => call(request)));
      return verdicts.includes('drop') ? 'drop' : 'go on';
    },
    clear: () => entries.clear(),
  };
}
