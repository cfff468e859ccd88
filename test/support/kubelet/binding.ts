import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { messageOf } from '../../../src/errors.ts';
import type { Pod } from './pod-object.ts';

/** Whether the scheduler has to bind the Pod: it stands in for kube-scheduler on a control plane that has none. */
export function isUnscheduled({ spec, metadata }: Pod): boolean {
  const ours = (spec.schedulerName ?? 'default-scheduler') === 'default-scheduler';
  return !spec.nodeName && ours && !spec.schedulingGates?.length && !metadata.deletionTimestamp;
}

/** A scheduler that knows one node: binds a Pod to it, once. */
export function createBinding(
  client: KubernetesClient,
  nodeName: string,
  onProblem: (problem: string) => void,
): (pod: Pod) => Promise<void> {
  const begun = new Set<string>();
  return async ({ metadata: { namespace, name, uid } }) => {
    if (begun.has(uid)) return;
    begun.add(uid);
    const target = { kind: 'Node', name: nodeName };
    const body = { apiVersion: 'v1', kind: 'Binding', metadata: { name, uid }, target };
    try {
      await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/pods/${name}/binding`, body });
    } catch (error) {
      onProblem(`${namespace}/${name} cannot be bound: ${messageOf(error)}`);
      begun.delete(uid);
    }
  };
}
