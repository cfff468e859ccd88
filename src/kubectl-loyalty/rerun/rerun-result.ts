import { paragraphs, printable } from '../text.ts';
import type { CronJob } from './cron-job.ts';
import type { Job } from './job.ts';
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
  follow: { logs: string; run: string };
  /** null when one did not wait. */
  end: JobEnd | null;
}

/** @param flags what a shown command needs to reach the same namespace, as in `-n loyalty`. */
export function rerunResult(
  { metadata: { namespace, name, uid }, spec }: Job,
  { cronJob, environment, flags }: { cronJob: CronJob; environment: RerunResult['environment']; flags: string },
): RerunResult {
  const logs =
    (spec.parallelism ?? 1) > 1
      ? `kubectl logs -f --prefix -l batch.kubernetes.io/job-name=${name} ${flags}`
      : `kubectl logs -f --pod-running-timeout=1m job/${name} ${flags}`;
  const run = `kubectl loyalty run ${name} ${flags}`;
  return { namespace, name, uid, cronJob: cronJob.metadata.name, environment, follow: { logs, run }, end: null };
}

/** That it was created, and how to follow it. */
export function createdText({ namespace, name, cronJob, environment, follow }: RerunResult, width: number): string {
  const settings = Object.entries(environment).map(([key, value]) => `${key}=${value}`);
  const set = settings.length > 0 ? `, with ${settings.join(', ')}` : '';
  const what = `Job ${namespace}/${name} was created from CronJob ${cronJob}${set}.`;
  const commands = [follow.logs, follow.run].map((command) => `  $ ${printable(command)}\n`);
  return `${paragraphs(what, width, '')}To follow it, and to see what it did:\n${commands.join('')}`;
}

/** How it ended: the job's own summary, which is made for this, and what Kubernetes adds when it failed. */
export function endText({ name, end }: RerunResult, width: number): string {
  if (!end) return '';
  const last = end.pods.findLast(({ exitCode }) => end.succeeded === (exitCode === 0));
  const summary = last?.message ? last.message.split('\n').map((line) => `${printable(line)}\n`) : [];
  const why = [end.reason, end.message].filter((part) => part !== null).join(': ');
  const killed = last?.reason && !['Error', 'Completed'].includes(last.reason) ? ` ${last.reason}` : '';
  const code = last ? ` (exit code ${last.exitCode}${killed})` : '';
  const outcome = end.succeeded ? `Job ${name} is done.` : `Job ${name} failed${code}: ${why || 'no reason is given'}.`;
  return `\n${summary.join('')}${paragraphs(outcome, width, '')}`;
}
