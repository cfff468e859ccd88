import { isJsonObject } from './kubernetes-object.ts';

/** One step of a path: into a field, to an array element, to all elements, or to those whose field has a value. */
type Step =
  | { kind: 'field'; name: string }
  | { kind: 'index'; index: number }
  | { kind: 'all' }
  | { kind: 'filter'; field: string[]; value: string };

const token =
  /\.((?:[^.[\]\\]|\\.)+)|\['((?:[^'\\]|\\.)*)'\]|\[(-?\d+)\]|\[(\*)\]|\[\?\(\s*@\.([^=\s]+)\s*==\s*["']([^"']*)["']\s*\)\]/y;

/**
 * Reads the JSONPath of a printer column: fields, indexes, `[*]` and `[?(@.field=="value")]`.
 * @throws Error when it has anything else.
 */
export function parseJsonPath(path: string): Step[] {
  const steps: Step[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < path.length) {
    const from = token.lastIndex;
    const found = token.exec(path);
    if (found === null) throw new Error(`the JSONPath ${path} cannot be read from character ${from}`);
    steps.push(stepOf(found));
  }
  return steps;
}

function stepOf([, dotted, quoted, index, all, field, value]: RegExpExecArray): Step {
  const name = dotted ?? quoted;
  if (name !== undefined) return { kind: 'field', name: name.replaceAll(/\\(.)/g, '$1') };
  if (index !== undefined) return { kind: 'index', index: Number(index) };
  if (all !== undefined) return { kind: 'all' };
  return { kind: 'filter', field: (field ?? '').split('.'), value: value ?? '' };
}

/** Everything that the path leads to, in order; empty where a part is missing. */
export function followJsonPath(steps: readonly Step[], value: unknown): unknown[] {
  return steps.reduce<unknown[]>((values, step) => values.flatMap((each) => take(step, each)), [value]);
}

function take(step: Step, value: unknown): unknown[] {
  if (step.kind === 'field') {
    return isJsonObject(value) && Object.hasOwn(value, step.name) ? [value[step.name]] : [];
  }
  if (step.kind === 'all' && isJsonObject(value)) return Object.values(value);
  if (!Array.isArray(value)) return [];
  if (step.kind === 'all') return value;
  if (step.kind === 'index') return value.slice(step.index).slice(0, 1);
  const path: Step[] = step.field.map((name) => ({ kind: 'field', name }));
  return value.filter((item) => String(followJsonPath(path, item)[0]) === step.value);
}
