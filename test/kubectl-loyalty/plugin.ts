import { spawn } from 'node:child_process';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runProgram } from '../../src/kubectl-loyalty/program.ts';
import { coverageEnvironment } from '../support/coverage.ts';

/** The folder with the plugin: on the PATH, kubectl finds it. */
export const pluginFolder = fileURLToPath(new URL('../../bin', import.meta.url));

export interface PluginResult {
  stdout: string;
  stderr: string;
  code: number | null;
}

export interface PluginOptions {
  input?: string;
  environment?: Record<string, string>;
}

/** Runs `kubectl loyalty ARGS` in this process. */
export async function plugin(args: string[], { input, environment = {} }: PluginOptions = {}): Promise<PluginResult> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written): { write: (text: unknown) => boolean } => ({
    write: (text) => ((written[name] += String(text)), true),
  });
  async function* stdin(): AsyncGenerator<string> {
    if (input !== undefined) yield input;
  }
  const terminal = {
    stdin: stdin(),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    environment,
    now: () => new Date(),
  };
  const code = await runProgram(args, terminal, '1.2.3');
  return { ...written, code };
}

/** Runs a line of sh with the plugin on the PATH, in an environment of its own. */
export function shell(line: string, { input = '', environment = {} }: PluginOptions = {}): Promise<PluginResult> {
  const { PATH = '' } = process.env;
  const inherited = { PATH: `${pluginFolder}${delimiter}${PATH}`, ...coverageEnvironment('kubectl-loyalty') };
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', line], { env: { ...inherited, HOME: '/nonexistent', ...environment } });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.stdin.on('error', () => {}); // It ended without reading: its exit code says why.
    child.once('error', reject);
    child.once('close', (code) => resolve({ stdout, stderr, code }));
    child.stdin.end(input);
  });
}
