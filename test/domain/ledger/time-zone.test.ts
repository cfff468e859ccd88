import assert from 'node:assert/strict';
import { isTimeZone, offsetAt } from '../../../src/domain/ledger/time-zone.ts';
import { databaseTimezones } from './timezones.ts';

describe('isTimeZone', () => {
  it('takes every timezone of Intl', () => {
    assert.deepEqual(
      Intl.supportedValuesOf('timeZone').filter((name) => !isTimeZone(name)),
      [],
    );
  });

  it('takes every name of the timezone database that PostgreSQL brings', () => {
    const names = databaseTimezones();
    assert.ok(names.length > 590, `only ${names.length} names`);
    assert.deepEqual(
      names.filter((name) => !isTimeZone(name)),
      [],
    );
  });

  const refused: [why: string, names: string[]][] = [
    ['offsets', ['+02:00', '-05:30', '+0200', 'GMT+2', 'UTC+2', 'UTC+02:00']],
    ['abbreviations, which mean one thing here and another there', ['IST', 'ACT', 'PST', 'JST', 'CST', 'BST']],
    ['names that the database has dropped', ['SystemV/PST8', 'US/Pacific-New']],
    [
      'what names no place',
      [
        '',
        ' ',
        'Z',
        'local',
        'localtime',
        'Factory',
        'Etc/Unknown',
        'Mars/Olympus',
        'Europe',
        'Europe/',
        'constructor',
      ],
    ],
    [
      'names with something around them',
      [' Europe/Berlin', 'Europe/Berlin ', 'Europe/Berlin\0', 'Europe/Berlin\n', "Europe/Berlin'; --"],
    ],
  ];
  for (const [why, names] of refused) {
    it(`refuses ${why}`, () => assert.deepEqual(names.filter(isTimeZone), []));
  }
});

describe('offsetAt', () => {
  const cases: [timezone: string, instant: string, hours: number][] = [
    ['UTC', '2026-07-01T00:00:00Z', 0],
    ['Africa/Abidjan', '2026-07-01T00:00:00Z', 0],
    ['Europe/Berlin', '2026-03-29T00:59:59.999Z', 1],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', 2],
    ['Asia/Kathmandu', '2026-07-01T00:00:00Z', 5.75],
    ['America/St_Johns', '2026-01-01T00:00:00Z', -3.5],
    ['Pacific/Kiritimati', '2026-01-01T00:00:00Z', 14],
    ['Africa/Monrovia', '1970-01-01T00:00:00Z', -(44 * 60 + 30) / 3600],
    ['Asia/Manila', '1800-01-01T00:00:00Z', -(15 * 3600 + 56 * 60 + 8) / 3600],
    ['Europe/Berlin', '+012026-07-01T00:00:00Z', 2],
  ];
  for (const [timezone, instant, hours] of cases) {
    it(`${timezone} at ${instant}`, () =>
      assert.equal(offsetAt(Date.parse(instant), timezone), Math.round(hours * 3_600_000)));
  }
});
