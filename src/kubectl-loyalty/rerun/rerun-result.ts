import { paragraphs, printable } from '../text.ts';
import type { CronJob } from './cron-job.ts';
import type { Job } from './job.ts';
import type { Task } from './task.ts';
import type { JobEnd } from './wait.ts';

/** What `rerun -o json` prints. Every field is always there. */
export interface RerunResult {
  namespace: string;
  /** Of the Job. */
  name: string;
  uid: string;
  cronJob: string;
  /** What was set in its container. */
  environment: Readonly<Record<string, string>>;
  /** Commands that show what becomes of it. */
  follow: { logs: string; run: string; again: string };
  /** null when one did not wait. */
  end: JobEnd | null;
}

interface Making {
  cronJob: CronJob;
  task: Task;
  environment: RerunResult['environment'];
  /** What a shown command needs to reach the same namespace, as in `-n loyalty`. */
  flags: string;
}

export function rerunResult(
  { metadata: { namespace, name, uid }, spec }: Job,
  { cronJob, task, environment, flags }: Making,
): RerunResult {
  const logs =
    (spec.parallelism ?? 1) > 1
      ? `kubectl logs -f --prefix -l batch.kubernetes.io/job-name=${name} ${flags}`
      : `kubectl logs -f --pod-running-timeout=1m job/${name} ${flags}`;
  // A Job that goes on with a run has none of its own name.
  const itsRun = environment['RESUME_RUN'] ?? name;
  const run = `kubectl loyalty run ${itsRun} ${flags}`;
  // A dry run leaves no run to go on with, and verify-ledger has nothing to go on with.
  const resumable = task !== 'verify-ledger' && !Object.hasOwn(environment, 'DRY_RUN');
  const again = `kubectl loyalty rerun ${cronJob.metadata.name}${resumable ? ` --failures-of ${itsRun}` : ''} ${flags} --wait`;
  return { namespace, name, uid, cronJob: cronJob.metadata.name, environment, follow: { logs, run, again }, end: null };
}

/** That it was created, and how to follow it. */
export function createdText({ namespace, name, cronJob, environment, follow }: RerunResult, width: number): string {
  const settings = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const set = settings.length > 0 ? `, with ${settings.join(', ')}` : '';
  const what = `Job ${namespace}/${name} was created from CronJob ${cronJob}${set}.`;
  const commands = [follow.logs, ...(Object.hasOwn(environment, 'DRY_RUN') ? [] : [follow.run])].map(
    (command) => `  $ ${printable(command)}\n`,
  );
  return `${paragraphs(what, width, '')}To follow it, and to see what it did:\n${commands.join('')}`;
}

/** How it ended: the job's own summary, which is made for this, and what Kubernetes adds when it failed. */
export function endText({ name, end, follow: { again } }: RerunResult, width: number): string {
  if (!end) return '';
  const last = end.pods.findLast(({ exitCode }) => end.succeeded === (exitCode === 0));
  const summary = last?.message ? [paragraphs(last.message, width, '')] : [];
  const why = [end.reason, end.message].filter((part) => part !== null).join(': ');
  const killed = last?.reason && !['Error', 'Completed'].includes(last.reason) ? ` ${last.reason}` : '';
  const code = last ? ` (exit code ${last.exitCode}${killed})` : '';
  const outcome = end.succeeded ? `Job ${name} is done.` : `Job ${name} failed${code}: ${why || 'no reason is given'}.`;
  return `\n${summary.join('')}${paragraphs(outcome, width, '')}${end.succeeded ? '' : `To try again:\n  $ ${printable(again)}\n`}`;
}
