import { offsetAt } from '../../ledger/time-zone.ts';

/** An instant as the clocks of a timezone show it, with their offset: `2026-12-31T23:59:59+01:00` (the form of a pass's dates). */
export function localInstant(instant: Date, timezone: string): string {
  const time = instant.getTime();
  // Offsets of the nineteenth century have seconds, which this form has not.
  const minutes = Math.round(offsetAt(time, timezone) / 60_000);
  const local = new Date(time + minutes * 60_000).toISOString().slice(0, 19);
  const sign = minutes < 0 ? '-' : '+';
  return `${local}${sign}${twoDigits(Math.abs(minutes) / 60)}:${twoDigits(Math.abs(minutes) % 60)}`;
}

function twoDigits(value: number): string {
  return String(Math.trunc(value)).padStart(2, '0');
}
