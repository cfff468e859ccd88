import { dayAndDistance, paragraphs, table } from '../text.ts';
import type { CheckReport } from './check-files.ts';
import type { CheckResult } from './check-result.ts';
import type { Unreadable } from './manifest-file.ts';

const head = ['FILE', 'NAME', 'RESULT', 'EXPIRES'];

/** A line for each, what is wrong below it, and a sum. */
export function checkText(report: CheckReport, now: Date, width: number): string {
  const { results } = report;
  if (results.length === 0) return '';
  const [top = '', ...lines] = table(
    head,
    results.map((result) => row(result, now)),
  ).split('\n');
  const rows = results.map((result, index) => `${lines[index] ?? ''}\n${remarks(result, width)}`);
  return `${top}\n${rows.join('')}\n${sum(report)}\n`;
}

function row({ file, line, kind, namespace, name, accepted, reason, expiresAt }: CheckResult, now: Date): string[] {
  const subject = `${namespace === null ? '' : `${namespace}/`}${name}${kind === 'Secret' ? ' (Secret)' : ''}`;
  const result = accepted === true ? 'accepted' : reason;
  return [
    line === 1 ? file : `${file}:${line}`,
    subject,
    result,
    dayAndDistance(expiresAt ?? undefined, now, 'expired'),
  ];
}

function remarks({ message, warnings }: CheckResult, width: number): string {
  const told = warnings.map((warning) => paragraphs(`Warning, ${warning.reason}: ${warning.message}`, width, '    '));
  return (message === '' ? '' : paragraphs(message, width, '    ')) + told.join('');
}

function sum({ results, ignored }: CheckReport): string {
  const count = (wanted: boolean | null): number => results.filter(({ accepted }) => accepted === wanted).length;
  const parts = [`${count(true)} accepted`, `${count(false)} rejected`, `${count(null)} not checked`];
  return `${parts.join(', ')}. ${ignoredText(ignored)}`.trimEnd();
}

/** Empty when nothing was ignored. */
export function ignoredText({ secrets, others }: CheckReport['ignored']): string {
  const parts = [
    ...(secrets > 0 ? [`${secrets} other ${secrets === 1 ? 'Secret' : 'Secrets'}`] : []),
    ...(others > 0 ? [`${others} other ${others === 1 ? 'document' : 'documents'}`] : []),
  ];
  return parts.length === 0 ? '' : `Ignored: ${parts.join(' and ')}.`;
}

/** As in `apple.yaml: document 2, line 14: …`. */
export function unreadableText({ file, document, line, message }: Unreadable): string {
  const place = [
    ...(document === undefined ? [] : [`document ${document}`]),
    ...(line === undefined ? [] : [`line ${line}`]),
  ];
  return `${file}: ${place.length === 0 ? '' : `${place.join(', ')}: `}${message}.`;
}
