import type { Run } from '../runs/run.ts';
import { age } from '../runs/runs-text.ts';
import { printable, table } from '../text.ts';

const grouped = new Intl.NumberFormat('en-US');

/** A line for each task that has ever run. */
export function latestRunsText(runs: readonly Run[], now: Date): string {
  if (runs.length === 0) return 'No job has run yet.\n';
  const rows = runs.map(({ task, state, started_at: started, merchants, id }) => {
    const failed = `${grouped.format(merchants.failed)} of ${grouped.format(merchants.total)}`;
    return [task, state, `${age(started, now)} ago`, failed, id];
  });
  return table(['JOB', 'LATEST RUN', 'STARTED', 'FAILED MERCHANTS', 'RUN'], rows);
}

/** Why there are none, in one line: whoever looks at credentials need not care. */
export function noRunsText(problem: string, width: number): string {
  const line = `Runs are not shown: ${printable(problem)}`;
  return `${line.length <= width ? line : `${line.slice(0, width - 1)}…`}\n`;
}
