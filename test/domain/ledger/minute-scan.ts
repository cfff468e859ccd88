import type { ExpiryTerms } from '../../../src/domain/ledger/posting.ts';

// A second calculation that shares nothing with the first: it looks at the clock of every minute. Slow, and hard to get wrong.

const day = 86_400_000;
const hour = 3_600_000;
const minute = 60_000;
const clocks = new Map<string, Intl.DateTimeFormat>();

/** What the clocks of a timezone show, to the minute, as milliseconds of a UTC that shows the same. */
function shown(instant: number, timezone: string): number {
  let clock = clocks.get(timezone);
  if (clock === undefined) {
    clock = new Intl.DateTimeFormat('sv-SE', { timeZone: timezone, dateStyle: 'short', timeStyle: 'short' });
    clocks.set(timezone, clock);
  }
  return Date.parse(`${clock.format(instant).replace(' ', 'T')}Z`);
}

/** Offsets are within 14 hours, and no gap is longer than a day. */
function minutesAround(local: number): number[] {
  const start = Math.floor(local / minute) * minute - 26 * hour;
  return Array.from({ length: (52 * hour) / minute }, (_, index) => start + index * minute);
}

/** The expiry instant by its definition. For timezones whose offsets are whole minutes. */
export function scannedExpiry(base: number, terms: Exclude<ExpiryTerms, { mode: 'none' }>, timezone: string): number {
  const local = shown(base, timezone) + (base % minute) + terms.days * day;
  const instant = calendarInstant(local, timezone, shown(base, timezone) - Math.floor(base / minute) * minute);
  if (terms.rounding === 'none') return instant;
  const date = new Date(shown(instant, timezone));
  const [month, dayOfMonth] = terms.rounding === 'end_of_day' ? [0, date.getUTCDate() + 1] : [1, 1];
  const next = Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + month, dayOfMonth);
  const within = minutesAround(next).filter((time) => shown(time, timezone) < next);
  return Math.max(...within) + minute - 1;
}

/** Shown once: then. Twice: with the offset of the base, else the first time. Never: as long after the gap's begin as in it. */
function calendarInstant(local: number, timezone: string, offset: number): number {
  const wanted = Math.floor(local / minute) * minute;
  const times = minutesAround(local).filter((time) => shown(time, timezone) === wanted);
  const time = times.find((candidate) => wanted - candidate === offset) ?? times[0];
  if (time !== undefined) return time + (local - wanted);
  const last = Math.max(...minutesAround(local).filter((candidate) => shown(candidate, timezone) < wanted));
  return last + (local - shown(last, timezone));
}
