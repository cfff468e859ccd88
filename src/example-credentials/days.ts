const day = 86_400_000;

/** `count` days (24 h, UTC) after an instant, cut to whole seconds, because X.509 knows no fractions. */
export function daysAfter(instant: Date, count: number): Date {
  return new Date(Math.floor((instant.getTime() + count * day) / 1000) * 1000);
}
