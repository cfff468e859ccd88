import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound } from '../../adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import { type ExitCode, ExitError, exitCodes } from '../../errors.ts';
import { explainCallError } from '../call-errors.ts';
import { type Job, jobsPath } from './job.ts';
import { listPods, type Pod, type PodEnd, podEnds, podState } from './pods.ts';

/** How a Job ended. */
export interface JobEnd {
  succeeded: boolean;
  /** That of the job, by our table of exit codes. */
  exitCode: ExitCode;
  /** Why Kubernetes gave it up, such as BackoffLimitExceeded or PodFailurePolicy; null when it succeeded. */
  reason: string | null;
  message: string | null;
  /** Of the pods, the earliest first. */
  pods: PodEnd[];
}

interface WaitOptions {
  timeoutMilliseconds: number;
  /** Is told what the pods do, whenever that changes. */
  onState: (line: string) => void;
}

const pollMilliseconds = 500;

/**
 * Waits for the end of a Job.
 * @throws ExitError (75) when it is deleted, or takes longer.
 */
export async function waitForJob(
  client: KubernetesClient,
  created: Job,
  { timeoutMilliseconds, onState }: WaitOptions,
): Promise<JobEnd> {
  const deadline = Date.now() + timeoutMilliseconds;
  let said = new Set<string>();
  for (;;) {
    const { job, pods } = await look(client, created);
    const end = job && endOf(job, pods);
    if (end) return end;
    const states = new Set(pods.map(podState));
    for (const state of states) if (!said.has(state)) onState(state);
    if (job) said = states;
    if (Date.now() + pollMilliseconds > deadline) throw tooLate(created, timeoutMilliseconds, [...said]);
    await sleep(pollMilliseconds);
  }
}

/** Nothing, while the API server is away for a moment. */
async function look(client: KubernetesClient, created: Job): Promise<{ job?: Job; pods: Pod[] }> {
  const { namespace, name, uid } = created.metadata;
  try {
    const job = await readJob(client, created);
    if (job.metadata.uid !== uid) throw deleted(name);
    return { job, pods: await listPods(client, namespace, uid) };
  } catch (error) {
    if (error instanceof ExitError && error.exitCode === exitCodes.temporary && error.cause) return { pods: [] };
    throw error;
  }
}

async function readJob(client: KubernetesClient, { metadata: { namespace, name } }: Job): Promise<Job> {
  try {
    return await client.request<Job>({ method: 'GET', path: `${jobsPath(namespace)}/${name}` });
  } catch (error) {
    throw isNotFound(error) ? deleted(name) : explainCallError(error);
  }
}

function deleted(name: string): ExitError {
  return new ExitError(exitCodes.temporary, `Job ${name} was deleted before it had ended.`);
}

function endOf({ status }: Job, pods: readonly Pod[]): JobEnd | undefined {
  const final = status?.conditions?.find(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
  if (!final) return undefined;
  const ends = podEnds(pods);
  if (final.type === 'Complete') {
    return { succeeded: true, exitCode: exitCodes.done, reason: null, message: null, pods: ends };
  }
  const { reason = null, message = null } = final;
  return { succeeded: false, exitCode: exitCodeOf(ends), reason, message, pods: ends };
}

/** Of the pod that failed last. One that Kubernetes ended (deadline, memory) has a code that is none of ours. */
function exitCodeOf(ends: readonly PodEnd[]): ExitCode {
  const failed = ends.findLast(({ exitCode }) => exitCode !== 0);
  if (!failed) return exitCodes.temporary;
  return Object.values(exitCodes).find((code) => code === failed.exitCode) ?? exitCodes.internal;
}

function tooLate({ metadata: { name } }: Job, milliseconds: number, states: readonly string[]): ExitError {
  const what = states.length > 0 ? states.join('\n') : 'It has no pod yet: kubectl describe says why.';
  return new ExitError(
    exitCodes.temporary,
    `Job ${name} has not ended after ${milliseconds / 1_000} s. It goes on.\n${what}`,
  );
}
