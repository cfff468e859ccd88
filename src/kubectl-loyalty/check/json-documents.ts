import type { Reading } from './documents.ts';

/**
 * The objects of a stream of JSON, as `jq -c '.items[]'` writes it; undefined when it is not one, and may be YAML that begins
 * with a brace.
 */
export function jsonDocuments(text: string, file: string): Reading | undefined {
  const reading: Reading = { documents: [], unreadable: [] };
  let start = 0;
  try {
    while ((start = nextContent(text, start)) < text.length) {
      const end = text[start] === '{' ? endOfObject(text, start) : undefined;
      if (end === undefined) return undefined;
      const value: unknown = JSON.parse(text.slice(start, end));
      const line = text.slice(0, start).split('\n').length;
      reading.documents.push({ file, document: reading.documents.length + 1, line, value });
      start = end;
    }
    return reading;
  } catch {
    return undefined;
  }
}

function nextContent(text: string, from: number): number {
  let index = from;
  while (index < text.length && ' \t\r\n'.includes(text[index] ?? '')) index += 1;
  return index;
}

/** Where the object that begins here ends; undefined when it does not. */
function endOfObject(text: string, start: number): number | undefined {
  let depth = 0;
  const tokens = /"[^"\\]*(?:\\.[^"\\]*)*"|[{}[\]]/gs;
  tokens.lastIndex = start;
  for (let token = tokens.exec(text); token; token = tokens.exec(text)) {
    if (token[0] === '{' || token[0] === '[') depth += 1;
    else if (token[0] === '}' || token[0] === ']') depth -= 1;
    if (depth === 0) return tokens.lastIndex;
  }
  return undefined;
}
