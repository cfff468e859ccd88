import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';

/** What of a ServiceMonitor says what is scraped, and how. */
export interface ServiceMonitor {
  metadata: { name: string };
  spec: {
    selector: { matchLabels: Record<string, string> };
    namespaceSelector: { matchNames: string[] };
    endpoints: { port: string; path: string; honorLabels?: boolean }[];
  };
}

interface Pod {
  metadata: { name: string; namespace: string; deletionTimestamp?: string };
  spec: { containers: { ports?: { name: string; containerPort: number }[] }[] };
  status: { phase: string; podIP?: string };
}

/** Finds what ServiceMonitors select, as Prometheus Operator has Prometheus do it. */
export interface ServiceTargets {
  /** Of Prometheus' configuration. */
  scrapes: object[];
  stop(): void;
}

/**
 * Debian's Prometheus knows no Kubernetes, so it asks here for its targets (HTTP service discovery). The Services of the test kubelet
 * have no endpoints: the pods that a ServiceMonitor selects are the targets.
 */
export async function startServiceTargets(
  client: KubernetesClient,
  monitors: readonly ServiceMonitor[],
): Promise<ServiceTargets> {
  async function targetsOf(name: string): Promise<object[]> {
    const monitor = monitors.find(({ metadata }) => metadata.name === name);
    if (monitor === undefined) throw new Error(`there is no ServiceMonitor ${name}`);
    const { selector, namespaceSelector, endpoints } = monitor.spec;
    const labelSelector = Object.entries(selector.matchLabels).map((pair) => pair.join('=')).join(','); // prettier-ignore
    const [namespace] = namespaceSelector.matchNames;
    const path = `/api/v1/namespaces/${namespace}/pods`;
    const { items } = await client.request<{ items: Pod[] }>({ method: 'GET', path, query: { labelSelector } });
    return items.flatMap((pod) => targetOf(pod, endpoints[0]?.port));
  }

  const server = createServer((request, response) => {
    targetsOf(request.url?.slice(1) ?? '').then(
      (targets) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(targets)),
      (error: unknown) => response.writeHead(500).end(String(error)),
    );
  });
  server.listen(0, '127.0.0.1').unref();
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const scrapes = monitors.map(({ metadata: { name }, spec }) => ({
    job_name: name,
    metrics_path: spec.endpoints[0]?.path,
    honor_labels: spec.endpoints[0]?.honorLabels ?? false,
    http_sd_configs: [{ url: `http://127.0.0.1:${port}/${name}`, refresh_interval: '1s' }],
  }));
  return {
    scrapes,
    stop() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function targetOf({ metadata, spec, status }: Pod, portName: string | undefined): object[] {
  const port = spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === portName);
  if (status.phase !== 'Running' || status.podIP === undefined || port === undefined) return [];
  const { namespace, name: pod } = metadata;
  return [{ targets: [`${status.podIP}:${port.containerPort}`], labels: { namespace, pod } }];
}
