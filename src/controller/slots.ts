/** Does work when its turn comes. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>;

/** At most so many at a time; the others wait in the order of their calls. */
export function createSlots(limit: number): Slots {
  const waiting: (() => void)[] = [];
  let free = limit;

  return async function inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      // Handed on, so that nobody who comes meanwhile gets in before.
      if (next) next();
      else free += 1;
    }
  };
}
