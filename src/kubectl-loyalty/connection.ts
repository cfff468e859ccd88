import type { KubernetesClient } from '../adapters/kubernetes/client.ts';

export interface ClusterFlags {
  namespace?: string;
  context?: string;
  kubeconfig?: string;
}

export interface Connection {
  client: KubernetesClient;
  /** The one that the flags or the context name. */
  namespace: string;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Calls the action with a client of the cluster that kubectl would talk to, and closes it.
 * @throws ConfigurationError when the kubeconfig cannot be used or has no such context.
 */
export async function withConnection<T>(
  { namespace, context, kubeconfig }: ClusterFlags,
  environment: Environment,
  action: (connection: Connection) => Promise<T>,
): Promise<T> {
  // Not loaded for --help.
  const { loadKubeConfig, ownNamespace } = await import('../adapters/kubernetes/kube-config.ts');
  const { createKubernetesClient } = await import('../adapters/kubernetes/client.ts');
  const named = kubeconfig === undefined ? environment : { ...environment, KUBECONFIG: kubeconfig };
  const config = await loadKubeConfig(named, { context });
  const client = createKubernetesClient(config, { userAgent: 'kubectl-loyalty' });
  try {
    return await action({ client, namespace: namespace ?? ownNamespace(config) });
  } finally {
    await client.close();
  }
}
