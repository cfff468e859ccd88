import { isAlreadyExists } from '../../../src/adapters/kubernetes/api-error.ts';
import { pause } from '../../../src/adapters/kubernetes/backoff.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { hostAddress } from './downward.ts';

const renewEvery = 10_000;

/** Registers the Node, ready, with the port on which the API server asks for logs. */
export async function registerNode(client: KubernetesClient, name: string, port: number): Promise<void> {
  const node = {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' } },
  };
  try {
    await client.request({ method: 'POST', path: '/api/v1/nodes', body: node });
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
  const now = `${new Date().toISOString().slice(0, 19)}Z`;
  const capacity = { cpu: '2', memory: '8Gi', pods: '1000', 'ephemeral-storage': '10Gi' };
  const status = {
    capacity,
    allocatable: capacity,
    // No host name: the API server would prefer it, and look it up.
    addresses: [{ type: 'InternalIP', address: hostAddress }],
    daemonEndpoints: { kubeletEndpoint: { Port: port } },
    nodeInfo: { kubeletVersion: 'v1.36.3', operatingSystem: 'linux', architecture: 'amd64' },
    conditions: [
      { type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: now, lastTransitionTime: now },
    ],
  };
  await client.request({ method: 'PATCH', path: `/api/v1/nodes/${name}/status`, body: { status } });
}

/** Renews the Node's Lease until the signal aborts: without it the Node is NotReady after 50 s, and its Pods are evicted. */
export async function keepLease(client: KubernetesClient, name: string, signal: AbortSignal): Promise<void> {
  const leases = '/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases';
  let path = '';
  while (!signal.aborted) {
    const renewTime = new Date().toISOString().replace('Z', '000Z');
    const spec = { holderIdentity: name, leaseDurationSeconds: 40, renewTime };
    const body = { apiVersion: 'coordination.k8s.io/v1', kind: 'Lease', metadata: { name }, spec };
    try {
      if (path === '') await client.request({ method: 'POST', path: leases, body, signal });
      else await client.request({ method: 'PATCH', path, body: { spec }, signal });
      path = `${leases}/${name}`;
    } catch (error) {
      if (isAlreadyExists(error)) path = `${leases}/${name}`;
    }
    await pause(path === '' ? 1_000 : renewEvery, signal);
  }
}
