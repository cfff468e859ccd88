import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { constants } from 'node:os';
import type { Readable } from 'node:stream';
import type { Watchdog } from '../control-plane/watchdog.ts';
import type { ContainerLog } from './container-log.ts';
import { namespaces } from './requirements.ts';
import { privileges, type Sandbox, sandboxScript } from './sandbox.ts';

/** The container could not be made, as containerd's StartError: nothing of it ran. */
export class StartFailed extends Error {}

/** The first process of a container. It is process 1 of its own namespace: with it all others end, and all mounts go. */
export interface ContainerProcess {
  /** As this machine sees it. */
  pid: number;
  /** 128 + the signal's number when a signal ended it. */
  exited: Promise<number>;
  /** As in Kubernetes, process 1 does not hear a signal that it does not handle, other than SIGKILL. */
  kill(signal: NodeJS.Signals): void;
  /** Runs a command in the container, as its user. */
  execute(command: readonly string[], timeoutMilliseconds: number): Promise<{ succeeded: boolean; output: string }>;
}

/** @throws StartFailed when the container cannot be made. */
export async function startContainerProcess(options: {
  sandbox: Sandbox;
  environment: Record<string, string>;
  log: ContainerLog;
  watchdog: Watchdog;
}): Promise<ContainerProcess> {
  const { sandbox, environment, log, watchdog } = options;
  const script = await sandboxScript(sandbox);
  const unshare = spawn('unshare', [...namespaces, '/bin/sh', '-c', script], {
    env: { ...environment },
    cwd: '/',
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    detached: true, // Ctrl-C at a terminal goes to us alone
  });
  const outer = unshare.pid;
  if (outer !== undefined) watchdog.watch(outer);
  const exited = whenExited(unshare, log).finally(() => outer !== undefined && watchdog.forget(outer));
  for (const stream of ['stdout', 'stderr'] as const)
    unshare[stream]?.on('data', (chunk: Buffer) => log.append(stream, chunk));
  const pid = Number(await firstLine(unshare.stdio[3] as Readable));
  if (!pid) {
    const code = await exited;
    const said = log
      .lines()
      .map((line) => line.text)
      .join('; ');
    throw new StartFailed(said || `the container could not be made: exit code ${code}`);
  }
  return {
    pid,
    exited,
    kill: (signal) => kill(pid, signal),
    execute: (command, limit) => execute(pid, sandbox, environment, command, limit),
  };
}

function whenExited(child: ChildProcess, log: ContainerLog): Promise<number> {
  return new Promise((resolve) => {
    const end = (code: number): void => {
      log.close();
      resolve(code);
    };
    child.once('error', (error) => {
      log.append('stderr', Buffer.from(error.message));
      end(128);
    });
    child.once('close', (code, signal) => end(code ?? 128 + (signal === null ? 0 : constants.signals[signal])));
  });
}

/** Not to the end of the stream: `unshare` itself holds it open for as long as the container runs. */
async function firstLine(stream: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  return text.trim();
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function execute(
  pid: number,
  sandbox: Sandbox,
  env: Record<string, string>,
  command: readonly string[],
  timeout: number,
): ReturnType<ContainerProcess['execute']> {
  const enter = ['-t', String(pid), '-m', '-p', '-u', '-r', '-w', 'setpriv', ...privileges(sandbox), '--', ...command];
  return new Promise((resolve) => {
    execFile('nsenter', enter, { env, timeout, killSignal: 'SIGKILL' }, (error, stdout, stderr) =>
      resolve({ succeeded: error === null, output: `${stdout}${stderr}`.trim() }),
    );
  });
}
