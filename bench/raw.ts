import { performance } from 'node:perf_hooks';
import type { KubernetesClient } from '../src/adapters/kubernetes/client.ts';

/** The same requests that a promotion takes, sent by nothing but undici: what the API server itself costs. */
export interface RawSource {
  name: string;
  data: Record<string, string>;
}

interface Written {
  metadata: { uid: string; resourceVersion: string; name: string };
}

export interface RawPromotion {
  namespace: string;
  credential: { metadata: { name: string; resourceVersion: string } };
  source: string;
}

/** GET the source, POST the revision, POST the live Secret, PUT the status, POST the Event. */
export async function promoteRaw(
  client: KubernetesClient,
  { namespace, credential, source }: RawPromotion,
  status: object,
): Promise<void> {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const { name } = credential.metadata;
  const { data } = await client.request<{ data: Record<string, string> }>({
    method: 'GET',
    path: `${secrets}/${source}`,
  });
  await client.request<Written>({ method: 'POST', path: secrets, body: secret(`${name}-rev-1`, data, true) });
  await client.request<Written>({ method: 'POST', path: secrets, body: secret(`${name}-live`, data, false) });
  const path = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace}/walletcredentials/${name}/status`;
  await client.request({ method: 'PUT', path, body: { ...credential, status } });
  const involvedObject = { apiVersion: 'loyalty.orion.dev/v1alpha1', kind: 'WalletCredential', namespace, name };
  const event = {
    apiVersion: 'v1',
    kind: 'Event',
    metadata: { generateName: `${name}.` },
    involvedObject,
    type: 'Normal',
    reason: 'Promoted',
    message: 'raw',
  };
  await client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace}/events`, body: event });
}

export function secret(name: string, data: Record<string, string>, immutable: boolean): object {
  const labels = { 'loyalty.orion.dev/raw': 'true' };
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name, labels },
    type: 'Opaque',
    data,
    ...(immutable && { immutable }),
  };
}

/** Runs the work over the items, so many at a time; answers the milliseconds that all of it took. */
export async function inParallel<T>(
  items: readonly T[],
  concurrency: number,
  work: (item: T) => Promise<void>,
): Promise<number> {
  const begun = performance.now();
  const left = items.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const item of left) await work(item);
    }),
  );
  return performance.now() - begun;
}
