import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DateTime } from 'luxon';
import { expiryInstant } from '../../../src/domain/ledger/expiry.ts';
import type { ExpiryTerms } from '../../../src/domain/ledger/posting.ts';
import { scannedExpiry } from './minute-scan.ts';
import { clockChanges, databaseTimezones } from './timezones.ts';

type Rounding = Exclude<ExpiryTerms, { mode: 'none' }>['rounding'];
const roundings: Rounding[] = ['none', 'end_of_day', 'end_of_month'];
const day = 86_400_000;

function luxonExpiry(base: number, days: number, rounding: Rounding, timezone: string): number {
  const local = DateTime.fromMillis(base, { zone: timezone }).plus({ days });
  if (rounding === 'none') return local.toMillis();
  return local.endOf(rounding === 'end_of_day' ? 'day' : 'month').toMillis();
}

/**
 * Equal to Luxon; where it is not, equal to the scan. They part where a local time comes twice, and Luxon's first guess at an offset is one
 * of the two: for the end of a day in Havana or on the Azores it takes the second of two midnights, so that 00:59:59.999 of the next day comes out.
 * @returns whether they part.
 */
function assertExpiry(base: number, days: number, rounding: Rounding, timezone: string): boolean {
  const terms = { mode: 'fixed' as const, days, rounding };
  const expiry = expiryInstant(new Date(base), terms, timezone)?.getTime();
  const luxon = luxonExpiry(base, days, rounding, timezone);
  if (expiry === luxon) return false;
  const told = `${timezone}: ${new Date(base).toISOString()} + ${days} days, ${rounding}; Luxon: ${new Date(luxon).toISOString()}`;
  assert.equal(expiry, scannedExpiry(base, terms, timezone), told);
  return true;
}

function expiry(base: string, days: number, rounding: Rounding, timezone: string): string | undefined {
  return expiryInstant(new Date(base), { mode: 'fixed', days, rounding }, timezone)?.toISOString();
}

