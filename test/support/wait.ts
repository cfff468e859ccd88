import { setTimeout as sleep } from 'node:timers/promises';

export interface EventuallyOptions {
  /** What is waited for, in words that complete "waited 10 s for …". */
  describe: string;
  /** Seconds until the wait is given up; 10 when absent. */
  deadlineSeconds?: number;
  /** Milliseconds between two looks; 10 when absent. */
  intervalMilliseconds?: number;
}

/** What a check may return: nothing (it asserts), or a value, where `false` and `null` mean "not yet". */
type Settled<T> = Exclude<T, null | false>;

class NotYet extends Error {}

/**
 * Looks again and again until the check neither throws nor returns `false` or `null`, and gives its value back.
 * A check that asserts returns nothing. One that returns something-or-undefined does not compile, because a look
 * that found nothing must not count as found: write `found ?? null`.
 *
 * @throws Error at the deadline, with the last failure in the message and as `cause`; a look that hangs ends then too.
 */
export function eventually(check: () => void | Promise<void>, options: EventuallyOptions): Promise<void>;
export function eventually<T extends NonNullable<unknown> | null>(
  check: () => T | Promise<T>,
  options: EventuallyOptions,
): Promise<Settled<T>>;
export async function eventually<T>(
  check: () => T | Promise<T>,
  { describe, deadlineSeconds = 10, intervalMilliseconds = 10 }: EventuallyOptions,
): Promise<T> {
  const deadline = Date.now() + deadlineSeconds * 1000;
  for (;;) {
    const failure = await look(check, deadline - Date.now());
    if ('value' in failure) return failure.value;
    if (Date.now() + intervalMilliseconds >= deadline) {
      throw new Error(`waited ${deadlineSeconds} s for ${describe}; last: ${reasonOf(failure.error)}`, {
        cause: failure.error,
      });
    }
    await sleep(intervalMilliseconds);
  }
}

async function look<T>(check: () => T | Promise<T>, milliseconds: number): Promise<{ value: T } | { error: unknown }> {
  const hung = new AbortController();
  const limit = sleep(Math.max(milliseconds, 1), undefined, { signal: hung.signal }).then(() => {
    throw new NotYet('the look itself did not come back');
  });
  try {
    const value = await Promise.race([Promise.resolve().then(check), limit]);
    if (value === false || value === null) throw new NotYet(`the look returned ${String(value)}`);
    return { value };
  } catch (error) {
    return { error };
  } finally {
    hung.abort();
    limit.catch(() => {});
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
