import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import type { Pod } from './pod-object.ts';

export type RecordEvent = (pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string) => void;

/** Writes events about Pods, for `kubectl describe` and `kubectl get events`; one that cannot be written is no failure. */
export function createEvents(client: KubernetesClient, host: string): RecordEvent {
  return ({ metadata }, type, reason, message) => {
    const { namespace, name, uid } = metadata;
    const now = `${new Date().toISOString().slice(0, 19)}Z`;
    const body = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { generateName: `${name}.`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
      type,
      reason,
      message: message.slice(0, 1_000),
      source: { component: 'kubelet', host },
      reportingComponent: 'kubelet',
      reportingInstance: host,
      firstTimestamp: now,
      lastTimestamp: now,
      count: 1,
    };
    client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/events`, body }).catch(() => {});
  };
}
