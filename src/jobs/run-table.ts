import type { MerchantOutcome, PreciseSums } from '../adapters/postgres/runs/outcomes.ts';
import { runFailureReasons } from '../domain/runs/run-failure-reasons.ts';

/** What a run has come to, for people. */
export interface RunReport {
  /** The first line, such as `expire-points as of …, run …`. */
  heading: string;
  /** Those that failed, and some of those with most done. */
  outcomes: readonly MerchantOutcome[];
  sums: PreciseSums;
  /** What became of the points in a word: `expired`. */
  verb: string;
  seconds: number;
  /** Further lines at the end. */
  notes: readonly string[];
}

const width = 100;
const grouped = new Intl.NumberFormat('en-US');

/** A table within 100 columns: a line a merchant, why some failed and what to do about it, and the sums. */
export function describeRun(report: RunReport): string {
  const { heading, outcomes, sums, notes } = report;
  const rows = [titles, ...outcomes.map(cellsOf)];
  const lines = aligned(rows).flatMap((line, index) => [line, ...failureLines(outcomes[index - 1])]);
  const hidden = sums.merchants - outcomes.length;
  const more = hidden > 0 ? [`… and ${counted(hidden, 'more merchant')}`] : [];
  const table = outcomes.length > 0 ? ['', ...lines, ...more] : [];
  const end = [
    ...adviceLines(outcomes),
    '',
    ...wrapped(summary(report), ''),
    ...notes.flatMap((note) => withCommand(note, '')),
  ];
  return `${[...wrapped(heading, ''), ...table, ...end].join('\n')}\n`;
}

/** The same in at most 4 KiB for Kubernetes' termination message: the sums, and the merchants that failed with their reasons. */
export function terminationMessage(report: RunReport): string {
  const failed = report.outcomes.filter(({ state }) => state === 'failed');
  const lines = failed.map(({ id, reason, message }) => `failed: merchant ${id} ${reason}: ${plain(message ?? '')}`);
  return fitting([summary(report), ...report.notes, ...lines], 4_096);
}

function fitting(lines: readonly string[], bytes: number): string {
  const end = '… (all of them: GET /runs/{run_id}/failures)\n';
  let text = '';
  for (const line of lines) {
    const next = `${text}${line}\n`;
    if (Buffer.byteLength(next) + Buffer.byteLength(end) > bytes) return `${text}${end}`;
    text = next;
  }
  return text;
}

const titles = ['merchant', 'state', 'cards', 'lots', 'points', 'name'] as const;

function cellsOf({ id, state, cards, lots, points, name }: MerchantOutcome): readonly string[] {
  return [id, state, grouped.format(cards), grouped.format(lots), grouped.format(points), plain(name)];
}

/** Columns as wide as their widest cell, numbers to the right; the name takes what is left. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => {
    const cells = row.slice(0, 5).map((cell, column) => {
      return column < 2 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0);
    });
    const fixed = cells.join('  ');
    return `${fixed}  ${cut(row[5] ?? '', width - fixed.length - 2)}`.trimEnd();
  });
}

function cut(text: string, length: number): string {
  if (length < 1) return '';
  const characters = Array.from(text);
  return characters.length <= length ? text : `${characters.slice(0, length - 1).join('')}…`;
}

function failureLines(outcome: MerchantOutcome | undefined): string[] {
  if (outcome?.state !== 'failed') return [];
  return withCommand(`${outcome.reason}: ${plain(outcome.message ?? '')}`, '  ');
}

/** A command that a text ends with has lines of its own, so that it can be copied. */
function withCommand(text: string, indent: string): string[] {
  const [words = '', ...command] = text.split(/(?<=:) (?=loyalty )/);
  return [...wrapped(words, indent), ...command.flatMap((line) => wrappedCommand(line, `${indent}  `))];
}

function adviceLines(outcomes: readonly MerchantOutcome[]): string[] {
  const reasons = new Set(outcomes.filter(({ state }) => state === 'failed').map(({ reason }) => reason));
  const known = Object.entries(runFailureReasons).filter(([reason]) => reasons.has(reason));
  const lines = known.flatMap(([reason, { advice }]) => wrapped(`${reason}: ${advice}`, '  '));
  return lines.length > 0 ? ['', 'What to do:', ...lines] : [];
}

function summary({ sums, verb, seconds }: RunReport): string {
  const { merchants, done, failed, skipped, pending, cards, lots, points } = sums;
  const states = Object.entries({ done, failed, skipped, pending }).filter(([, count]) => count > 0);
  const of = states.map(([state, count]) => `${grouped.format(count)} ${state}`).join(', ') || 'nothing to do';
  const amounts = `${counted(points, 'point')} of ${counted(lots, 'lot')} on ${counted(cards, 'card')} ${verb}`;
  return `${counted(merchants, 'merchant')}: ${of}; ${amounts}; ${seconds.toFixed(1)} s.`;
}

function counted(count: number | bigint, noun: string): string {
  return `${grouped.format(count)} ${noun}${Number(count) === 1 ? '' : 's'}`;
}

/** Lines of at most 100 characters. */
function wrapped(text: string, indent: string): string[] {
  return filled(text.split(' '), { indent, end: '', next: '' });
}

/** A command over several lines that can be copied: a flag stays with its value, and a line that goes on ends with a backslash. */
function wrappedCommand(text: string, indent: string): string[] {
  return filled(text.match(/--[\w-]+ \S+|\S+/g) ?? [], { indent, end: ' \\', next: '  ' });
}

function filled(words: readonly string[], { indent, end, next }: Record<'indent' | 'end' | 'next', string>): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line !== '' && longer.length + end.length > width) {
      lines.push(line + end);
      line = `${indent}${next}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}

/** Without what would move a terminal's cursor. */
function plain(text: string): string {
  return text.replaceAll(/\p{Cc}+/gu, ' ');
}
