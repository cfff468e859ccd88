import { backoff, pause } from '../../../src/adapters/kubernetes/backoff.ts';
import { messageOf } from '../../../src/errors.ts';
import { endProcess } from './container-end.ts';
import { watchHealth } from './container-health.ts';
import { type ContainerLog, createContainerLog } from './container-log.ts';
import { type ContainerProcess, StartFailed } from './container-process.ts';
import { ConfigurationMissing } from './environment.ts';
import { ImageMissing } from './images.ts';
import type { Container, ContainerStatus, RestartPolicy } from './pod-object.ts';
import { terminationMessage } from './termination-message.ts';

export interface ContainerDeps {
  container: Container;
  restartPolicy: RestartPolicy;
  podIp: string;
  /** Seconds between SIGTERM and SIGKILL, when it is the container itself that has to be restarted. */
  graceSeconds: number;
  /** Starts the first process; gives the file on this machine that is its terminationMessagePath. */
  start: (
    container: Container,
    log: ContainerLog,
    id: string,
  ) => Promise<{ process: ContainerProcess; messageFile: string }>;
  /** Something of `status` has changed. */
  onChange: () => void;
  onEvent: (type: 'Normal' | 'Warning', reason: string, message: string) => void;
  onText?: (line: string) => void;
}

/** One container of a Pod, over all its restarts. */
export interface ContainerRunner {
  status: ContainerStatus;
  /** Runs it until it has ended for good. */
  run(): Promise<void>;
  /** Ends it for good: preStop, SIGTERM, after so many seconds SIGKILL. */
  stop(graceSeconds: number): Promise<void>;
  kill(signal: NodeJS.Signals, reason?: string): void;
  log(previous: boolean): ContainerLog | undefined;
}

const restartBase = 200;
const restartLimit = 5_000;
const missing = 200;

export function createContainer(deps: ContainerDeps): ContainerRunner {
  const { container, onEvent } = deps;
  const over = new AbortController();
  const logs: ContainerLog[] = [];
  let running: { process: ContainerProcess; probes: AbortController } | undefined;
  let killReason: string | undefined;
  let finished: Promise<void> | undefined;
  const status: ContainerStatus = {
    name: container.name,
    image: container.image,
    imageID: '',
    state: { waiting: { reason: 'ContainerCreating' } },
    lastState: {},
    ready: false,
    started: false,
    restartCount: 0,
  };

  function change(news: Partial<ContainerStatus>): void {
    Object.assign(status, news);
    deps.onChange();
  }

  /** Starts it, as soon as what it needs is there; undefined when it is not wanted any more. */
  async function begin(id: string): Promise<{ log: ContainerLog; messageFile: string } | undefined> {
    while (!over.signal.aborted) {
      const log = createContainerLog(deps.onText);
      try {
        const { process, messageFile } = await deps.start(container, log, id);
        logs.push(log);
        running = { process, probes: new AbortController() };
        return { log, messageFile };
      } catch (error) {
        if (error instanceof StartFailed) throw error;
        wait(error instanceof ImageMissing ? 'ErrImagePull' : reasonOf(error), messageOf(error));
        await pause(missing, over.signal);
      }
    }
    return undefined;
  }

  function wait(reason: string, message: string): void {
    if (status.state.waiting?.reason === reason && status.state.waiting.message === message) return;
    onEvent('Warning', 'Failed', message);
    change({ state: { waiting: { reason, message } } });
  }

  function watch({ process, probes }: NonNullable<typeof running>): void {
    watchHealth(container, { container, podIp: deps.podIp, process }, probes.signal, {
      onStarted: () => change({ started: true }),
      onReady: (ready) => ready !== status.ready && change({ ready }),
      onFailure: (message) => onEvent('Warning', 'Unhealthy', message),
      onDead(because, grace = deps.graceSeconds) {
        onEvent('Normal', 'Killing', `Container ${container.name} ${because}, will be restarted`);
        probes.abort();
        void end(grace);
      },
    });
  }

  /** One run, from its start to its end; the exit code, or undefined when it never ran. */
  async function once(): Promise<number | undefined> {
    const containerID = `process://${crypto.randomUUID().replaceAll('-', '')}`;
    const startedAt = new Date().toISOString();
    try {
      const begun = await begin(containerID);
      if (begun === undefined || running === undefined) return undefined;
      const { process } = running;
      change({ containerID, imageID: container.image, state: { running: { startedAt } } });
      onEvent('Normal', 'Started', `Started container ${container.name}`);
      watch(running);
      if (over.signal.aborted) process.kill('SIGKILL'); // stopped while it was being made
      const exitCode = await process.exited;
      running.probes.abort();
      running = undefined;
      const message = await terminationMessage(container, begun.messageFile, begun.log, exitCode);
      record({ exitCode, reason: exitCode === 0 ? 'Completed' : (killReason ?? 'Error'), message });
      return exitCode;
    } catch (error) {
      onEvent('Warning', 'Failed', messageOf(error));
      record({ exitCode: 128, reason: 'StartError', message: messageOf(error) });
      return 128;
    }

    function record(end: { exitCode: number; reason: string; message: string }): void {
      killReason = undefined;
      const { message, ...rest } = end;
      const finishedAt = new Date().toISOString();
      const terminated = { ...rest, ...(message !== '' && { message }), startedAt, finishedAt, containerID };
      change({ state: { terminated }, ready: false, started: false });
    }
  }

  async function runAll(): Promise<void> {
    for (;;) {
      const exitCode = await once();
      const again = deps.restartPolicy === 'Always' || (deps.restartPolicy === 'OnFailure' && exitCode !== 0);
      if (over.signal.aborted || !again) return;
      const delay = backoff(status.restartCount, restartBase, restartLimit, () => 1);
      const lastState = status.state;
      const waiting = {
        reason: 'CrashLoopBackOff',
        message: `back-off ${delay}ms restarting failed container=${container.name}`,
      };
      if (exitCode !== 0) onEvent('Warning', 'BackOff', `Back-off restarting failed container ${container.name}`);
      change({ state: { waiting }, lastState, restartCount: status.restartCount + 1 });
      await pause(delay, over.signal);
      if (over.signal.aborted) return change({ state: lastState });
    }
  }

  async function end(graceSeconds: number): Promise<void> {
    if (!running) return;
    const target = { container, podIp: deps.podIp, process: running.process };
    await endProcess(target, graceSeconds, (message) => onEvent('Warning', 'FailedPreStopHook', message));
  }

  return {
    status,
    run: () => (finished ??= runAll()),
    async stop(graceSeconds) {
      over.abort();
      if (running) onEvent('Normal', 'Killing', `Stopping container ${container.name}`);
      await Promise.race([end(graceSeconds), finished]);
      await finished;
    },
    kill(signal, reason) {
      if (!running) throw new Error(`container ${container.name} does not run: ${JSON.stringify(status.state)}`);
      killReason = reason;
      running.process.kill(signal);
    },
    log: (previous) => logs.at(previous ? -2 : -1),
  };
}

function reasonOf(error: unknown): string {
  return error instanceof ConfigurationMissing ? 'CreateContainerConfigError' : 'CreateContainerError';
}
