/** The names of the IANA database that have no area. `PST`, `IST`, `ACT` and their like are not among them. */
const withoutArea =
  /^(UTC|UCT|GMT|GMT0|GMT[+-]0|Greenwich|Universal|Zulu|CET|EET|MET|WET|EST|MST|HST|EST5EDT|CST6CDT|MST7MDT|PST8PDT|Cuba|Egypt|Eire|GB|GB-Eire|Hongkong|Iceland|Iran|Israel|Jamaica|Japan|Kwajalein|Libya|Navajo|NZ|NZ-CHAT|Poland|Portugal|PRC|ROC|ROK|Singapore|Turkey|W-SU)$/;

/** Of the names with an area, those that ICU keeps although the IANA database has dropped them or never had them. */
const strangers = /^(SystemV\/|US\/Pacific-New$)/i;

/**
 * Whether this names a timezone of the IANA database that this Node.js knows. Narrower than `Intl`, on purpose:
 * - An offset such as `+02:00` is refused. A place changes its offset, so "end of day" would be wrong for half of the year; and PostgreSQL
 *   takes `+02:00` for POSIX, where it lies west of Greenwich, so that a report in SQL would be four hours off.
 * - An abbreviation such as `IST` is refused: India to ICU, Israel to PostgreSQL, Ireland to the Irish.
 */
export function isTimeZone(name: string): boolean {
  if (!withoutArea.test(name) && (!/^[a-z]+\//i.test(name) || strangers.test(name))) return false;
  try {
    return Boolean(new Intl.DateTimeFormat('en-US', { timeZone: name }));
  } catch {
    return false;
  }
}

/** One formatter a timezone: making one costs fifty times as much as using it. */
const formatters = new Map<string, Intl.DateTimeFormat>();

function formatterOf(timezone: string): Intl.DateTimeFormat {
  let formatter = formatters.get(timezone);
  if (formatter === undefined) {
    formatter = new Intl.DateTimeFormat('en-US', { timeZone: timezone, timeZoneName: 'longOffset' });
    formatters.set(timezone, formatter);
  }
  return formatter;
}

/**
 * What the clocks of a timezone are ahead of UTC at an instant. Both in milliseconds; local mean times of old have seconds.
 * @throws RangeError when the timezone or the instant is not one.
 */
export function offsetAt(instant: number, timezone: string): number {
  const text = formatterOf(timezone).format(instant);
  const [, sign, hours, minutes, seconds] = /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?$/.exec(text) ?? unreadable(text);
  if (sign === undefined) return 0;
  const magnitude = Number(hours) * 3_600_000 + Number(minutes) * 60_000 + Number(seconds ?? 0) * 1000;
  return sign === '-' ? -magnitude : magnitude;
}

function unreadable(text: string): never {
  throw new Error(
    `Intl wrote ${JSON.stringify(text)} where an offset as in "GMT+05:30" was expected: this Node.js lacks ICU's English`,
  );
}
