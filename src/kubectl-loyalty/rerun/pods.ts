import type { KubernetesClient } from '../../adapters/kubernetes/client.ts';
import { explainCallError } from '../call-errors.ts';

interface Terminated {
  exitCode: number;
  reason?: string;
  message?: string;
  finishedAt?: string;
}

export interface Pod {
  metadata: { name: string; deletionTimestamp?: string };
  status?: {
    phase?: string;
    reason?: string;
    conditions?: { type: string; status: string; reason?: string; message?: string }[];
    containerStatuses?: { state?: { waiting?: { reason?: string; message?: string }; terminated?: Terminated } }[];
  };
}

/** How a pod ended. */
export interface PodEnd {
  pod: string;
  exitCode: number;
  /** Of Kubernetes, such as Error or OOMKilled. */
  reason: string | null;
  /** The termination message: the job's own summary. */
  message: string | null;
  finishedAt: string | null;
}

export async function listPods(client: KubernetesClient, namespace: string, jobUid: string): Promise<Pod[]> {
  const query = { labelSelector: `batch.kubernetes.io/controller-uid=${jobUid}` };
  try {
    const path = `/api/v1/namespaces/${namespace}/pods`;
    return (await client.request<{ items: Pod[] }>({ method: 'GET', path, query })).items;
  } catch (error) {
    throw explainCallError(error);
  }
}

/** Those of pods that ended by themselves, the earliest first. */
export function podEnds(pods: readonly Pod[]): PodEnd[] {
  const ends = pods.flatMap(({ metadata, status }): PodEnd[] => {
    const terminated = status?.containerStatuses?.map(({ state }) => state?.terminated).find((end) => end);
    if (!terminated || metadata.deletionTimestamp) return [];
    const { exitCode, reason = null, message = null, finishedAt = null } = terminated;
    return [{ pod: metadata.name, exitCode, reason, message: message?.trim() || null, finishedAt }];
  });
  return ends.toSorted((left, right) => (left.finishedAt ?? '').localeCompare(right.finishedAt ?? ''));
}

/** What a pod is doing, for whoever waits: one line. */
export function podState({ metadata: { name }, status }: Pod): string {
  const [state] = status?.containerStatuses?.map((container) => container.state) ?? [];
  const unscheduled = status?.conditions?.find(({ type, status: is }) => type === 'PodScheduled' && is === 'False');
  const { reason = status?.phase ?? 'Unknown', message = '' } = state?.waiting ??
    unscheduled ?? { reason: status?.phase };
  return `Pod ${name}: ${reason}${message === '' ? '' : `, ${message}`}`;
}
