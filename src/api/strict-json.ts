import { firstMistake, nestingOf } from '../domain/json-text.ts';
import { invalidRequest, type RequestMistake } from './problems.ts';

/** No body of this API comes near it. */
const deepest = 32;

// What a text that JSON.parse has taken consists of, beside spaces, true, false and null.
const token = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*|[{}[\],]/g;
const nameFollowed = /[ \t\r\n]*:/y;

/** An object or array that is open: where in it the reader is, and the names that the object has had. */
interface Frame {
  at: string | number;
  names: Set<string> | undefined;
}

/**
 * Reads JSON and refuses what `JSON.parse` silently takes otherwise than it was written: a name that occurs twice, a number
 * that a double cannot hold as written, `__proto__`, and nesting that a reader could choke on.
 * @throws Problem invalid-request with every such place; of a text that is not JSON, the line and column of the first mistake.
 */
export function parseStrictJson(text: string): unknown {
  if (nestingOf(text) > deepest) {
    throw invalidRequest([{ pointer: '', detail: `must not be nested deeper than ${deepest} levels` }]);
  }
  const value = parse(text);
  const mistakes = mistakesOf(text);
  if (mistakes.length > 0) throw invalidRequest(mistakes);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not its message, which quotes the body.
    const mistake = firstMistake(text);
    const place = mistake && ` (line ${mistake.line}, column ${mistake.column}: ${mistake.kind})`;
    throw invalidRequest([{ pointer: '', detail: `must be JSON${place ?? ''}` }]);
  }
}

function mistakesOf(text: string): RequestMistake[] {
  const mistakes: RequestMistake[] = [];
  const open: Frame[] = [];
  const refuse = (detail: string): void => void mistakes.push({ pointer: pointerOf(open.map(({ at }) => at)), detail });
  for (const { 0: found, index } of text.matchAll(token)) {
    const first = found[0];
    if (first === '{' || first === '[') open.push({ at: first === '[' ? 0 : '', names: undefined });
    else if (first === '}' || first === ']') open.pop();
    else if (first === ',') next(open);
    else if (first !== '"') checkNumber(found, refuse);
    else if (isName(text, index + found.length)) checkName(found, open, refuse);
  }
  return mistakes;
}

function next(open: Frame[]): void {
  const inner = open.at(-1);
  if (typeof inner?.at === 'number') inner.at += 1;
}

function isName(text: string, end: number): boolean {
  nameFollowed.lastIndex = end;
  return nameFollowed.test(text);
}

function checkName(found: string, open: Frame[], refuse: (detail: string) => void): void {
  const inner = open.at(-1);
  if (inner === undefined) return;
  const name = JSON.parse(found) as string;
  inner.at = name;
  inner.names ??= new Set();
  if (inner.names.has(name)) refuse('must occur once');
  if (name === '__proto__') refuse('must not be named __proto__');
  inner.names.add(name);
}

function checkNumber(found: string, refuse: (detail: string) => void): void {
  if (/^-?\d{1,15}$/.test(found)) return;
  const value = Number(found);
  if (!Number.isFinite(value) || decimal(found) !== decimal(String(value))) {
    refuse('must be a number that fits a double as it is written');
  }
}

/** The digits and the exponent of a number, however it is written: the same text for the same number. */
function decimal(written: string): string {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(written) ?? [];
  const digits = `${whole}${fraction}`.replace(/^0+/, '');
  const kept = digits.replace(/0+$/, '');
  return kept === '' ? '0' : `${sign}${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`;
}

/** RFC 6901. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
