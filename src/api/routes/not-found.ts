import { Problem } from '../problems.ts';

/**
 * The row, or a 404 that names what was looked for. Another merchant's object is answered exactly as one that does not exist.
 * @param kind for people: `merchant`, `card` …
 */
export function found<Row>(row: Row | undefined | null, kind: string, id: string): Row {
  if (row !== undefined && row !== null) return row;
  throw new Problem('not-found', `There is no ${kind} ${id} that this API key may see.`);
}
