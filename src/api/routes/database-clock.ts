import { raw, type RawBuilder } from 'objection';

/** The instant to write: the one that stands in for the clock, else the database's, to the millisecond. */
export function instantOrClock(now: Date | undefined): Date | RawBuilder {
  return now ?? raw("date_trunc('milliseconds', clock_timestamp())");
}
