import { registerHooks } from 'node:module';
import { delimiter } from 'node:path';
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

type Environment = Readonly<Record<string, string | undefined>>;

/** KUBECONFIG (several files are merged, as kubectl does), else the pod's service account, else ~/.kube/config. */
function load(KubeConfigClass: new () => KubeConfig, environment: Environment): KubeConfig {
  const config = new KubeConfigClass();
  const [first, ...others] = (environment['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (first !== undefined) config.loadFromFile(first);
  else if (environment['KUBERNETES_SERVICE_HOST']) config.loadFromCluster();
  else config.loadFromDefault();
  for (const path of others) {
    const other = new KubeConfigClass();
    other.loadFromFile(path);
    config.mergeConfig(other, true);
  }
  return config;
}

/**
 * @param context of the kubeconfig, in place of its current one.
 * @throws ConfigurationError when no cluster is named, or the file cannot be read or has no such context.
 */
export async function loadKubeConfig(environment: Environment, context?: string): Promise<KubeConfig> {
  const KubeConfigClass = await importKubeConfig();
  let config: KubeConfig;
  try {
    config = load(KubeConfigClass, environment);
  } catch (error) {
    throw new ConfigurationError([
      `KUBECONFIG=${environment['KUBECONFIG'] ?? '(not set)'} cannot be used: ${messageOf(error)}.`,
    ]);
  }
  if (context !== undefined) useContext(config, context);
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
