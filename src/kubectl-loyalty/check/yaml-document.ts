import { isAlias, isScalar, LineCounter, parseDocument, type Tags, visit, type YAMLMap } from 'yaml';

export type YamlReading = { value: unknown } | { line: number; message: string };

/** Characters of one document. An object of Kubernetes has at most 1.5 million; the parser takes a second for each. */
const documentLimit = 2 * 1024 * 1024;

// kubectl reads YAML 1.1 (`yes` is true, `010` is eight), but knows neither dates nor numbers to the base of 60.
const customTags = (tags: Tags): Tags =>
  tags.filter(
    (tag) =>
      typeof tag === 'string' ||
      !('tag' in tag) ||
      (!tag.tag.endsWith(':timestamp') && !('format' in tag && tag.format === 'TIME')),
  );

/**
 * One YAML document, as kubectl reads it. A key that is there twice is a mistake here, since kubectl silently takes the last.
 * @param firstLine of the document in its file, from 1.
 */
export function parseYaml(text: string, firstLine: number): YamlReading {
  if (text.length > documentLimit)
    return {
      line: firstLine,
      message: `is longer than ${documentLimit / 1024 / 1024} MiB: split it, or write it as JSON`,
    };
  if (nestsTooDeep(text)) return { line: firstLine, message: wordsFor('RESOURCE_EXHAUSTION', text) };
  const lineCounter = new LineCounter();
  const at = (offset: number): number => firstLine + Math.max(0, lineCounter.linePos(offset).line - 1);
  // Keys are compared below: the parser's own comparison takes the square of their number.
  const options = {
    version: '1.1',
    customTags,
    lineCounter,
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: 'error',
  } as const;
  const document = parseDocument(text, options);
  const [error] = document.errors;
  if (error) return { line: at(error.pos[0]), message: wordsFor(error.code, text) };
  const problem = badKey(document);
  if (problem) return { line: at(problem.offset), message: problem.message };
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) as unknown };
  } catch (aliasError) {
    const unknown = aliasError instanceof Error && aliasError.message.startsWith('Unresolved alias');
    const message = 'repeats itself by aliases more than any manifest does';
    return { line: firstLine, message: unknown ? wordsFor('BAD_ALIAS', text) : message };
  }
}

/** Said before the parser builds all of it: a million brackets cost it gigabytes. Brackets in texts count, too. */
function nestsTooDeep(text: string): boolean {
  let depth = 0;
  for (const [bracket] of text.matchAll(/[[\]{}]/g)) {
    depth += bracket === '[' || bracket === '{' ? 1 : -1;
    if (depth > 10_000) return true;
  }
  return text.includes('- '.repeat(10_000)) || text.includes('? '.repeat(10_000));
}

/** The parser's own words may quote the file, and with it a key: only the code is used. */
const words: Partial<Record<string, string>> = {
  TAB_AS_INDENT: 'is indented by a tab; YAML wants spaces',
  BAD_INDENT: 'has wrong indentation',
  MISSING_CHAR: 'lacks a closing quote or bracket, or a comma or colon',
  MULTILINE_IMPLICIT_KEY: 'lacks a colon after a key, or indentation: a value may stand where a key belongs',
  BLOCK_AS_IMPLICIT_KEY: 'nests a mapping in a line that has a value; check the indentation',
  UNEXPECTED_TOKEN: 'has something that cannot stand there',
  BAD_ALIAS: 'names an anchor (*name) that was not set before',
  RESOURCE_EXHAUSTION: 'is nested deeper than any manifest',
  MULTIPLE_DOCS: 'goes on after the end of the document (...)',
};

function wordsFor(code: string, text: string): string {
  const template = text.includes('{{')
    ? '; it looks like a template, so render it first: helm template … | kubectl loyalty check -f -'
    : '';
  return `cannot be parsed: it ${words[code] ?? `has a mistake (${code})`}${template}`;
}

interface BadKey {
  offset: number;
  message: string;
}

function badKey(document: ReturnType<typeof parseDocument>): BadKey | undefined {
  let found: BadKey | undefined;
  visit(document, {
    Map(_, map) {
      found = badKeyOf(map);
      return found ? visit.BREAK : undefined;
    },
  });
  return found;
}

function badKeyOf(map: YAMLMap): BadKey | undefined {
  const seen = new Set<string>();
  for (const { key } of map.items) {
    const offset = (key as { range?: [number, number, number] } | null)?.range?.[0] ?? 0;
    if (isAlias(key)) continue;
    if (!isScalar(key))
      return { offset, message: 'has a mapping or list as a key; is it a template that was not rendered?' };
    const name = String(key.value);
    if (seen.has(name) && name !== '<<')
      return { offset, message: 'has a key that the same mapping already has; keep one of them' };
    seen.add(name);
  }
  return undefined;
}
