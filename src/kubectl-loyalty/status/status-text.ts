import { dayAndDistance, paragraphs, printable, table } from '../text.ts';
import type { CredentialSummary } from '../../domain/credentials/summary/credential-summary.ts';
import type { Problem } from '../../domain/credentials/summary/problems.ts';

const head = ['NAME', 'PROVIDER', 'READY', 'REVISION', 'EXPIRES', 'SOURCE', 'ROTATE BY'];

export interface StatusTextOptions {
  now: Date;
  width: number;
  /** Whether a column says the namespace. */
  allNamespaces: boolean;
}

/** One table, and below it what is wrong with each and what to do. */
export function statusText(summaries: readonly CredentialSummary[], options: StatusTextOptions): string {
  const { allNamespaces, now, width } = options;
  const rows = summaries.map((summary) => row(summary, now));
  const lines = allNamespaces
    ? table(
        ['NAMESPACE', ...head],
        rows.map((cells, index) => [summaries[index]?.namespace ?? '', ...cells]),
      )
    : table(head, rows);
  const problems = summaries.flatMap((summary) =>
    summary.problems.map((problem) => `\n${problemText(summary, problem, allNamespaces, width)}`),
  );
  return lines + problems.join('');
}

function row(summary: CredentialSummary, now: Date): string[] {
  const { name, provider, ready, live, expiresAt, source, rotateBy } = summary;
  return [
    name,
    provider,
    ready,
    live ? String(live.revision) : '-',
    dayAndDistance(expiresAt ?? undefined, now, 'expired'),
    source.accepted === true ? 'accepted' : (source.reason ?? '-'),
    dayAndDistance(rotateBy ?? undefined, now, 'due'),
  ];
}

function problemText(
  { namespace, name }: CredentialSummary,
  problem: Problem,
  withNamespace: boolean,
  width: number,
): string {
  const { severity, reason, message, advice, command } = problem;
  const title = `${withNamespace ? `${namespace}/` : ''}${name}: ${reason} (${severity})`;
  // Never broken: it is there to be copied.
  const commandText = command === null ? '' : `  $ ${printable(command)}\n`;
  return paragraphs(title, width, '') + paragraphs(message, width) + paragraphs(advice, width) + commandText;
}
