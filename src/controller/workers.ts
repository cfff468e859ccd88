import { ApiError, isConflict, isUnavailable } from '../adapters/kubernetes/api-error.ts';
import { backoff, pause, type Random } from '../adapters/kubernetes/backoff.ts';
import { NotLeadingError } from './write.ts';
import { createQueue, type Queue } from './queue.ts';

/** How a reconcile ended; the label of loyalty_controller_reconcile_total. */
export type ReconcileResult = 'success' | 'conflict' | 'unavailable' | 'error' | 'deadline';

export interface WorkersOptions {
  /** Works on one key; the signal aborts at the deadline and when the work must stop. Answers when it wants to be called again. */
  reconcile(key: string, signal: AbortSignal): Promise<{ wakeAt?: Date }>;
  onResult(key: string, result: ReconcileResult, seconds: number, error?: unknown): void;
  concurrency?: number;
  deadlineMilliseconds?: number;
  random?: Random;
}

export interface Workers {
  queue: Queue;
  /** Begins to work on what is queued. */
  start(): void;
  /** Takes no new key; what is in work may end within the grace, and is aborted then. Resolves half a second later at the latest. */
  stop(graceMilliseconds: number): Promise<void>;
  /** When each key in work was begun, in milliseconds of the epoch. */
  inProgress(): ReadonlyMap<string, number>;
}

const failureBase = 1_000;
const failureLimit = 5 * 60_000;
const conflictBase = 50;
const conflictLimit = 5_000;
/** While the API server is away every worker waits so long between tries, or as long as it asks; the keys keep their place. */
const unavailablePause = 1_000;
const longestRetryAfter = 30_000;
/** What was aborted gets so long to notice. */
const abandonAfter = 500;

/** A few loops that take keys from the queue. A failing key backs off alone; an API server that is away holds all of them. */
export function createWorkers(options: WorkersOptions): Workers {
  const { concurrency = 16, deadlineMilliseconds = 30_000 } = options;
  const random = options.random ?? Math.random;
  const inProgress = new Map<string, number>();
  const failures = new Map<string, number>();
  const idle: (() => void)[] = [];
  let running = new AbortController();
  let loops: Promise<void>[] = [];
  let accepting = false;
  const queue = createQueue({ now: Date.now, onReady: () => idle.pop()?.() });

  function wake(): void {
    for (const resume of idle.splice(0)) resume();
  }

  async function work(key: string, abort: AbortSignal): Promise<void> {
    const begun = Date.now();
    inProgress.set(key, begun);
    const deadline = AbortSignal.timeout(deadlineMilliseconds);
    try {
      const { wakeAt } = await options.reconcile(key, AbortSignal.any([abort, deadline]));
      failures.delete(key);
      queue.cancel(key);
      // What is not taken up any more must not wait in the queue of a standby.
      if (wakeAt && accepting) queue.addAt(key, wakeAt);
      options.onResult(key, 'success', (Date.now() - begun) / 1_000);
    } catch (error) {
      if (abort.aborted) return;
      const result = resultOf(error, deadline);
      options.onResult(key, result, (Date.now() - begun) / 1_000, error);
      if (accepting) await retry(key, result, error, abort);
    } finally {
      inProgress.delete(key);
      queue.done(key);
    }
  }

  async function retry(key: string, result: ReconcileResult, error: unknown, abort: AbortSignal): Promise<void> {
    if (result === 'unavailable') {
      queue.add(key);
      await pause(Math.max(unavailablePause * (0.5 + random() / 2), retryAfter(error)), abort);
      return;
    }
    const count = failures.get(key) ?? 0;
    failures.set(key, count + 1);
    const conflict = result === 'conflict';
    const wait = backoff(count, conflict ? conflictBase : failureBase, conflict ? conflictLimit : failureLimit, random);
    queue.addAt(key, new Date(Date.now() + wait));
  }

  async function loop(abort: AbortSignal): Promise<void> {
    while (accepting && !abort.aborted) {
      const key = queue.take();
      if (key === undefined) await new Promise<void>((resolve) => idle.push(resolve));
      else await work(key, abort);
    }
  }

  async function stop(graceMilliseconds: number): Promise<void> {
    accepting = false;
    wake();
    const current = running;
    const ended = new AbortController();
    const ending = Promise.all(loops).then(() => ended.abort());
    if (graceMilliseconds > 0) await pause(graceMilliseconds, ended.signal);
    current.abort(new Error('stopping'));
    // What does not heed the signal is left behind: without the lease it cannot write.
    await Promise.race([ending, pause(abandonAfter, ended.signal)]);
  }

  return {
    queue,
    start() {
      if (accepting) return;
      accepting = true;
      running = new AbortController();
      const { signal } = running;
      loops = Array.from({ length: concurrency }, () => loop(signal));
    },
    stop,
    inProgress: () => inProgress,
  };
}

/** Milliseconds. */
function retryAfter(error: unknown): number {
  const seconds = error instanceof ApiError ? (error.retryAfterSeconds ?? 0) : 0;
  return Math.min(seconds * 1_000, longestRetryAfter);
}

function resultOf(error: unknown, deadline: AbortSignal): ReconcileResult {
  if (deadline.aborted) return 'deadline';
  if (isConflict(error)) return 'conflict';
  return isUnavailable(error) || error instanceof NotLeadingError ? 'unavailable' : 'error';
}
