import type { ExpiryTerms } from '../domain/ledger/posting.ts';

export const day = 86_400_000;

/**
 * How long after its base a lot is surely open (less than `early`), or surely expired and zeroed by a nightly job (more than
 * `late`), in milliseconds, whatever the date, the timezone and the rounding. What the world is made of is not decided in
 * between: else the same seed would make other lots at the end of a month, or when clocks change.
 */
export interface Period {
  early: number;
  late: number;
}

const roundedBy = { none: 0.2, end_of_day: 1.2, end_of_month: 32.2 } as const;

export function periodOf(terms: ExpiryTerms): Period {
  if (terms.mode === 'none') return { early: Infinity, late: Infinity };
  return { early: (terms.days - 1.2) * day, late: (terms.days + roundedBy[terms.rounding] + 1.1) * day };
}

export function isClear({ early, late }: Period, age: number): boolean {
  return age < early || age > late;
}
