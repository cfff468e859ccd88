/** What of the text is not said: within a line anything, alone in a line any number of lines. */
const ellipsis = '…';

/**
 * Why an output is not what a page says; undefined: it is. Columns may be as wide as they want, and empty lines at the end do not count.
 */
export function difference(shows: string, output: string): string | undefined {
  const wanted = linesOf(shows);
  const found = linesOf(output);
  const reached = match(wanted, found);
  if (reached === undefined) return undefined;
  const line = wanted[reached] ?? 'the end';
  return `line ${reached + 1} of the page was not found: ${line}\nThe page says:\n${shows}\nIt shows:\n${output}`;
}

/** Undefined: all fits. Else the index of the first wanted line that nothing fits in the way that comes furthest. */
function match(wanted: readonly string[], found: readonly string[]): number | undefined {
  const [pattern, ...rest] = wanted;
  if (pattern === undefined) return found.length === 0 ? undefined : 0;
  if (pattern === ellipsis) {
    let furthest = 0;
    for (let skipped = 0; skipped <= found.length; skipped += 1) {
      const reached = match(rest, found.slice(skipped));
      if (reached === undefined) return undefined;
      furthest = Math.max(furthest, reached);
    }
    return furthest + 1;
  }
  const [line, ...others] = found;
  if (line === undefined || !fits(pattern, line)) return 0;
  const reached = match(rest, others);
  return reached === undefined ? undefined : reached + 1;
}

function fits(pattern: string, line: string): boolean {
  const parts = pattern.split(ellipsis).map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(line);
}

function linesOf(text: string): string[] {
  if (text.trim() === '') return [];
  const lines = text.trimEnd().split('\n');
  return lines.map((line) => line.trim().replaceAll(/\s+/g, ' '));
}
