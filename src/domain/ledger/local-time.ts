import { offsetAt } from './time-zone.ts';

// A local time is a number here: the milliseconds of the UTC instant that would show the same date and time.

export const day = 86_400_000;

/**
 * The instants at which the clocks of a timezone show a local time, in order: one; two when clocks were set back over it; none when they
 * were set forward over it. Offsets are within a day of UTC, so the offsets a day before and after are the ones that can apply.
 */
function instantsShowing(local: number, timezone: string): number[] {
  const [before, after] = offsetsAround(local, timezone);
  if (before === after) return [local - before];
  return [local - before, local - after]
    .filter((instant) => instant + offsetAt(instant, timezone) === local)
    .toSorted((one, other) => one - other);
}

function offsetsAround(local: number, timezone: string): [before: number, after: number] {
  return [offsetAt(local - day, timezone), offsetAt(local + day, timezone)];
}

/**
 * The instant of a local time that was reached from another by calendar arithmetic. As java.time's ZonedDateTime and Luxon have it: a time
 * that comes twice keeps the offset it was reached from if it can, else it is the first; a time that never comes is later by the gap.
 */
export function instantOf(local: number, timezone: string, offset: number): number {
  const kept = local - offset;
  if (offsetAt(kept, timezone) === offset) return kept;
  return instantsShowing(local, timezone)[0] ?? local - offsetsAround(local, timezone)[0];
}

/** The last instant at which the clocks show this local time or, when they never do, an earlier one. */
export function lastInstantOf(local: number, timezone: string): number {
  return instantsShowing(local, timezone).at(-1) ?? lastBeforeGap(local, timezone);
}

function lastBeforeGap(local: number, timezone: string): number {
  const [before, after] = offsetsAround(local, timezone);
  let [last, first] = [local - after, local - before];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetAt(middle, timezone) === before) last = middle;
    else first = middle;
  }
  return last;
}
