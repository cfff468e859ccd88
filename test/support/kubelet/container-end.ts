import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import type { ContainerState } from './pod-object.ts';
import { handle, type ProbeTarget } from './probes.ts';

/** Ends a container's process as a kubelet does: preStop hook, SIGTERM, and SIGKILL when the grace period is over. */
export async function endProcess(
  target: ProbeTarget,
  graceSeconds: number,
  onHookFailure: (message: string) => void,
): Promise<void> {
  const { container, process } = target;
  if (graceSeconds <= 0) return process.kill('SIGKILL');
  const limit = setTimeout(() => process.kill('SIGKILL'), graceSeconds * 1_000);
  const { preStop } = container.lifecycle ?? {};
  const hook = async (): Promise<void> => {
    if (preStop?.sleep) return pause(preStop.sleep.seconds * 1_000, new AbortController().signal);
    const failure = preStop && (await handle(preStop, target, graceSeconds * 1_000));
    if (failure !== undefined) onHookFailure(failure);
  };
  await Promise.race([hook(), process.exited]);
  process.kill('SIGTERM');
  await process.exited;
  clearTimeout(limit);
}

/** The state of a container of a Pod that is over: one that never ran, or whose end nobody saw, counts as killed. */
export function endedState(found: ContainerState): ContainerState {
  if (found.terminated) return found;
  const at = new Date().toISOString();
  const message = 'The container could not be located when the pod was terminated';
  const when = { startedAt: found.running?.startedAt ?? at, finishedAt: at };
  return { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown', message, ...when, containerID: '' } };
}
