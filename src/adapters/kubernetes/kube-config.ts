import { registerHooks } from 'node:module';
import type { KubeConfig } from '@kubernetes/client-node';
import { ConfigurationError, messageOf } from '../../errors.ts';

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

/**
 * Loads the configuration as kubectl does, but prefers the pod's service account where there is one and no KUBECONFIG.
 * @throws ConfigurationError when no cluster is named, or the file cannot be read.
 */
export async function loadKubeConfig(environment: Readonly<Record<string, string | undefined>>): Promise<KubeConfig> {
  const config = new (await importKubeConfig())();
  try {
    if (!environment['KUBECONFIG'] && environment['KUBERNETES_SERVICE_HOST']) config.loadFromCluster();
    else config.loadFromDefault();
  } catch (error) {
    throw new ConfigurationError([
      `KUBECONFIG=${environment['KUBECONFIG'] ?? '~/.kube/config'} cannot be used: ${messageOf(error)}.`,
    ]);
  }
  if (!config.getCurrentCluster()?.server) {
    throw new ConfigurationError([
      'No cluster is configured: set KUBECONFIG to a kubeconfig with a current context, or run in a pod.',
    ]);
  }
  return config;
}

/** The namespace of the current context (in a pod: its own), else `default`. */
export function ownNamespace(config: KubeConfig): string {
  return config.getContextObject(config.getCurrentContext())?.namespace?.trim() || 'default';
}
