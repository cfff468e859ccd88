/** A class or object as a PATCH sends it: null takes a member away, and its id is in the address. */
export function forPatch<T extends { id: string }>(resource: T): Omit<T, 'id'> {
  const { id: _, ...members } = resource;
  return members;
}

/** As it is created: without what it has not. */
export function forInsert<T extends object>(resource: T): T {
  return stripped(resource) as T;
}

function stripped(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripped);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return Object.fromEntries(members.map(([name, member]) => [name, stripped(member)]));
}
