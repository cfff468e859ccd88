const dayMilliseconds = 24 * 60 * 60 * 1_000;

/** RFC 3339 UTC with whole seconds, as Kubernetes writes instants. */
export function kubernetesTime(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}

/** A day is 24 hours: certificates and alerts count instants, not calendar days. */
export function addDays(instant: string | Date, days: number): Date {
  return new Date(new Date(instant).getTime() + days * dayMilliseconds);
}

/** As in `3 days`, `1 hour`, `90 minutes`: exact, in the largest unit that fits; of whole minutes. */
export function describeSpan(milliseconds: number): string {
  const minutes = milliseconds / 60_000;
  const units: [string, number][] = [
    ['day', 24 * 60],
    ['hour', 60],
  ];
  const [unit, size] = units.find(([, size]) => minutes % size === 0) ?? ['minute', 1];
  const count = minutes / size;
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
