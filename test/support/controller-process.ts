import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { createInterface } from 'node:readline';
import { eventually } from './wait.ts';

const loyalty = fileURLToPath(new URL('../../bin/loyalty', import.meta.url));

export interface LogLine {
  level: string;
  event?: string;
  msg?: string;
  [field: string]: unknown;
}

export interface ControllerProcess {
  process: ChildProcess;
  pid: number;
  /** Every line on standard error so far: as text, and as JSON where it is. */
  text(): string;
  lines(): LogLine[];
  /** The port of /metrics, from the log. */
  port(): Promise<number>;
  get(path: string): Promise<{ status: number; body: string }>;
  /** Resolves with the exit code, or the signal that ended it. */
  exited: Promise<number | string>;
  whenLogged(event: string, deadlineSeconds?: number): Promise<LogLine>;
  kill(signal: NodeJS.Signals): void;
  /** SIGTERM, and the exit code. */
  stop(): Promise<number | string>;
}

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** Runs `bin/loyalty controller` as users do, with an environment of its own. */
export function startControllerProcess(environment: Record<string, string>): ControllerProcess {
  const { PATH = '', HOME = '', NODE_V8_COVERAGE } = process.env;
  const inherited = { PATH, HOME, ...(NODE_V8_COVERAGE && { NODE_V8_COVERAGE }) };
  const child = spawn(loyalty, ['controller'], {
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

  const whenLogged = (event: string, deadlineSeconds = 20): Promise<LogLine> =>
    eventually(
      () => {
        if (child.exitCode !== null) throw new Error(`the controller has exited with ${child.exitCode}:\n${text}`);
        return lines.find((line) => line.event === event) ?? null;
      },
      { describe: `the controller to log ${event}; it said:\n${text.slice(-2_000)}`, deadlineSeconds },
    );

  const port = async (): Promise<number> => Number((await whenLogged('controller.started'))['port']);

  return {
    process: child,
    pid: child.pid ?? -1,
    text: () => text,
    lines: () => lines,
    port,
    async get(path) {
      const response = await fetch(`http://127.0.0.1:${await port()}${path}`);
      return { status: response.status, body: await response.text() };
    },
    exited,
    whenLogged,
    kill: (signal) => void child.kill(signal),
    stop() {
      child.kill('SIGTERM');
      return exited;
    },
  };
}
