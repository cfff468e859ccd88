import { ApiError, isAlreadyExists, isNotFound } from '../../adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import { ExitError, exitCodes } from '../../errors.ts';
import { explainCallError } from '../call-errors.ts';
import { type Container, type CronJob, type JobSpec, taskOf, type Variable } from './cron-job.ts';

export interface JobOptions {
  /** Undefined: the API server makes one up. */
  name: string | undefined;
  /** Set in the container that runs the job, in place of what it has under that name. */
  environment: Readonly<Record<string, string>>;
}

export interface Job {
  metadata: { name: string; namespace: string; uid: string };
  spec: JobSpec;
  status?: { conditions?: { type: string; status: string; reason?: string; message?: string }[] };
}

/** The Job that `kubectl create job --from=cronjob/NAME` makes, with an environment. */
export function jobFrom(cronJob: CronJob, { name, environment }: JobOptions): object {
  const { metadata, spec } = cronJob.spec.jobTemplate;
  const own = name === undefined ? { generateName: `${cronJob.metadata.name}-rerun-` } : { name };
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      ...own,
      ...(metadata?.labels && { labels: metadata.labels }),
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', ...metadata?.annotations },
      // As kubectl does it: without blockOwnerDeletion, which would need a right to the CronJob's finalizers.
      ownerReferences: [
        {
          apiVersion: 'batch/v1',
          kind: 'CronJob',
          name: cronJob.metadata.name,
          uid: cronJob.metadata.uid,
          controller: true,
        },
      ],
    },
    spec: withEnvironment(spec, environment),
  };
}

function withEnvironment(spec: JobSpec, environment: JobOptions['environment']): JobSpec {
  const { template } = spec;
  const containers = template.spec.containers.map((container) =>
    taskOf(container) === undefined ? container : { ...container, env: overridden(container, environment) },
  );
  return { ...spec, template: { ...template, spec: { ...template.spec, containers } } };
}

function overridden({ env = [] }: Container, environment: JobOptions['environment']): Variable[] {
  const kept = env.filter(({ name }) => !Object.hasOwn(environment, name));
  return [...kept, ...Object.entries(environment).map(([name, value]) => ({ name, value }))];
}

/** @throws ExitError: 64 when there is a Job of that name, or the API server does not take it. */
export async function createJob(client: KubernetesClient, namespace: string, job: object): Promise<Job> {
  try {
    return await client.request<Job>({ method: 'POST', path: jobsPath(namespace), body: job });
  } catch (error) {
    if (isAlreadyExists(error))
      throw new ExitError(exitCodes.usage, 'There is a Job of that name: give another --name, or leave it out.');
    if (error instanceof ApiError && error.code === 422)
      throw new ExitError(exitCodes.usage, `The API server does not take the Job: ${error.message}`);
    throw explainCallError(error);
  }
}

export function jobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/jobs`;
}

/** The key of the run of a Job: its uid. @throws ExitError (64) when there is no such Job any more. */
export async function jobUid(client: KubernetesClient, namespace: string, name: string): Promise<string> {
  try {
    const job = await client.request<Job>({ method: 'GET', path: `${jobsPath(namespace)}/${name}` });
    return job.metadata.uid;
  } catch (error) {
    if (!isNotFound(error)) throw explainCallError(error);
    const message = `--failures-of is ${name}: there is no Job of that name any more. Give the id of its run: kubectl loyalty runs.`;
    throw new ExitError(exitCodes.usage, message);
  }
}
