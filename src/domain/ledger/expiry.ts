import { day, instantOf, lastInstantOf } from './local-time.ts';
import type { ExpiryTerms } from './posting.ts';
import { offsetAt } from './time-zone.ts';

/**
 * When points expire whose period begins at `base`; null: never. The local date and time of `base` in the merchant's timezone, as many
 * calendar days later; a time that clocks skip is later by the gap. Rounded, it is the last millisecond of that local day or month: also
 * where midnight is skipped, and where clocks set back over midnight make a day come again, no point is gone before the day is over.
 * @throws RangeError when the timezone is not one, or the instant lies beyond what a Date holds (the year 275760).
 */
export function expiryInstant(base: Date, terms: ExpiryTerms, timezone: string): Date | null {
  if (terms.mode === 'none') return null;
  const offset = offsetAt(base.getTime(), timezone);
  const instant = instantOf(base.getTime() + offset + terms.days * day, timezone, offset);
  if (terms.rounding === 'none') return new Date(instant);
  const local = instant + offsetAt(instant, timezone);
  return new Date(lastInstantOf(terms.rounding === 'end_of_day' ? endOfDay(local) : endOfMonth(local), timezone));
}

function endOfDay(local: number): number {
  return new Date(local).setUTCHours(23, 59, 59, 999);
}

function endOfMonth(local: number): number {
  const date = new Date(local);
  return endOfDay(date.setUTCMonth(date.getUTCMonth() + 1, 0));
}
