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

/**
 * What a program would do that knows nothing but the happy path: on a change GET the source, POST a revision, PUT the live Secret, PUT the
 * status. One change at a time.
 */
export function createRawLoop(
  client: KubernetesClient,
  namespace: string,
  name: string,
  template: object,
): { changed(): void } {
  const secrets = `/api/v1/namespaces/${namespace}/secrets`;
  const credentialPath = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${namespace}/walletcredentials/${name}`;
  const labels = { 'loyalty.orion.dev/credential': name, 'loyalty.orion.dev/role': 'live' };
  let revision = 0;
  let live: Written | undefined;
  let credential: { metadata: { resourceVersion: string } } | undefined;

  async function promote(): Promise<void> {
    revision += 1;
    const source = await client.request<{ metadata: Written['metadata']; data: Record<string, string> }>({
      method: 'GET',
      path: `${secrets}/${name}-source`,
    });
    await client.request<Written>({
      method: 'POST',
      path: secrets,
      body: secret(`${name}-rev-${revision}`, source.data, true),
    });
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-live`, labels },
      type: 'Opaque',
      data: source.data,
    };
    live = live
      ? await client.request<Written>({
          method: 'PUT',
          path: `${secrets}/${name}-live`,
          body: { ...body, metadata: { ...body.metadata, resourceVersion: live.metadata.resourceVersion } },
        })
      : await client.request<Written>({ method: 'POST', path: secrets, body });
    credential ??= await client.request<{ metadata: { resourceVersion: string } }>({
      method: 'GET',
      path: credentialPath,
    });
    const fingerprint = String(revision).padStart(64, '0');
    const status = {
      ...template,
      live: { ...(template as { live: object }).live, revision, fingerprint },
      source: {
        ...(template as { source: object }).source,
        fingerprint,
        resourceVersion: source.metadata.resourceVersion,
      },
    };
    credential = await client.request<{ metadata: { resourceVersion: string } }>({
      method: 'PUT',
      path: `${credentialPath}/status`,
      body: { ...credential, status },
    });
  }

  let last = Promise.resolve();
  return { changed: () => void (last = last.then(promote)) };
}
