import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Watchdog } from './watchdog.ts';

/** A running program of the control plane. */
export interface Program {
  name: string;
  pid: number;
  /** Path of the file that has its stdout and stderr. */
  log: string;
  /** How it ended ("exit code 1", "SIGKILL"); undefined while it runs. */
  ended(): string | undefined;
  /** Sends the signal, and waits for the end of the program if the signal is one that ends it. */
  kill(signal: NodeJS.Signals): Promise<void>;
}

export interface ProgramOptions {
  name: string;
  command: string;
  arguments: string[];
  /** Its working folder and home; its log goes there too. */
  directory: string;
  watchdog: Watchdog;
  /** It is added here before it is ready, so that whoever owns the set can stop it even if it never gets ready. */
  running: Set<Program>;
}

/** The environment of every program here: nothing of the user's own (proxies, ~/.kube, KUBECONFIG) reaches it. */
export function cleanEnvironment(directory: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: directory,
    KUBECACHEDIR: join(directory, 'kubectl-cache'),
    TMPDIR: directory,
  };
}

/** Starts a program with its output in `<directory>/<name>.log`, appended to when it is started again. */
export function startProgram(options: ProgramOptions): Program {
  const { name, command, directory, watchdog, running } = options;
  const log = join(directory, `${name}.log`);
  const output = openSync(log, 'a');
  const child = spawn(command, options.arguments, {
    cwd: directory,
    env: cleanEnvironment(directory),
    stdio: ['ignore', output, output],
    detached: true, // Ctrl-C at a terminal goes to us alone: the order in which the programs stop is ours
  });
  closeSync(output);
  const { pid } = child;
  let end: string | undefined;
  const exited = new Promise<void>((resolve) => {
    const ended = (how: string): void => {
      end ??= how;
      if (pid !== undefined) watchdog.forget(pid);
      running.delete(program);
      resolve();
    };
    child.once('exit', (code, signal) => ended(signal ?? `exit code ${code}`));
    child.once('error', (error) => ended(error.message));
  });
  if (pid !== undefined) watchdog.watch(pid);
  child.unref();
  const program: Program = {
    name,
    pid: pid ?? -1,
    log,
    ended: () => end,
    kill: async (signal) => {
      if (end !== undefined) return;
      child.ref();
      child.kill(signal);
      if (signal !== 'SIGSTOP' && signal !== 'SIGCONT') await exited;
    },
  };
  running.add(program);
  return program;
}

/**
 * Waits until `ready` returns true.
 * @throws Error with the end of the program's log, when it ends first or is not ready after `seconds`.
 */
export async function untilReady(program: Program, ready: () => Promise<boolean>, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  let last = 'not ready';
  while (Date.now() < deadline) {
    const ended = program.ended();
    if (ended !== undefined) throw await failure(program, `ended (${ended}) before it was ready`);
    try {
      if (await ready()) return;
    } catch (error) {
      last = String(error);
    }
    await sleep(50);
  }
  throw await failure(program, `was not ready after ${seconds} s (${last})`);
}

async function failure(program: Program, what: string): Promise<Error> {
  const log = await readFile(program.log, 'utf8').catch(() => '');
  const tail = log.trimEnd().split('\n').slice(-20).join('\n');
  return new Error(`${program.name} ${what}. The end of its log:\n${tail || '(it wrote nothing)'}`);
}
