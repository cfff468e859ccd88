import { join } from 'node:path';
import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import type { Addresses } from './addresses.ts';
import { endedState } from './container-end.ts';
import { type ContainerRunner, createContainer } from './container.ts';
import { type StartDeps, startContainer } from './container-start.ts';
import type { RecordEvent } from './events.ts';
import { createPodFiles } from './pod-files.ts';
import type { Container, Pod, RestartPolicy } from './pod-object.ts';
import { createStatusWriter } from './status-writer.ts';
import type { PodView } from './status.ts';
import type { Tokens } from './token.ts';

export interface PodDeps extends Omit<StartDeps, 'pod' | 'podIp'> {
  client: KubernetesClient;
  addresses: Addresses;
  tokens: Tokens;
  recordEvent: RecordEvent;
  log: (line: string) => void;
}

/** One Pod of this node, from its binding to its end. */
export interface PodRunner {
  uid: string;
  podIp: string;
  container(name: string): ContainerRunner | undefined;
  containers(): ContainerRunner[];
  /** The object has changed. */
  look(pod: Pod): void;
  /** Something that its volumes or hosts are made of has changed. */
  refresh(): Promise<void>;
  /** Ends its containers at once; nothing more is written about it. */
  abandon(): Promise<void>;
}

export function runPod(deps: PodDeps, first: Pod): PodRunner {
  const { uid, namespace, name } = first.metadata;
  const key = `${namespace}/${name}`;
  const podIp = deps.addresses.take();
  const policy = first.spec.restartPolicy ?? 'Always';
  const startTime = first.status?.startTime ?? `${new Date().toISOString().slice(0, 19)}Z`;
  const stopping = new AbortController();
  const state = { prepared: false, initialized: false, ended: false };
  let current = first;
  let failure: { reason: string; message: string } | undefined;
  let stopped: Promise<void> | undefined;

  const initContainers = (first.spec.initContainers ?? []).map((container) =>
    runner(container, initPolicy(container, policy)),
  );
  const containers = first.spec.containers.map((container) => runner(container, policy));
  const all = [...initContainers, ...containers];
  const sidecars = all.filter((_, index) => first.spec.initContainers?.[index]?.restartPolicy === 'Always');

  const files = createPodFiles({
    ...deps,
    directory: join(deps.directory, 'pods', uid),
    podIp,
    pod: () => current,
    onProblem: (reason, message) => deps.recordEvent(current, 'Warning', reason, message),
  });
  const writer = createStatusWriter({ ...deps, metadata: first.metadata, view });

  function view(): PodView {
    return {
      ...state,
      podIp,
      startTime,
      stopping: stopping.signal.aborted,
      ...(failure && { failure }),
      initContainers: initContainers.map(({ status }) => status),
      containers: containers.map(({ status }) => status),
    };
  }

  function runner(container: Container, restartPolicy: RestartPolicy): ContainerRunner {
    return createContainer({
      container,
      restartPolicy,
      podIp,
      graceSeconds: first.spec.terminationGracePeriodSeconds ?? 30,
      start: (spec, log, id) =>
        startContainer({ ...deps, directory: files.directory, pod: current, podIp }, spec, log, id),
      onChange: () => void writer.publish(),
      onEvent: (type, reason, message) => deps.recordEvent(current, type, reason, message),
      onText: (line) => deps.log(`${key} ${container.name}: ${line}`),
    });
  }

  /** The init containers in their order; whether all of them came to a good end, or, if sidecars, to a start. */
  async function initialize(): Promise<boolean> {
    for (const container of initContainers) {
      if (stopping.signal.aborted) return false;
      if (sidecars.includes(container)) {
        void container.run();
        while (!container.status.started && !stopping.signal.aborted) await pause(20, stopping.signal);
      } else {
        await container.run();
        if (container.status.state.terminated?.exitCode !== 0) return false;
        container.status.ready = true;
      }
    }
    return !stopping.signal.aborted;
  }

  async function live(): Promise<void> {
    void writer.publish();
    const seconds = first.spec.activeDeadlineSeconds;
    const deadline = seconds === undefined ? undefined : setTimeout(() => expire(), seconds * 1_000);
    state.prepared = await files.prepare(stopping.signal);
    void writer.publish();
    if (state.prepared && (await initialize())) {
      state.initialized = true;
      for (const container of containers) container.status.state = { waiting: { reason: 'ContainerCreating' } };
      void writer.publish();
      await Promise.all(containers.map((container) => container.run()));
    }
    clearTimeout(deadline);
    await Promise.all(sidecars.map((container) => container.stop(first.spec.terminationGracePeriodSeconds ?? 30)));
    await stopped;
    await finish();
  }

  async function finish(): Promise<void> {
    state.ended = true;
    if (stopping.signal.aborted) for (const { status } of all) status.state = endedState(status.state);
    await writer.publish();
    await files.remove();
    deps.tokens.forget(first);
    deps.addresses.release(podIp);
    if (current.metadata.deletionTimestamp) await writer.remove();
  }

  function stop(graceSeconds: number): Promise<void> {
    stopping.abort();
    void writer.publish();
    const others = all.filter((container) => !sidecars.includes(container));
    return (stopped ??= Promise.all(others.map((container) => container.stop(graceSeconds))).then(() => {}));
  }

  function expire(): void {
    failure = { reason: 'DeadlineExceeded', message: 'Pod was active on the node longer than the specified deadline' };
    void stop(first.spec.terminationGracePeriodSeconds ?? 30);
  }

  function look(pod: Pod): void {
    const relabelled =
      JSON.stringify([pod.metadata.labels, pod.metadata.annotations]) !==
      JSON.stringify([current.metadata.labels, current.metadata.annotations]);
    current = pod;
    if (relabelled) void files.refresh();
    const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = pod.metadata;
    if (deletionTimestamp === undefined) return;
    if (state.ended) void (deletionGracePeriodSeconds > 0 && writer.remove());
    else void stop(deletionGracePeriodSeconds);
  }

  // The node went away while it ran, and is back.
  if (policy === 'Never' && first.status?.containerStatuses?.some(({ state: { running } }) => running))
    stopping.abort();
  const lived = live();

  async function abandon(): Promise<void> {
    writer.close();
    stopping.abort();
    await Promise.all(all.map((container) => container.stop(0)));
    await lived;
  }

  if (first.metadata.deletionTimestamp) look(first);
  return {
    uid,
    podIp,
    container: (wantedName) => all.find(({ status }) => status.name === wantedName),
    containers: () => containers,
    look,
    refresh: () => files.refresh(),
    abandon,
  };
}

function initPolicy(container: Container, policy: RestartPolicy): RestartPolicy {
  if (container.restartPolicy === 'Always') return 'Always';
  return policy === 'Never' ? 'Never' : 'OnFailure';
}
