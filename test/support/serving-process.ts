import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { coverageEnvironment } from './coverage.ts';
import { eventually } from './wait.ts';

const loyalty = fileURLToPath(new URL('../../bin/loyalty', import.meta.url));

export interface LogLine {
  level: string;
  event?: string;
  msg?: string;
  [field: string]: unknown;
}

/** A command of `bin/loyalty` that serves until it is told to stop, as a child of this process; or about to end with a reason. */
export interface ServingProcess {
  process: ChildProcess;
  pid: number;
  /** Every line on standard error so far: as text, and as JSON where it is. */
  text(): string;
  lines(): LogLine[];
  /** Resolves with the exit code, or the signal that ended it. */
  exited: Promise<number | string>;
  whenLogged(event: string, deadlineSeconds?: number): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | string>;
}

export interface Serving {
  command: string;
  environment: Record<string, string>;
  /** How messages name it, such as "the API". */
  name: string;
  /** Seconds for which an event is waited for where a test does not say. */
  deadlineSeconds: number;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs the command as users do, on 127.0.0.1 and a free port, with an environment of its own. */
export function startServingProcess({ command, environment, name, deadlineSeconds }: Serving): ServingProcess {
  const { PATH = '', HOME = '' } = process.env;
  const inherited = { PATH, HOME, ...coverageEnvironment(command) };
  const child = spawn(loyalty, [command], {
    env: { ...inherited, HOST: '127.0.0.1', PORT: '0', LOG_FORMAT: 'json', ...environment },
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  running.add(child);
  let text = '';
  const lines: LogLine[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    text += `${line}\n`;
    if (line.startsWith('{')) lines.push(JSON.parse(line) as LogLine);
  });
  const exited = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? 'unknown');
    });
  });
  return {
    process: child,
    pid: child.pid ?? -1,
    text: () => text,
    lines: () => lines,
    exited,
    whenLogged: (event, seconds = deadlineSeconds) =>
      eventually(
        () => {
          if (child.exitCode !== null) throw new Error(`${name} has exited with ${child.exitCode}:\n${text}`);
          return lines.find((line) => line.event === event) ?? null;
        },
        { describe: `${name} to log ${event}; it said:\n${text.slice(-2_000)}`, deadlineSeconds: seconds },
      ),
    kill: (signal) => void child.kill(signal),
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}
