/** Without what could move the cursor or colour a terminal: names and messages can come from files of others. */
export function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Co}\p{Zl}\p{Zp}]/gu, ' ');
}

/** Columns as wide as their widest cell, two spaces apart, as kubectl prints them. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, ...rows].map((cells) => cells.map(printable));
  const widths = head.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return lines.map((cells) => `${line(cells)}\n`).join('');
}

/** Paragraphs broken at spaces to lines of at most `width` characters, indented. A word that is longer stays whole. */
export function paragraphs(text: string, width: number, indent = '  '): string {
  return text
    .split('\n')
    .flatMap((paragraph) => broken(printable(paragraph), width - indent.length))
    .map((line) => `${indent}${line}`.trimEnd())
    .map((line) => `${line}\n`)
    .join('');
}

function broken(paragraph: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

/** A day and how far away it is, as in `2027-12-22 (509d)`. */
export function dayAndDistance(instant: string | undefined, now: Date, past: string): string {
  if (instant === undefined) return '-';
  const milliseconds = new Date(instant).getTime() - now.getTime();
  return `${instant.slice(0, 10)} (${milliseconds <= 0 ? past : distance(milliseconds)})`;
}

/** A length of time in its largest unit, as in `9h` */
export function distance(milliseconds: number): string {
  const hours = Math.floor(milliseconds / 3_600_000);
  if (hours >= 48) return `${Math.floor(hours / 24)}d`;
  return hours >= 1 ? `${hours}h` : `${Math.floor(milliseconds / 60_000)}m`;
}
