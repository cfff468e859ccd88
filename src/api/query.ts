import { invalidRequest, type RequestMistake } from './problems.ts';

/**
 * The parameters of a query string.
 * @throws Problem invalid-request when it is not percent-encoded UTF-8, or a parameter occurs twice.
 */
export function parseQuery(query: string): Record<string, string> {
  if (query === '') return {};
  if (!isDecodable(query)) throw invalidRequest([{ parameter: '', detail: 'the query must be percent-encoded UTF-8' }]);
  const pairs = [...new URLSearchParams(query)];
  const names = new Set<string>();
  const mistakes: RequestMistake[] = [];
  for (const [name] of pairs) {
    if (names.has(name)) mistakes.push({ parameter: name, detail: 'must occur once' });
    names.add(name);
  }
  if (mistakes.length > 0) throw invalidRequest(mistakes);
  return Object.fromEntries(pairs);
}

/** URLSearchParams puts U+FFFD in place of what it cannot decode. */
function isDecodable(query: string): boolean {
  try {
    decodeURIComponent(query);
    return true;
  } catch {
    return false;
  }
}
