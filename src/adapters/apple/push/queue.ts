/** Things that wait in the order in which they came, but for those that have waited before. */
export class Queue<T> {
  #items: T[] = [];
  #taken = 0;

  get size(): number {
    return this.#items.length - this.#taken;
  }

  add(item: T): void {
    this.#items.push(item);
  }

  /** Before all others. */
  addFirst(item: T): void {
    if (this.#taken > 0) this.#items[--this.#taken] = item;
    else this.#items.unshift(item);
  }

  take(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.#items[this.#taken++];
    // What was taken is let go of now and then: shift() would move all that wait, each time.
    if (this.#taken > 1_024 && this.#taken * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#taken);
      this.#taken = 0;
    }
    return item;
  }

  takeAll(): T[] {
    const all = this.#items.slice(this.#taken);
    this.#items = [];
    this.#taken = 0;
    return all;
  }
}
