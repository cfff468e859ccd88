import { readFile } from 'node:fs/promises';
import type { FaultProxy } from '../../support/fault-proxy/fault-proxy.ts';
import { eventually } from '../../support/wait.ts';
import type { Incident } from './incident.ts';
import type { OperatedCluster } from './operated-cluster.ts';

const deployment = 'deployment/loyalty-controller';

/** The controller reaches the API server by way of the proxy from now on. */
export async function leadThrough(
  proxy: FaultProxy,
  { controlPlane, namespace, run, apply }: OperatedCluster,
): Promise<void> {
  const token = await run('create', 'token', 'loyalty-controller', '--duration=1h');
  const { url: server, certificateAuthority } = proxy;
  const path = await controlPlane.kubeconfigFor({ token, namespace, server, certificateAuthority });
  const data = { kubeconfig: (await readFile(path)).toString('base64') };
  await apply({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'by-proxy', namespace }, data });
  const container = {
    name: 'controller',
    env: [{ name: 'KUBECONFIG', value: '/var/run/proxy/kubeconfig' }],
    volumeMounts: [{ name: 'proxy', mountPath: '/var/run/proxy' }],
  };
  const volumes = [{ name: 'proxy', secret: { secretName: 'by-proxy' } }];
  const patch = { spec: { template: { spec: { containers: [container], volumes } } } };
  await run('patch', deployment, '-p', JSON.stringify(patch));
  await run('rollout', 'status', deployment, '--timeout=90s');
}

/** Something always changes, so that no watch is silent but one that hangs. */
export function keepChanging({ client, namespace }: OperatedCluster): () => void {
  const paths = [
    `/api/v1/namespaces/${namespace}/secrets/loyalty-database`,
    `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace}/walletcredentials/google`,
  ];
  const timer = setInterval(() => {
    const body = { metadata: { annotations: { 'example.com/changed': new Date().toISOString() } } };
    // One that fails is followed by the next.
    for (const path of paths) client.request({ method: 'PATCH', path, body }).catch(() => {});
  }, 2_000);
  return () => clearInterval(timer);
}

/** What can happen to the controller; the second and third need `leadThrough`. */
export function controllerIncidents(
  cluster: OperatedCluster,
  proxy: () => FaultProxy,
): Record<'down' | 'stuck' | 'silent', Incident> {
  const { run, namespace } = cluster;
  const held = Promise.withResolvers<void>();
  return {
    down: {
      alert: 'ControllerDown',
      severity: 'P0',
      labels: { namespace },
      begin: () => run('scale', deployment, '--replicas=0'),
      end: () => run('scale', deployment, '--replicas=1'),
    },
    stuck: {
      alert: 'ControllerReconcileStuck',
      severity: 'P1',
      labels: { namespace, name: 'apple' },
      async begin() {
        // A call is given up after 10 s, and tried again.
        const ofApple = ({ path }: { path: string }): boolean => path.endsWith('/walletcredentials/apple/status');
        for (let nth = 1; nth <= 10; nth += 1) proxy().beforeWrite(nth, () => held.promise, ofApple);
        await run('patch', 'wcred/apple', '--type=merge', '-p', '{"spec":{"revisionHistoryLimit":5}}');
      },
      async end() {
        held.resolve();
      },
    },
    silent: {
      alert: 'WatchSilent',
      severity: 'P1',
      labels: { namespace, resource: 'secrets' },
      async begin() {
        const watchesSecrets = {
          when: ({ watch, path }: { watch: boolean; path: string }) => watch && path.endsWith('/secrets'),
        };
        await eventually(() => proxy().openWatches(watchesSecrets.when).length > 0, {
          describe: 'the watch of Secrets',
        });
        proxy().freeze({ ...watchesSecrets, onlyOpen: true });
      },
    },
  };
}
