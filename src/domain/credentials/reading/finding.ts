import { sourceReasons, type SourceReason } from '../reasons.ts';

/** Why a source is not accepted: what a check returns when it fails. */
export interface Finding {
  reason: SourceReason;
  message: string;
  /** RFC 3339: when the same source may pass. */
  retryAt?: string;
}

/** Something that was read, or why it could not be. Bad data is a finding, never an exception. */
export type Reading<T> = { value: T } | { finding: Finding };

export function found<T>(value: T): Reading<T> {
  return { value };
}

export function refuse(reason: SourceReason, message: string): { finding: Finding } {
  return { finding: { reason, message } };
}

const order = Object.keys(sourceReasons);

/** Of several findings the one whose check comes first; of two with the same reason the first. */
export function earliest(findings: readonly Finding[]): Finding | undefined {
  return findings.toSorted((one, other) => order.indexOf(one.reason) - order.indexOf(other.reason))[0];
}

/** Every value of several readings, or the finding that comes first: one file's flaw does not hide another's that counts before it. */
export function together<T extends object>(readings: { [Name in keyof T]: Reading<T[Name]> }): Reading<T> {
  const values: Partial<T> = {};
  const findings: Finding[] = [];
  for (const name of Object.keys(readings) as (keyof T)[]) {
    const reading = readings[name];
    if ('finding' in reading) findings.push(reading.finding);
    else values[name] = reading.value;
  }
  const finding = earliest(findings);
  // Without a finding each name has its value.
  return finding ? { finding } : found(values as T);
}