describe('the expiry instant', () => {
  it('is null when a program has none', () => {
    assert.equal(expiryInstant(new Date(), { mode: 'none' }, 'Europe/Berlin'), null);
  });

  // prettier-ignore
  const cases: [what: string, timezone: string, base: string, days: number, rounding: Rounding, expected: string][] = [
    ['keeps the local time over the change to summer time', 'Europe/Berlin', '2026-03-28T11:00:00Z', 1, 'none', '2026-03-29T10:00:00.000Z'],
    ['keeps the local time over the change to winter time', 'Europe/Berlin', '2026-10-24T10:00:00Z', 1, 'none', '2026-10-25T11:00:00.000Z'],
    ['is later by the gap at a time that is skipped', 'Europe/Berlin', '2026-03-28T01:30:00Z', 1, 'none', '2026-03-29T01:30:00.000Z'],
    ['takes the first of two, coming from summer', 'Europe/Berlin', '2026-10-24T00:30:00Z', 1, 'none', '2026-10-25T00:30:00.000Z'],
    ['takes the second of two, coming from winter', 'Europe/Berlin', '2025-12-01T01:30:00Z', 328, 'none', '2026-10-25T01:30:00.000Z'],
    ['ends a day of 23 hours', 'Europe/Berlin', '2026-03-28T12:00:00Z', 1, 'end_of_day', '2026-03-29T21:59:59.999Z'],
    ['ends a day of 25 hours', 'Europe/Berlin', '2026-10-24T12:00:00Z', 1, 'end_of_day', '2026-10-25T22:59:59.999Z'],
    ['ends the local day, not that of UTC', 'America/New_York', '2026-01-02T03:00:00Z', 1, 'end_of_day', '2026-01-03T04:59:59.999Z'],
    ['reaches the leap day', 'Europe/Berlin', '2027-02-28T11:00:00Z', 366, 'end_of_day', '2028-02-29T22:59:59.999Z'],
    ['ends February in a leap year', 'Europe/Berlin', '2028-01-15T11:00:00Z', 17, 'end_of_month', '2028-02-29T22:59:59.999Z'],
    ['ends February in no leap year', 'Europe/Berlin', '2100-01-15T11:00:00Z', 17, 'end_of_month', '2100-02-28T22:59:59.999Z'],
    ['ends the year', 'Asia/Tokyo', '2026-11-30T15:00:00Z', 0, 'end_of_month', '2026-12-31T14:59:59.999Z'],
    ['takes the last day of a month as it is', 'Asia/Tokyo', '2026-01-30T15:00:00Z', 0, 'end_of_month', '2026-01-31T14:59:59.999Z'],
    ['reaches far years', 'Europe/Berlin', '9999-12-30T22:30:00Z', 1, 'end_of_day', '9999-12-31T22:59:59.999Z'],
    ['reaches years of five digits', 'Europe/Berlin', '9999-12-31T22:30:00Z', 1, 'end_of_month', '+010000-01-31T22:59:59.999Z'],
    ['knows clocks that move by half an hour', 'Australia/Lord_Howe', '2026-10-03T01:00:00Z', 1, 'none', '2026-10-04T00:30:00.000Z'],
    ['knows clocks that move by two hours', 'Antarctica/Troll', '2026-03-28T12:00:00Z', 1, 'none', '2026-03-29T10:00:00.000Z'],
    ['is after a midnight that is skipped', 'Africa/Cairo', '2026-04-22T22:30:00Z', 1, 'none', '2026-04-23T22:30:00.000Z'],
    ['ends the day before a midnight that is skipped', 'Africa/Cairo', '2026-04-22T12:00:00Z', 1, 'end_of_day', '2026-04-23T21:59:59.999Z'],
    ['ends the day before a midnight that is skipped', 'Asia/Beirut', '2026-03-27T12:00:00Z', 1, 'end_of_day', '2026-03-28T21:59:59.999Z'],
    ['ends a day whose last hour comes twice', 'Asia/Beirut', '2026-10-23T12:00:00Z', 1, 'end_of_day', '2026-10-24T21:59:59.999Z'],
    ['ends the day before a midnight that is skipped', 'America/Santiago', '2026-09-04T12:00:00Z', 1, 'end_of_day', '2026-09-06T03:59:59.999Z'],
    ['ends a day whose last hour comes twice', 'America/Santiago', '2026-04-03T12:00:00Z', 1, 'end_of_day', '2026-04-05T03:59:59.999Z'],
    ['ends the day before a midnight that is skipped', 'America/Asuncion', '2023-09-30T12:00:00Z', 0, 'end_of_day', '2023-10-01T03:59:59.999Z'],
    ['ends the day before a midnight that is skipped', 'Atlantic/Azores', '2026-03-27T12:00:00Z', 1, 'end_of_day', '2026-03-29T00:59:59.999Z'],
    ['ends the day before the first of two midnights', 'Atlantic/Azores', '2026-10-24T12:00:00Z', 0, 'end_of_day', '2026-10-24T23:59:59.999Z'],
    ['ends the day before the first of two midnights', 'America/Havana', '2026-10-31T12:00:00Z', 0, 'end_of_month', '2026-11-01T03:59:59.999Z'],
    ['ends a day whose last hour comes twice', 'America/Sao_Paulo', '2018-02-17T12:00:00Z', 0, 'end_of_day', '2018-02-18T02:59:59.999Z'],
    ['is after a midnight that is skipped', 'America/Sao_Paulo', '2018-11-03T03:00:00Z', 1, 'none', '2018-11-04T03:00:00.000Z'],
    ['ends a day that begins again after midnight', 'America/St_Johns', '2010-11-06T12:00:00Z', 0, 'end_of_day', '2010-11-07T03:29:59.999Z'],
    ['ends a day that begins again after two hours', 'Antarctica/Casey', '2010-03-04T01:00:00Z', 0, 'end_of_day', '2010-03-04T15:59:59.999Z'],
    ['steps over a day that never was', 'Pacific/Apia', '2011-12-29T22:00:00Z', 1, 'none', '2011-12-30T22:00:00.000Z'],
    ['ends the day after a day that never was', 'Pacific/Apia', '2011-12-29T22:00:00Z', 1, 'end_of_day', '2011-12-31T09:59:59.999Z'],
    ['ends the day before a day that never was', 'Pacific/Apia', '2011-12-29T22:00:00Z', 0, 'end_of_day', '2011-12-30T09:59:59.999Z'],
    ['ends the day before a midnight skipped from 23:30', 'America/Toronto', '1919-03-30T12:00:00Z', 0, 'end_of_day', '1919-03-31T04:29:59.999Z'],
    ['knows offsets with seconds', 'Africa/Monrovia', '1970-01-01T12:00:00Z', 1, 'end_of_day', '1970-01-03T00:44:29.999Z'],
    ['knows local mean time', 'Europe/Berlin', '1880-01-01T12:00:00Z', 1, 'end_of_day', '1880-01-02T23:06:31.999Z'],
  ];
  for (const [what, timezone, base, days, rounding, expected] of cases) {
    it(`${what} (${timezone}, ${rounding})`, () => assert.equal(expiry(base, days, rounding, timezone), expected));
  }

  it('says that a period reaches beyond what a Date holds, and that a timezone is none', () => {
    assert.throws(() => expiry('2026-01-01T00:00:00Z', 1e8, 'none', 'UTC'), RangeError);
    assert.throws(() => expiry('2026-01-01T00:00:00Z', 1, 'none', 'Mars/Olympus'), RangeError);
  });
});

