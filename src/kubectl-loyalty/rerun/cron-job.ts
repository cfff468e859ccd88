import { isNotFound } from '../../adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import { ExitError, exitCodes } from '../../errors.ts';
import { explainCallError } from '../call-errors.ts';
import { isTask, type Task } from './task.ts';

export interface Variable {
  name: string;
  value?: string;
  valueFrom?: object;
}

export interface Container {
  name: string;
  command?: string[];
  args?: string[];
  env?: Variable[];
}

/** batch/v1 JobSpec, as far as it is looked at; all of it is copied. */
export interface JobSpec {
  parallelism?: number;
  template: { spec: { containers: Container[] } };
}

export interface CronJob {
  metadata: { name: string; namespace: string; uid: string; labels?: Record<string, string> };
  spec: {
    jobTemplate: {
      metadata?: { labels?: Record<string, string>; annotations?: Record<string, string> };
      spec: JobSpec;
    };
  };
}

interface Page {
  metadata: { continue?: string };
  items: CronJob[];
}

/** The job that a container runs; undefined for what is not ours. */
export function taskOf({ command = [], args = [] }: Container): Task | undefined {
  return [...command, ...args].find(isTask);
}

function taskOfCronJob({ spec }: CronJob): Task | undefined {
  return spec.jobTemplate.spec.template.spec.containers.map(taskOf).find((task) => task !== undefined);
}

/**
 * The CronJob of that name and what it runs; else the only one that runs the job of that name, since Helm puts a release's name
 * before it.
 * @throws ExitError (64) when there is none, with those that there are; 75 and 78 as everywhere.
 */
export async function findCronJob(
  client: KubernetesClient,
  namespace: string,
  name: string,
): Promise<{ cronJob: CronJob; task: Task }> {
  const named = await readCronJob(client, namespace, name);
  const task = named && taskOfCronJob(named);
  if (named && task) return { cronJob: named, task };
  const others = await listCronJobs(client, namespace);
  const ours = others.filter((each) => taskOfCronJob(each) !== undefined);
  const [first, second] = ours.filter((each) => taskOfCronJob(each) === name);
  if (!named && first && !second && isTask(name)) return { cronJob: first, task: name };
  const why = named
    ? `CronJob ${name} does not run a job of Orion Loyalty; kubectl create job NAME --from=cronjob/${name} runs it`
    : whyNone(namespace, name, first && second);
  const names = ours.map(({ metadata }) => metadata.name).join(', ');
  throw new ExitError(exitCodes.usage, `${why}. ${names === '' ? 'There are none of ours' : `There are: ${names}`}.`);
}

function whyNone(namespace: string, name: string, several: unknown): string {
  return several
    ? `Several CronJobs of namespace ${namespace} run ${name}: name one`
    : `CronJob ${name} does not exist in namespace ${namespace}`;
}

async function readCronJob(client: KubernetesClient, namespace: string, name: string): Promise<CronJob | undefined> {
  try {
    return await client.request<CronJob>({ method: 'GET', path: `${cronJobsPath(namespace)}/${name}` });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw explainCallError(error);
  }
}

async function listCronJobs(client: KubernetesClient, namespace: string): Promise<CronJob[]> {
  const found: CronJob[] = [];
  let next: string | undefined;
  try {
    do {
      const query = { limit: 500, continue: next };
      const page = await client.request<Page>({ method: 'GET', path: cronJobsPath(namespace), query });
      found.push(...page.items);
      next = page.metadata.continue || undefined;
    } while (next !== undefined);
  } catch (error) {
    throw explainCallError(error);
  }
  return found;
}

function cronJobsPath(namespace: string): string {
  return `/apis/batch/v1/namespaces/${namespace}/cronjobs`;
}
