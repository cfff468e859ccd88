import { type ChildProcess, spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { coverageEnvironment } from './coverage.ts';

const loyalty = fileURLToPath(new URL('../../bin/loyalty', import.meta.url));

export interface Ended {
  /** The exit code, or the signal that ended it. */
  exit: number | string;
  stdout: string;
  stderr: string;
}

export interface LoyaltyRun {
  child: ChildProcess;
  ended: Promise<Ended>;
}

/** Starts `bin/loyalty` as users do, with nothing of this process's environment but what it needs to run. */
export function startLoyalty(environment: Record<string, string>, ...words: string[]): LoyaltyRun {
  const { PATH = '', HOME = '' } = process.env;
  const env = { PATH, HOME, ...coverageEnvironment(words[0] ?? ''), ...environment };
  const child = spawn(loyalty, words, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  const ended = Promise.all([exit, text(child.stdout), text(child.stderr)]).then(([how, stdout, stderr]) => ({
    exit: how,
    stdout,
    stderr,
  }));
  return { child, ended };
}

/** Runs `bin/loyalty` until it ends. */
export function runLoyalty(environment: Record<string, string>, ...words: string[]): Promise<Ended> {
  return startLoyalty(environment, ...words).ended;
}
