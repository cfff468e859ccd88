import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { type ProgramResult, runProgram } from './control-plane/kubectl.ts';
import { unpackedProgram } from './control-plane/layer.ts';
import { cleanEnvironment } from './control-plane/program.ts';

export const chartFolder = fileURLToPath(new URL('../../deploy/helm/orion-loyalty', import.meta.url));

export interface HelmOptions {
  /** Of the control plane that it is to talk to; absent: none. */
  controlPlane?: { kubeconfig: string; directory: string };
  /** Values as JSON on standard input, which `--values -` reads. */
  values?: object;
  /** Gives a non-zero exit code back instead of throwing. */
  allowFailure?: boolean;
}

/** The real helm: 4.1 out of the npm package on Linux on amd64, else the one on the PATH. */
export async function helmPath(): Promise<string> {
  return process.platform === 'linux' && process.arch === 'x64' ? unpackedProgram('helm') : 'helm';
}

let folder: string | undefined;

/** Helm's home where no control plane has one. */
function ownFolder(): string {
  if (folder === undefined) {
    const made = mkdtempSync(join(tmpdir(), 'helm-'));
    process.once('exit', () => rmSync(made, { recursive: true, force: true }));
    folder = made;
  }
  return folder;
}

/**
 * Runs helm without any of the user's own settings.
 * @throws Error with command line, exit code and output when it fails, unless failure is allowed.
 */
export async function helm(args: string[], options: HelmOptions = {}): Promise<ProgramResult> {
  const { controlPlane, values, allowFailure = false } = options;
  const all = values === undefined ? args : [...args, '--values', '-'];
  const result = await runProgram(await helmPath(), all, values && JSON.stringify(values), {
    ...cleanEnvironment(controlPlane?.directory ?? ownFolder()),
    KUBECONFIG: controlPlane?.kubeconfig ?? '/nowhere',
  });
  if (result.code !== 0 && !allowFailure) {
    throw new Error(`helm ${args.join(' ')} ended with exit code ${result.code}:\n${result.stderr}${result.stdout}`);
  }
  return result;
}

/** An object as the chart renders it, with the template that it is from, such as `api/deployment.yaml`. */
export interface Rendered {
  source: string;
  /** With its comments. */
  text: string;
  kind: string;
  apiVersion: string;
  metadata: {
    name: string;
    namespace: string;
    labels: Record<string, string>;
    annotations?: Record<string, string>;
  };
  spec: Record<string, unknown>;
  [field: string]: unknown;
}

/** The values that an installation needs. */
export const requiredValues = { database: { existingSecret: 'loyalty-database' } };

/** Renders the chart as `helm install loyalty -n loyalty` would, without a cluster. */
export async function renderChart(values: object = requiredValues, args: string[] = []): Promise<Rendered[]> {
  const { stdout } = await helm(['template', 'loyalty', chartFolder, '-n', 'loyalty', ...args], { values });
  return readRendered(stdout);
}

/** What `helm template` or `helm get manifest` prints. */
export function readRendered(text: string): Rendered[] {
  // Of a template with several objects, helm prints the source above the first, and again above each that another one parts from it.
  let source = '';
  return text.split(/^---$/m).flatMap((part) => {
    source = /^# Source: [^/]+\/templates\/(.*)$/m.exec(part)?.[1] ?? source;
    return parseAllDocuments(part).flatMap((document) => {
      const object = document.toJS() as Omit<Rendered, 'source' | 'text'> | null;
      return object === null ? [] : [{ ...object, source, text: part.replace(/^# Source: .*\n/m, '').trim() }];
    });
  }) as Rendered[];
}

export interface Container {
  name: string;
  image: string;
  args?: string[];
  command?: string[];
  env?: { name: string; value?: string; valueFrom?: object }[];
  securityContext: unknown;
  resources: { requests: Record<string, string>; limits: Record<string, string> };
}

/** A pod template, or a Pod itself. */
export interface PodTemplate {
  metadata: { labels: Record<string, string>; annotations?: Record<string, string> };
  spec: {
    serviceAccountName: string;
    automountServiceAccountToken: boolean;
    securityContext: unknown;
    containers: Container[];
    volumes?: Record<string, unknown>[];
  };
}

interface Templated {
  template?: PodTemplate;
  jobTemplate?: { spec: Templated };
}

/** The pod templates of Deployments, Jobs and CronJobs, and the Pods. */
export function podTemplates(rendered: readonly Rendered[]): { owner: Rendered; template: PodTemplate }[] {
  return rendered.flatMap((owner) => {
    if (owner.kind === 'Pod') return [{ owner, template: owner as unknown as PodTemplate }];
    const spec = owner.spec as Templated | undefined;
    const template = spec?.template ?? spec?.jobTemplate?.spec.template;
    return template === undefined ? [] : [{ owner, template }];
  });
}
