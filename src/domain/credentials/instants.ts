const dayMilliseconds = 24 * 60 * 60 * 1_000;

/** RFC 3339 UTC with whole seconds, as Kubernetes writes instants. */
export function kubernetesTime(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

/** A day is 24 hours: certificates and alerts count instants, not calendar days. */
export function addDays(instant: string | Date, days: number): Date {
  return new Date(new Date(instant).getTime() + days * dayMilliseconds);
}

/** As in `3 days`, `1 day`, `5 hours`; of a positive span. */
export function describeSpan(milliseconds: number): string {
  const units: [string, number][] = [
    ['day', dayMilliseconds],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ];
  for (const [unit, size] of units) {
    const count = Math.floor(milliseconds / size);
    if (count >= 1) return `${count} ${unit}${count === 1 ? '' : 's'}`;
  }
  return 'less than a minute';
}
