import { isUnscheduled } from './binding.ts';
import type { FindLog } from './log-server.ts';
import { type PodDeps, type PodRunner, runPod } from './pod.ts';
import type { Pod } from './pod-object.ts';

/** The Pods that run on the node. Keys are `namespace/name`. */
export interface NodePods {
  /** Something about the Pod of that key has changed. */
  look(key: string): void;
  /** Brings volumes and hosts of the Pods of a namespace, or of all, to what they should be now. */
  refresh(namespace?: string): void;
  /** @throws Error when the node does not run it. */
  find(namespace: string, name: string): PodRunner;
  findLog: FindLog;
  /** Ends all of them at once. */
  stop(): Promise<void>;
}

export function createNodePods(deps: PodDeps & { nodeName: string; bind: (pod: Pod) => Promise<void> }): NodePods {
  const { objects, nodeName } = deps;
  const pods = new Map<string, PodRunner>();
  const abandoned = new Set<Promise<void>>();
  let stopped = false;

  function leave(key: string, runner: PodRunner): void {
    pods.delete(key);
    const ending = runner.abandon().finally(() => abandoned.delete(ending));
    abandoned.add(ending);
  }

  function look(key: string): void {
    if (stopped) return;
    const pod = objects.pod(key);
    const known = pods.get(key);
    if (known && known.uid !== pod?.metadata.uid) leave(key, known);
    if (pod && isUnscheduled(pod)) void deps.bind(pod);
    if (pod?.spec.nodeName === nodeName) {
      if (known?.uid === pod.metadata.uid) known.look(pod);
      else if (!isOver(pod)) pods.set(key, runPod(deps, pod));
    }
    // Ready Pods are what the names of headless Services lead to.
    if (objects.services().some(({ spec }) => spec.clusterIP === 'None')) refresh();
  }

  function refresh(namespace?: string): void {
    for (const [key, runner] of pods) {
      if (!stopped && (namespace === undefined || key.startsWith(`${namespace}/`))) void runner.refresh();
    }
  }

  const findLog: FindLog = (namespace, name, container, previous) => {
    const runner = pods.get(`${namespace}/${name}`)?.container(container);
    const log = runner?.log(previous);
    if (log) return { log };
    if (!runner) return { status: 404, problem: `container "${container}" of pod "${name}" is not on this node` };
    const which = `${previous ? 'previous terminated ' : ''}container "${container}" in pod "${name}"`;
    if (previous) return { status: 400, problem: `${which} not found` };
    const reason = runner.status.state.waiting?.reason ?? 'it did not start';
    return { status: 400, problem: `${which} is waiting to start: ${reason}` };
  };

  return {
    look,
    refresh,
    findLog,
    find(namespace, name) {
      const found = pods.get(`${namespace}/${name}`);
      if (found) return found;
      throw new Error(`the node has no Pod ${namespace}/${name}; it has ${[...pods.keys()].join(', ') || 'none'}`);
    },
    async stop() {
      stopped = true;
      await Promise.all([...[...pods.values()].map((runner) => runner.abandon()), ...abandoned]);
    },
  };
}

function isOver({ status, metadata }: Pod): boolean {
  return (status?.phase === 'Succeeded' || status?.phase === 'Failed') && !metadata.deletionTimestamp;
}
