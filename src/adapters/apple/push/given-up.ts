/**
 * Runs what belongs to a signal when it is aborted. One listener serves all that wait for the same signal: a signal finds a
 * listener by going through all it has, which would be a thousand for each push.
 */
export class GivenUp {
  readonly #waiting = new Map<AbortSignal, Set<() => void>>();

  add(signal: AbortSignal, giveUp: () => void): void {
    const waiting = this.#waiting.get(signal);
    if (waiting) return void waiting.add(giveUp);
    this.#waiting.set(signal, new Set([giveUp]));
    signal.addEventListener('abort', this.#abort);
  }

  delete(signal: AbortSignal, giveUp: () => void): void {
    const waiting = this.#waiting.get(signal);
    if (!waiting?.delete(giveUp) || waiting.size > 0) return;
    this.#waiting.delete(signal);
    signal.removeEventListener('abort', this.#abort);
  }

  readonly #abort = ({ target }: Event): void => {
    for (const giveUp of this.#waiting.get(target as AbortSignal) ?? []) giveUp();
  };
}
