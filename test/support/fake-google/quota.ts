/** How many requests an issuer may send in any second. */
export class Quota {
  readonly perSecond: number;
  /** Milliseconds of the requests of the last second; those that were refused do not count. */
  readonly #taken: number[] = [];
  #oldest = 0;
  /** Requests that were refused. */
  refused = 0;

  constructor(perSecond: number) {
    this.perSecond = perSecond;
  }

  take(now = performance.now()): boolean {
    while ((this.#taken[this.#oldest] ?? now) <= now - 1_000) this.#oldest += 1;
    if (this.#oldest > 10_000) {
      this.#taken.splice(0, this.#oldest);
      this.#oldest = 0;
    }
    const fits = this.#taken.length - this.#oldest < this.perSecond;
    if (fits) this.#taken.push(now);
    else this.refused += 1;
    return fits;
  }
}
