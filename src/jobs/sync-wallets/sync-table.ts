import type { Platform } from '../../domain/wallet/pass-content.ts';
import { type RetryRule, retryTable } from '../../domain/wallet/retry.ts';
import { adviceOn, type PlatformEnd, type SyncEnd } from './conclude.ts';

const width = 100;
const grouped = new Intl.NumberFormat('en-US');
const columns = ['synced', 'failed', 'throttled', 'stopped'] as const;
type Column = (typeof columns)[number];

/** A table within 100 columns: a line a platform, the reasons with what to do, the cards that failed, and the sums. */
export function describeSync(end: SyncEnd): string {
  const { run, platforms, failed } = end;
  const name = run.name === null ? '' : ` (${run.name})`;
  const heading = `sync-wallets, run ${run.id}${name}`;
  const rows = [['platform', ...columns], ...platforms.map(cellsOf)];
  const stops = platforms.flatMap(stopLines);
  const reasons = failed.reasons.flatMap(({ platform, reason, cards }) =>
    wrapped(`${reason} (${platform}, ${counted(cards, 'card')}): ${adviceOn(reason) ?? ''}`, '  '),
  );
  const shown = failed.ids.slice(0, 20);
  const more = failed.ids.length - shown.length;
  return `${[
    heading,
    '',
    ...aligned(rows),
    ...(stops.length > 0 ? ['', ...stops] : []),
    ...(reasons.length > 0 ? ['', 'What failed, and what to do:', ...reasons] : []),
    ...(shown.length > 0 ? ['', 'Cards that failed:', ...shown.map((id) => `  ${id}`)] : []),
    ...(more > 0 ? [`  … and more: GET /api/v1/admin/loyalty/runs/${run.id}/failures`] : []),
    '',
    ...wrapped(summary(end), ''),
    ...(failed.ids.length > 0 ? [`Again: loyalty sync-wallets --failures-of ${run.id}`] : []),
  ].join('\n')}\n`;
}

/** The same in at most 4 KiB for Kubernetes' termination message. */
export function syncTermination(end: SyncEnd): string {
  const { failed, platforms } = end;
  const reasons = failed.reasons.map(
    ({ platform, reason, cards }) => `${reason} (${platform}): ${counted(cards, 'card')}`,
  );
  const ids = failed.ids.length > 0 ? [`failed_card_ids: ${failed.ids.slice(0, 50).join(' ')}`] : [];
  const lines = [summary(end), ...platforms.flatMap(stopLines), ...reasons, ...ids];
  return `${Buffer.from(lines.join('\n')).subarray(0, 4_000).toString()}\n`;
}

function cellsOf({ platform, outcomes }: PlatformEnd): string[] {
  const sums = new Map<Column, number>();
  for (const [outcome, count] of outcomes) {
    const column = columnOf(retryTable[outcome]);
    sums.set(column, (sums.get(column) ?? 0) + count);
  }
  return [platform, ...columns.map((column) => grouped.format(sums.get(column) ?? 0))];
}

function columnOf({ counts }: RetryRule): Column {
  return counts === 'created' || counts === 'pruned' ? 'synced' : counts;
}

function stopLines({ platform, stop }: PlatformEnd): string[] {
  if (stop === undefined) return [];
  const what = stop.outcome === 'Throttled' ? 'wants no more requests now' : 'is stopped';
  return wrapped(`${nameOf(platform)} ${what} (${stop.outcome}): ${stop.message} ${adviceOn(stop.outcome) ?? ''}`, '');
}

export function nameOf(platform: Platform): string {
  return platform === 'google' ? 'Google Wallet' : 'Apple Wallet';
}

function summary({ run, cards, failed, merchants, seconds, platforms, finished }: SyncEnd): string {
  const failedCards = failed.reasons.reduce((sum, { cards: count }) => sum + count, 0);
  const of = counted(merchants.done + merchants.failed, 'merchant');
  const left = !finished
    ? ' Interrupted: the rest is done by the next run.'
    : platforms.some(({ over }) => over)
      ? ' The time was over: the rest is done by the next run.'
      : '';
  const passes = cards === 1 ? 'pass' : 'passes';
  return `${run.state}: ${grouped.format(cards)} ${passes} of ${of} up to date, ${grouped.format(failedCards)} failed; ${seconds.toFixed(1)} s.${left}`;
}

function counted(count: number, noun: string): string {
  return `${grouped.format(count)} ${noun}${count === 1 ? '' : 's'}`;
}

function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = ['platform', ...columns].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function wrapped(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.replaceAll(/[\p{Cc}\s]+/gu, ' ').split(' ')) {
    const longer = line === '' ? indent + word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = longer;
  }
  return [...lines, line];
}
