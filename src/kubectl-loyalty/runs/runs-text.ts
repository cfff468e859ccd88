import { distance, paragraphs, printable, table } from '../text.ts';
import type { Run, RunFailure, RunMerchant } from './run.ts';

const grouped = new Intl.NumberFormat('en-US');

export interface TextOptions {
  now: Date;
  width: number;
  /** What a shown command needs to reach the same namespace, as in `-n loyalty`. */
  flags: string;
}

export function age(instant: string, now: Date): string {
  return distance(Math.max(0, now.getTime() - new Date(instant).getTime()));
}

/** A line a run, the newest first. */
export function runsText(runs: readonly Run[], { now, width }: TextOptions): string {
  const head = ['RUN', 'TASK', 'STATE', 'AGE', 'FAILED', 'NAME'];
  const rows = runs.map(({ id, task, state, started_at, merchants, name }) => {
    return [id, task, state, age(started_at, now), grouped.format(merchants.failed), name ?? '-'];
  });
  return table(head, rows)
    .split('\n')
    .map((line) => (line.length > width ? `${line.slice(0, width - 1)}…` : line))
    .join('\n');
}

/** What a run has come to, merchant by merchant, and how to run again what failed. */
export function runText(run: Run, merchants: readonly RunMerchant[], options: TextOptions): string {
  const { width, now } = options;
  const { id, task, state, name, started_at: started, totals, merchants: counts } = run;
  const states = Object.entries(counts).filter(([key, count]) => key !== 'total' && count > 0);
  const of = states.map(([key, count]) => `${grouped.format(count)} ${key}`).join(', ');
  const facts: [string, string][] = [
    ['job', name ?? '-'],
    ['of', run.full_run ? 'all merchants' : 'some merchants'],
    ['as of', run.as_of],
    ['started', `${started} (${age(started, now)} ago), ${finishedText(run)}`],
    ['merchants', `${grouped.format(counts.total)}${of === '' ? '' : `: ${of}`}`],
    resultFact(task, totals),
  ];
  const lines = facts.map(([fact, value]) => `  ${fact.padEnd(9)}  ${printable(value)}\n`);
  const hidden = counts.total - merchants.length;
  const more = hidden > 0 ? `… and ${grouped.format(hidden)} more (--limit)\n` : '';
  const list = merchants.length === 0 ? '' : `\n${merchantsText(task, merchants, width)}${more}`;
  return `Run ${id} of ${task}: ${state}\n${lines.join('')}${list}${againText(run, options.flags)}`;
}

function finishedText({ started_at: started, finished_at: finished }: Run): string {
  if (finished === null) return 'not finished';
  const seconds = (new Date(finished).getTime() - new Date(started).getTime()) / 1_000;
  return `finished after ${seconds.toFixed(1)} s`;
}

/** A run of sync-wallets moves no points: it brings passes up to date. */
function resultFact(task: Run['task'], { cards, lots, points }: Run['totals']): [string, string] {
  if (task === 'sync-wallets') return ['passes', `${grouped.format(cards)} up to date`];
  return ['points', `${grouped.format(points)} of ${grouped.format(lots)} lots on ${grouped.format(cards)} cards`];
}

function merchantsText(task: Run['task'], merchants: readonly RunMerchant[], width: number): string {
  const columns = task === 'sync-wallets' ? ['PASSES'] : ['CARDS', 'LOTS', 'POINTS'];
  const rows = merchants.map(({ merchant_id, state, cards, lots, points }) => {
    const counts = [cards, lots, points].slice(0, columns.length);
    return [merchant_id, state, ...counts.map((count) => grouped.format(count))];
  });
  const [head, ...lines] = table(['MERCHANT', 'STATE', ...columns], rows).split(/(?<=\n)/);
  const detailed = lines.map((line, index) => {
    const { reason = null, message } = merchants[index] ?? {};
    return reason === null ? line : `${line}${paragraphs(`${reason}: ${message ?? ''}`, width, '    ')}`;
  });
  return `${head}${detailed.join('')}${adviceText(merchants, width)}`;
}

/** What can be done about what failed; empty where nothing did. */
export function againText({ id, task, merchants: { failed, pending } }: Run, flags: string): string {
  if (task === 'restore' || failed + pending === 0) return '';
  const resumed = task === 'verify-ledger' ? '' : ` --failures-of ${id}`;
  return `\nTo run again what failed or is left:\n  $ kubectl loyalty rerun ${task}${resumed}${flags && ` ${flags}`} --wait\n`;
}

/** What to do about each reason, once. */
function adviceText(failures: readonly Pick<RunMerchant, 'reason' | 'advice'>[], width: number): string {
  const advice = new Map(failures.map(({ reason, advice }) => [reason, advice]));
  const known = [...advice].flatMap(([reason, what]) => (reason && what ? [`${reason}: ${what}`] : []));
  return known.length === 0
    ? ''
    : `\nWhat to do:\n${known.map((line) => paragraphs(line, width).replaceAll(/\n {2}(?=\S)/g, '\n    ')).join('')}`;
}

/** What failed in a run, each with its reason, and what to do. */
export function failuresText(failures: readonly RunFailure[], more: boolean, { width }: TextOptions): string {
  const rows = failures.map(({ merchant_id, reason, card_id }) => [merchant_id, reason, card_id ?? '-']);
  const [head, ...lines] = table(['MERCHANT', 'REASON', 'CARD'], rows).split(/(?<=\n)/);
  const detailed = lines.map((line, index) => {
    const { merchant_name: name, message, platform } = failures[index] ?? {};
    const whose = [name, platform].filter((part) => part).join(', ');
    return `${line}${paragraphs(`${whose}: ${message ?? ''}`, width, '    ')}`;
  });
  return `${head}${detailed.join('')}${more ? '… and more (--limit)\n' : ''}${adviceText(failures, width)}`;
}
