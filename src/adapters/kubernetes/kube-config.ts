import { existsSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { KubeConfig } from '@kubernetes/client-node';
import { ConfigurationError, messageOf } from '../../errors.ts';
import {
  type KubeConfigParts,
  mergeKubeConfigs,
  readKubeConfigFile,
  readServiceAccount,
} from './kube-config-source.ts';

const generatedClient = '/@kubernetes/client-node/dist/gen/index.js';
const stub = 'export const createConfiguration = undefined; export const ServerConfiguration = undefined;';

/**
 * The library's KubeConfig without its generated API classes: 700 modules that cost 50 MB and 0.3 s in every process,
 * of which KubeConfig uses two names, and those only in makeApiClient, which we never call.
 * See docs/decisions/0002-own-requests-library-config.md.
 */
async function importKubeConfig(): Promise<new () => KubeConfig> {
  const hooks = registerHooks({
    load: (url, context, nextLoad) =>
      url.endsWith(generatedClient) ? { format: 'module', source: stub, shortCircuit: true } : nextLoad(url, context),
  });
  try {
    // The path is a variable so that type checking, too, leaves the generated classes alone.
    const path = '@kubernetes/client-node/dist/config.js';
    return ((await import(path)) as { KubeConfig: new () => KubeConfig }).KubeConfig;
  } finally {
    hooks.deregister();
  }
}

type Environment = Readonly<Record<string, string | undefined>>;

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** A file of KUBECONFIG that does not exist is passed over, as kubectl does, unless it is the only one. */
function readFiles(Class: new () => KubeConfig, paths: readonly string[]): KubeConfigParts {
  const problems: string[] = [];
  const files = paths.flatMap((path) => {
    try {
      return [readKubeConfigFile(Class, path)];
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!missing || paths.length === 1) problems.push(`The kubeconfig ${path} cannot be used: ${messageOf(error)}.`);
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigurationError(problems);
  return mergeKubeConfigs(files);
}

function readPod(host: string, environment: Environment, folder: string): KubeConfigParts {
  try {
    return readServiceAccount(host, environment['KUBERNETES_SERVICE_PORT'], folder);
  } catch (error) {
    throw new ConfigurationError([
      `The service account of the pod cannot be used: ${messageOf(error)}. Is automountServiceAccountToken false?`,
    ]);
  }
}

/** KUBECONFIG (several files are merged, as kubectl does), else the pod's service account, else ~/.kube/config. */
function read(Class: new () => KubeConfig, environment: Environment, folder: string): KubeConfigParts {
  const named = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (named.length > 0) return readFiles(Class, named);
  const host = environment['KUBERNETES_SERVICE_HOST'];
  if (host) return readPod(host, environment, folder);
  const own = join(environment['HOME'] || homedir(), '.kube', 'config');
  return existsSync(own) ? readFiles(Class, [own]) : mergeKubeConfigs([]);
}

export interface KubeConfigOptions {
  /** In place of the current context. */
  context?: string | undefined;
  /** Where the files of the pod's service account are; for tests. */
  serviceAccountFolder?: string;
}

/** @throws ConfigurationError when no cluster is named, or a file cannot be read or has no such context. */
export async function loadKubeConfig(environment: Environment, options: KubeConfigOptions = {}): Promise<KubeConfig> {
  const Class = await importKubeConfig();
  const { currentContext, ...parts } = read(Class, environment, options.serviceAccountFolder ?? serviceAccountFolder);
  const config = new Class();
  config.loadFromOptions({ ...parts, currentContext: currentContext ?? '' });
  if (options.context !== undefined) useContext(config, options.context);
  if (!config.getCurrentCluster()?.server) {
    throw new ConfigurationError([
      'No cluster is configured: set KUBECONFIG to a kubeconfig with a current context, or run in a pod.',
    ]);
  }
  return config;
}

function useContext(config: KubeConfig, name: string): void {
  if (!config.getContextObject(name)) {
    const known = config.getContexts().map((context) => context.name);
    throw new ConfigurationError([`The kubeconfig has no context ${name}; it has ${known.join(', ') || 'none'}.`]);
  }
  config.setCurrentContext(name);
}

/** The namespace of the current context (in a pod: its own), else `default`. */
export function ownNamespace(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace?.trim() || 'default';
}
