/** Looks at a JSON text (RFC 8259) before and after `JSON.parse`, which says too little or quotes its input. */

/** How deep arrays and objects are nested; brackets inside strings do not count. */
export function nestingOf(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text[index];
    if (inString && character === '\\') index += 1;
    else if (character === '"') inString = !inString;
    else if (!inString && (character === '{' || character === '[')) deepest = Math.max(deepest, (depth += 1));
    else if (!inString && (character === '}' || character === ']')) depth -= 1;
  }
  return deepest;
}

export type JsonMistakeKind = 'syntax' | 'line break in a string' | 'cut off' | 'second document';

/** Where a text stops being JSON; lines and columns count from 1. */
export interface JsonMistake {
  kind: JsonMistakeKind;
  line: number;
  column: number;
}

const mark = /[{}[\],:]/y;
const scalar = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[Ee][+-]?\d+)?|true|false|null/y;
const escape = /\\(?:["\\/bfnrt]|u[\dA-Fa-f]{4})/y;
const space = /[ \t\r\n]*/y;

/** Where a match of a sticky expression at `position` ends; undefined: none. */
function endOf(expression: RegExp, text: string, position: number): number | undefined {
  expression.lastIndex = position;
  return expression.test(text) ? expression.lastIndex : undefined;
}

/** Where the string that begins at `start` stops: behind its closing quote, or at the first character that may not stand in it. */
function readString(text: string, start: number): { stop: number; closed: boolean } {
  let position = start + 1;
  while (position < text.length) {
    if (text[position] === '"') return { stop: position + 1, closed: true };
    const next = text[position] === '\\' ? endOf(escape, text, position) : position + 1;
    if (next === undefined || text.charCodeAt(position) < 0x20) break;
    position = next;
  }
  return { stop: position, closed: false };
}

/** What may come next, and inside what. */
interface State {
  open: ('{' | '[')[];
  expects: 'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma or end' | 'nothing';
}

/** The first mistake of a text that `JSON.parse` refused. Undefined: there is none that this reader sees. */
export function firstMistake(text: string): JsonMistake | undefined {
  const state: State = { open: [], expects: 'value' };
  let position = 0;
  for (;;) {
    const start = endOf(space, text, position) ?? position;
    if (start === text.length) return state.expects === 'nothing' ? undefined : at(text, start, 'cut off');
    if (state.expects === 'nothing') return at(text, start, 'second document');
    const string = text[start] === '"' ? readString(text, start) : undefined;
    if (string?.closed === false) return at(text, string.stop, brokenString(text[string.stop]));
    const end = string?.stop ?? endOf(mark, text, start) ?? endOf(scalar, text, start);
    if (end === undefined || !advance(state, text[start] ?? '', string !== undefined)) return at(text, start, 'syntax');
    position = end;
  }
}

function brokenString(character: string | undefined): JsonMistakeKind {
  if (character === undefined) return 'cut off';
  return character === '\n' || character === '\r' ? 'line break in a string' : 'syntax';
}

/** Takes one token, of which the first character tells enough; false if it may not stand there. */
function advance(state: State, first: string, isString: boolean): boolean {
  const { expects, open } = state;
  if (first === '}' || first === ']') return close(state, first);
  if (expects === 'colon') return take(state, first === ':', 'value');
  if (expects === 'comma or end') return take(state, first === ',', open.at(-1) === '{' ? 'name' : 'value');
  if (expects === 'name' || expects === 'name or }') return take(state, isString, 'colon');
  if (first === '{' || first === '[') {
    open.push(first);
    return take(state, true, first === '{' ? 'name or }' : 'value or ]');
  }
  return take(state, first !== ':' && first !== ',', afterValue(open));
}

function take(state: State, fits: boolean, next: State['expects']): boolean {
  state.expects = next;
  return fits;
}

function afterValue(open: State['open']): State['expects'] {
  return open.length === 0 ? 'nothing' : 'comma or end';
}

function close(state: State, bracket: '}' | ']'): boolean {
  const { expects } = state;
  const fits = expects === 'comma or end' || expects === (bracket === '}' ? 'name or }' : 'value or ]');
  const opened = state.open.pop();
  return take(state, fits && opened === (bracket === '}' ? '{' : '['), afterValue(state.open));
}

function at(text: string, position: number, kind: JsonMistakeKind): JsonMistake {
  const before = text.slice(0, position).split('\n');
  return { kind, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
