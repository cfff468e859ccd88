export type Random = () => number;

/** Exponential backoff with jitter: between half and all of `base · 2^attempt`, at most `limit`. Milliseconds. */
export function backoff(attempt: number, base: number, limit: number, random: Random): number {
  const full = Math.min(limit, base * 2 ** Math.min(attempt, 30));
  return Math.round(full * (0.5 + random() / 2));
}

/** Resolves after that many milliseconds, or at once (without an error) when the signal aborts. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener('abort', done, { once: true });
  });
}