/** A sample: among them the years of a day that was skipped, of summer time twice a year and of its end. All since 2010 in `make soak`. */
const years = process.env['SOAK'] !== '1' ? [2010, 2011, 2014, 2022, 2026] : range(2010, 2037);

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

describe('the expiry instant, beside Luxon', function () {
  this.timeout(60_000);
  const timezones = Intl.supportedValuesOf('timeZone');
  const names = [...new Set([...timezones, ...databaseTimezones()])];

  it('is the same around every change of clocks of every timezone', () => {
    const changes = timezones.flatMap((timezone) =>
      years.flatMap((year) => clockChanges(timezone, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1))),
    );
    let disputed = 0;
    for (const [index, { timezone, at, before, after }] of changes.entries()) {
      const days = [1, 30, 90, 365, 730][index % 5] ?? 1;
      const offset = DateTime.fromMillis(at - days * day, { zone: timezone }).offset * 60_000;
      for (const local of [at + before, at + (before + after) / 2, at + after - 1]) {
        for (const rounding of roundings)
          disputed += Number(assertExpiry(local - days * day - offset, days, rounding, timezone));
      }
    }
    assert.ok(changes.length > 250 * years.length, `clocks changed only ${changes.length} times`);
    assert.ok(disputed < 0.01 * 9 * changes.length, `Luxon had another opinion ${disputed} times`);
  });

  it('is the same on leap days and at ends of months, by every name', () => {
    assert.ok(names.length > 590, `only ${names.length} names`);
    for (const [index, timezone] of names.entries()) {
      const days = [1, 365, 366, 1461][index % 4] ?? 1;
      for (const date of [
        '2027-12-31',
        '2028-02-28',
        '2028-02-29',
        '2028-03-01',
        '2030-04-30',
        '2036-02-29',
        '2100-02-28',
      ]) {
        for (const rounding of roundings)
          assertExpiry(Date.parse(`${date}T12:30:00Z`) - days * day, days, rounding, timezone);
      }
    }
  });

  it('is the same at any instant, by every name', () => {
    const property = fc.property(
      fc.constantFrom(...names),
      fc.integer({ min: Date.UTC(1975, 0, 1), max: Date.UTC(2200, 0, 1) }),
      fc.integer({ min: 1, max: 3660 }),
      fc.constantFrom(...roundings),
      (timezone, base, days, rounding) => void assertExpiry(base, days, rounding, timezone),
    );
    fc.assert(property, { numRuns: process.env['SOAK'] !== '1' ? 10_000 : 200_000 });
  });
});
