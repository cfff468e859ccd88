import { isDeepStrictEqual } from 'node:util';

/** What a change changes, for the audit: `{ name: { from: 'A', to: 'B' } }`; fields that stay as they are are left out. */
export function changedFields<Row extends object>(
  before: Row,
  change: Partial<Row>,
): Record<string, { from: unknown; to: unknown }> {
  const names = Object.keys(change) as (keyof Row & string)[];
  return Object.fromEntries(
    names
      .filter((name) => !isDeepStrictEqual(change[name], before[name]))
      .map((name) => [name, { from: before[name], to: change[name] }]),
  );
}
