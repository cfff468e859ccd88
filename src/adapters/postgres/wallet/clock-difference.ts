/** The local monotonic clock (`performance.now()`) against the database's, in milliseconds. */
export interface ClockDifference {
  /** Takes in what the database's clock said in answer to a question sent and answered at these local instants. */
  observe(sent: number, now: number, received: number): void;
  /** A local instant for one of the database. */
  local(instant: number): number;
}

/**
 * Each answer says between which bounds the difference lies; those of all answers together are narrower. When an answer contradicts
 * them, one of the clocks was set or has drifted, and it begins anew.
 */
export function createClockDifference(): ClockDifference {
  let least = -Infinity;
  let most = Infinity;
  return {
    observe(sent, now, received) {
      const bounds = [Math.max(least, now - received), Math.min(most, now - sent)] as const;
      [least, most] = bounds[0] <= bounds[1] ? bounds : [now - received, now - sent];
    },
    local: (instant) => instant - (least + most) / 2,
  };
}
