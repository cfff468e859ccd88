import { z } from 'zod';
import { Problem } from '../problems.ts';

/** A parameter of a page's address that is one of these forms; undefined: it is not there. @throws Problem not-found */
export function parameter<T>(query: URLSearchParams, name: string, schema: z.ZodType<T>): T | undefined {
  const text = query.get(name);
  if (text === null) return undefined;
  const parsed = schema.safeParse(text);
  if (parsed.success) return parsed.data;
  throw new Problem('not-found', `There is no page with this "${name}". Go on from the overview.`);
}

export const uuid = z.uuid();

/** The address of the page with these parameters in place of what it had. */
export function addressWith(given: Readonly<Record<string, string | undefined>>): string {
  const pairs = Object.entries(given).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `?${new URLSearchParams(pairs).toString()}`;
}
