import { hostAddress } from './downward.ts';
import type { ContainerStatus, Pod, PodCondition, PodStatus, RestartPolicy } from './pod-object.ts';

/** What the kubelet knows of a Pod. */
export interface PodView {
  podIp: string;
  startTime: string;
  /** Volumes and address are there. */
  prepared: boolean;
  initialized: boolean;
  /** It is being deleted, or its deadline has passed. */
  stopping: boolean;
  /** Every container has ended for good. */
  ended: boolean;
  /** Why the whole Pod has failed, other than by a container's exit. */
  failure?: { reason: string; message: string };
  initContainers: readonly ContainerStatus[];
  containers: readonly ContainerStatus[];
}

/** The status to write: the conditions of others (Job controller, eviction) stay as they are in the object. */
export function statusOf(pod: Pod, view: PodView, now: Date): PodStatus {
  const { podIp, initContainers, containers } = view;
  return {
    phase: phaseOf(view, pod.spec.restartPolicy ?? 'Always'),
    ...view.failure,
    hostIP: hostAddress,
    podIP: podIp,
    podIPs: [{ ip: podIp }],
    startTime: view.startTime,
    conditions: withTransitions(pod.status?.conditions ?? [], conditionsOf(view), now),
    ...(initContainers.length > 0 && { initContainerStatuses: structuredClone([...initContainers]) }),
    containerStatuses: structuredClone([...containers]),
  };
}

function phaseOf(view: PodView, policy: RestartPolicy): NonNullable<PodStatus['phase']> {
  const { containers, initContainers, ended, stopping } = view;
  if (ended && (stopping || policy !== 'Always' || !view.initialized || view.failure)) {
    const all = view.initialized ? containers : [...initContainers, ...containers];
    const well = all.every(({ state }) => state.terminated?.exitCode === 0);
    return well && !view.failure ? 'Succeeded' : 'Failed';
  }
  const begun = containers.some(({ state, restartCount }) => !state.waiting || restartCount > 0);
  return view.initialized && begun ? 'Running' : 'Pending';
}

function conditionsOf(view: PodView): PodCondition[] {
  const done = view.ended && view.containers.every(({ state }) => state.terminated?.exitCode === 0);
  const unready = view.containers.filter(({ ready }) => !ready).map(({ name }) => name);
  const ready = unready.length === 0 && !view.ended;
  const because = done
    ? { reason: 'PodCompleted', message: null }
    : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const condition = (type: string, holds: boolean, otherwise: Partial<PodCondition> = {}): PodCondition => ({
    type,
    status: holds ? 'True' : 'False',
    ...(!holds && otherwise),
  });
  return [
    condition('PodReadyToStartContainers', view.prepared && !view.ended),
    condition('Initialized', view.initialized, { reason: 'ContainersNotInitialized' }),
    condition('Ready', ready && !view.stopping, ready ? { reason: 'PodTerminating' } : because),
    condition('ContainersReady', ready, because),
    condition('PodScheduled', true),
  ];
}

function withTransitions(before: readonly PodCondition[], ours: readonly PodCondition[], now: Date): PodCondition[] {
  const others = before.filter(({ type }) => !ours.some((condition) => condition.type === type));
  const dated = ours.map((condition) => {
    const last = before.find(({ type }) => type === condition.type);
    const same = last?.status === condition.status && last.lastTransitionTime;
    return { ...condition, lastTransitionTime: same ? last.lastTransitionTime : `${now.toISOString().slice(0, 19)}Z` };
  });
  return [...dated, ...others] as PodCondition[];
}
