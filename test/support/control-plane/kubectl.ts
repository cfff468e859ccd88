import { spawn } from 'node:child_process';
import { findAssets } from './assets.ts';
import { unpackedProgram } from './layer.ts';
import { cleanEnvironment } from './program.ts';

/**
 * The path of a real kubectl: the one beside KUBEBUILDER_ASSETS' API server, else 1.35 out of the npm package, which
 * has it for Linux on amd64 alone, else the one on the PATH.
 */
export async function kubectlPath(): Promise<string> {
  const beside = findAssets()?.kubectl;
  if (beside !== undefined) return beside;
  return process.platform === 'linux' && process.arch === 'x64' ? unpackedKubectl() : 'kubectl';
}

/** The npm package's kubectl, whatever else there is. */
export function unpackedKubectl(): Promise<string> {
  return unpackedProgram('kubectl');
}

export interface KubectlOptions {
  /** Standard input, for `apply -f -`. */
  input?: string;
  /** Path of a kubeconfig; the admin's when absent. */
  kubeconfig?: string;
  /** Gives a non-zero exit code back instead of throwing. */
  allowFailure?: boolean;
  /** Added to the clean environment, for instance a PATH on which a plugin lies. */
  environment?: Record<string, string>;
}

/** How a program ended, and what it printed. */
export interface ProgramResult {
  stdout: string;
  stderr: string;
  code: number;
}

export type KubectlResult = ProgramResult;

/**
 * Runs the real kubectl against a control plane, without any of the user's own settings.
 * @throws Error with command line, exit code and stderr when it fails, unless failure is allowed.
 */
export async function kubectl(
  controlPlane: { kubectl: string; kubeconfig: string; directory: string },
  args: string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const result = await runProgram(controlPlane.kubectl, args, options.input, {
    ...cleanEnvironment(controlPlane.directory),
    ...options.environment,
    KUBECONFIG: options.kubeconfig ?? controlPlane.kubeconfig,
  });
  if (result.code !== 0 && options.allowFailure !== true) {
    throw new Error(`kubectl ${args.join(' ')} ended with exit code ${result.code}:\n${result.stderr}${result.stdout}`);
  }
  return result;
}

/** Runs a program to its end, with an environment of its own. */
export function runProgram(
  command: string,
  args: string[],
  input: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<ProgramResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
    child.stdin.on('error', () => {}); // it ended without reading its input: its exit code says why
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ stdout, stderr, code: code ?? (signal === null ? 1 : 128) }));
    child.stdin.end(input ?? '');
  });
}
