/** Changes go before resyncs and what is new, but neither lane can starve the other. */
export type Lane = 'change' | 'resync';

export interface Queue {
  /** Wants this key worked on; wanted twice is worked on once. */
  add(key: string, lane?: Lane): void;
  /** Wants this key worked on at that instant; of several instants the earliest counts. */
  addAt(key: string, instant: Date): void;
  /** Forgets the instant of a key (its resource is gone, or its next instant was computed anew). */
  cancel(key: string): void;
  /** The next key, which nobody else gets until `done`; undefined when there is none. */
  take(): string | undefined;
  /** Ends the work on a key; wanted again meanwhile, it is queued again. */
  done(key: string): void;
  /** Forgets every key that waits. */
  clear(): void;
  depth(): number;
  /** Milliseconds for which the oldest key has waited; 0 when none waits. */
  oldestAge(): number;
  stop(): void;
}

/** After so many changes a resync gets its turn. */
const changesInARow = 4;
/** setTimeout cannot wait longer than 24.8 days, and a sleeping machine's clock runs on: look at the clock at least so often. */
const longestSleep = 10 * 60_000;

/** Deduplicated keys; one worker a key at a time. `onReady` is called when there may be something to take. */
export function createQueue(deps: { now: () => number; onReady: () => void }): Queue {
  const { now, onReady } = deps;
  // Maps keep the order of insertion; the value is when the key was added.
  const lanes: Record<Lane, Map<string, number>> = { change: new Map(), resync: new Map() };
  const inWork = new Set<string>();
  const again = new Map<string, Lane>();
  const instants = new Map<string, number>();
  let timer: NodeJS.Timeout | undefined;
  let timerAt = Number.POSITIVE_INFINITY;
  let changes = 0;

  function add(key: string, lane: Lane = 'change'): void {
    if (inWork.has(key)) {
      if (again.get(key) !== 'change') again.set(key, lane);
      return;
    }
    if (lanes.change.has(key)) return;
    const since = lanes.resync.get(key);
    if (lane === 'resync' && since !== undefined) return;
    lanes.resync.delete(key);
    lanes[lane].set(key, since ?? now());
    onReady();
  }

  function addAt(key: string, instant: Date): void {
    const at = instant.getTime();
    if (at >= (instants.get(key) ?? Number.POSITIVE_INFINITY)) return;
    instants.set(key, at);
    if (at < timerAt) arm(at);
  }

  function arm(at: number): void {
    clearTimeout(timer);
    timerAt = at;
    timer = setTimeout(ring, Math.min(longestSleep, Math.max(0, at - now())));
    timer.unref();
  }

  function ring(): void {
    timerAt = Number.POSITIVE_INFINITY;
    let next = Number.POSITIVE_INFINITY;
    for (const [key, at] of instants) {
      if (at > now()) next = Math.min(next, at);
      else {
        instants.delete(key);
        add(key);
      }
    }
    if (next < Number.POSITIVE_INFINITY) arm(next);
  }

  function take(): string | undefined {
    const preferResync = changes >= changesInARow;
    const lane: Lane = lanes.change.size === 0 || (preferResync && lanes.resync.size > 0) ? 'resync' : 'change';
    const key = lanes[lane].keys().next().value;
    if (key === undefined) return undefined;
    changes = lane === 'change' ? changes + 1 : 0;
    lanes[lane].delete(key);
    inWork.add(key);
    return key;
  }

  function done(key: string): void {
    inWork.delete(key);
    const lane = again.get(key);
    if (lane === undefined) return;
    again.delete(key);
    add(key, lane);
  }

  function oldestAge(): number {
    let oldest = now();
    // One that became a change while it waited for its resync has waited since then, and stands behind younger ones.
    for (const lane of Object.values(lanes)) for (const since of lane.values()) oldest = Math.min(oldest, since);
    return now() - oldest;
  }

  return {
    add,
    addAt,
    cancel: (key) => void instants.delete(key),
    take,
    done,
    clear() {
      for (const waiting of [lanes.change, lanes.resync, again, instants]) waiting.clear();
    },
    depth: () => lanes.change.size + lanes.resync.size,
    oldestAge,
    stop: () => clearTimeout(timer),
  };
}
