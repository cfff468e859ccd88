import { messageOf } from '../errors.ts';
import { type Log, logEvents } from '../log.ts';

export interface Task {
  name: string;
  /** Between the end of one turn and the begin of the next. */
  milliseconds: number;
  /**
   * @param stopping aborted: the process ends, and what can be left is to be left.
   * @returns `true`: it is done for ever.
   */
  turn: (stopping: AbortSignal) => Promise<boolean | void>;
}

export interface Housekeeping {
  /** Begins no further turn, and waits for those that run. */
  stop(): Promise<void>;
}

/** What is done beside requests, in turns; the first of each begins at once. A turn that fails is logged, and the next one tries again. */
export function startHousekeeping(tasks: readonly Task[], log: Log): Housekeeping {
  const stopping = new AbortController();
  const timers = new Map<string, NodeJS.Timeout>();
  const running = new Map<string, Promise<void>>();

  async function take({ name, milliseconds, turn }: Task): Promise<void> {
    let done: boolean | void = false;
    try {
      done = await turn(stopping.signal);
    } catch (error) {
      log.warn({ event: logEvents.apiBackgroundFailed, task: name, reason: messageOf(error) });
    }
    if (stopping.signal.aborted || done === true) return;
    timers.set(
      name,
      setTimeout(() => begin({ name, milliseconds, turn }), milliseconds),
    );
  }

  function begin(task: Task): void {
    running.set(task.name, take(task));
  }

  for (const task of tasks) begin(task);
  return {
    async stop() {
      stopping.abort();
      for (const timer of timers.values()) clearTimeout(timer);
      await Promise.all(running.values());
    },
  };
}
