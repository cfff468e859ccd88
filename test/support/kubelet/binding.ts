import { isConflict, isNotFound } from '../../../src/adapters/kubernetes/api-error.ts';
import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { messageOf } from '../../../src/errors.ts';
import type { Pod } from './pod-object.ts';

const retry = 500;

/** Whether the scheduler has to bind the Pod: it stands in for kube-scheduler on a control plane that has none. */
export function isUnscheduled({ spec, metadata }: Pod): boolean {
  const ours = (spec.schedulerName ?? 'default-scheduler') === 'default-scheduler';
  return !spec.nodeName && ours && !spec.schedulingGates?.length && !metadata.deletionTimestamp;
}

/** A scheduler that knows one node: binds each Pod to it, as often as it takes while the API server is away. */
export function createBinding(
  client: KubernetesClient,
  nodeName: string,
  { signal, onProblem }: { signal: AbortSignal; onProblem: (problem: string) => void },
): (pod: Pod) => Promise<void> {
  const begun = new Set<string>();
  return async ({ metadata: { namespace, name, uid } }) => {
    if (begun.has(uid)) return;
    begun.add(uid);
    const path = `/api/v1/namespaces/${namespace}/pods/${name}/binding`;
    const target = { kind: 'Node', name: nodeName };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, uid }, target };
    while (!signal.aborted) {
      try {
        await client.request({ method: 'POST', path, body });
        return;
      } catch (error) {
        if (isNotFound(error) || isConflict(error)) return; // gone, or bound already
        if (!signal.aborted) onProblem(`${namespace}/${name} cannot be bound: ${messageOf(error)}`);
        await pause(retry, signal);
      }
    }
  };
}
