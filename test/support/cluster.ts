import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseAllDocuments } from 'yaml';
import { isNotFound } from '../../src/adapters/kubernetes/api-error.ts';
import { createKubernetesClient, type KubernetesClient } from '../../src/adapters/kubernetes/client.ts';
import { loadKubeConfig } from '../../src/adapters/kubernetes/kube-config.ts';
import type { Condition, ConditionType, WalletCredential } from '../../src/domain/credentials/wallet-credential.ts';
import { type SourceData, toSecretData } from '../../src/example-credentials/source-data.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from './control-plane/control-plane.ts';
import { eventually } from './wait.ts';

export interface Secret {
  metadata: {
    name: string;
    namespace: string;
    uid: string;
    resourceVersion: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    ownerReferences?: { uid: string }[];
  };
  data?: Record<string, string>;
  immutable?: boolean;
  type: string;
}

/** A control plane with the CRD, and short ways to do in it what people do with kubectl. */
export interface Cluster {
  controlPlane: ControlPlane;
  client: KubernetesClient;
  namespace(): Promise<Namespace>;
  stop(): Promise<void>;
}

export interface Namespace {
  name: string;
  /** Creates or replaces a Secret. */
  putSecret(name: string, data: SourceData, extra?: { labels?: Record<string, string> }): Promise<Secret>;
  secret(name: string): Promise<Secret | undefined>;
  secrets(): Promise<Secret[]>;
  deleteSecret(name: string): Promise<void>;
  /** Creates or replaces a WalletCredential. */
  putCredential(name: string, spec: object): Promise<WalletCredential>;
  /** JSON merge of the spec. */
  patchSpec(name: string, change: object): Promise<WalletCredential>;
  credential(name: string): Promise<WalletCredential>;
  deleteCredential(name: string): Promise<void>;
  /** Waits until the condition has that status and reason, and gives the resource. */
  whenCondition(
    name: string,
    type: ConditionType,
    status: string,
    reason?: string,
    deadlineSeconds?: number,
  ): Promise<WalletCredential>;
  whenCredential(
    name: string,
    check: (credential: WalletCredential) => boolean | void,
    describe: string,
    deadlineSeconds?: number,
  ): Promise<WalletCredential>;
  events(name?: string): Promise<{ reason: string; type: string; message: string; involvedObject: { name: string } }[]>;
}

const crd = fileURLToPath(new URL('../../deploy/crds/walletcredentials.loyalty.orion.dev.yaml', import.meta.url));

export async function startCluster(options: ControlPlaneOptions = {}): Promise<Cluster> {
  const controlPlane = await startControlPlane(options);
  const client = createKubernetesClient(await loadKubeConfig({ KUBECONFIG: controlPlane.kubeconfig }));
  await establish(client);
  return {
    controlPlane,
    client,
    namespace: () => createNamespace(client),
    async stop() {
      await client.close();
      await controlPlane.stop();
    },
  };
}

/** A client for another user or server. */
export async function clientFor(kubeconfig: string): Promise<KubernetesClient> {
  return createKubernetesClient(await loadKubeConfig({ KUBECONFIG: kubeconfig }));
}

async function establish(client: KubernetesClient): Promise<void> {
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  for (const document of parseAllDocuments(await readFile(crd, 'utf8'))) {
    await client.request({ method: 'POST', path, body: document.toJS() as object });
  }
  await eventually(
    () =>
      client.request({ method: 'GET', path: '/apis/loyalty.orion.dev/v1alpha1/walletcredentials' }).then(() => true),
    {
      describe: 'the CRD to be established',
    },
  );
}

async function createNamespace(client: KubernetesClient): Promise<Namespace> {
  const name = `test-${randomBytes(4).toString('hex')}`;
  await client.request({
    method: 'POST',
    path: '/api/v1/namespaces',
    body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
  });
  const secretsPath = `/api/v1/namespaces/${name}/secrets`;
  const credentialsPath = `/apis/loyalty.orion.dev/v1alpha1/namespaces/${name}/walletcredentials`;

  async function find<T>(path: string): Promise<T | undefined> {
    try {
      return await client.request<T>({ method: 'GET', path });
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function put<T>(collection: string, body: { metadata: { name: string } }): Promise<T> {
    const path = `${collection}/${body.metadata.name}`;
    const found = await find<{ metadata: { resourceVersion: string } }>(path);
    if (!found) return client.request<T>({ method: 'POST', path: collection, body });
    const metadata = { ...body.metadata, resourceVersion: found.metadata.resourceVersion };
    return client.request<T>({ method: 'PUT', path, body: { ...body, metadata } });
  }

  async function credential(credentialName: string): Promise<WalletCredential> {
    return client.request({ method: 'GET', path: `${credentialsPath}/${credentialName}` });
  }

  async function patchSpec(credentialName: string, change: object): Promise<WalletCredential> {
    return eventually(
      async () => {
        const found = await credential(credentialName);
        const spec = Object.fromEntries(
          Object.entries({ ...found.spec, ...change }).filter(([, value]) => value !== null),
        );
        return client.request<WalletCredential>({
          method: 'PUT',
          path: `${credentialsPath}/${credentialName}`,
          body: { ...found, spec },
        });
      },
      { describe: `the spec of ${credentialName} to be changed` },
    );
  }

  async function whenCredential(
    credentialName: string,
    check: (credential: WalletCredential) => boolean | void,
    describe: string,
    deadlineSeconds = 15,
  ): Promise<WalletCredential> {
    let last: WalletCredential | undefined;
    try {
      return await eventually(
        async () => {
          last = await credential(credentialName);
          return check(last) === false ? null : last;
        },
        { describe, deadlineSeconds },
      );
    } catch (error) {
      throw new Error(`${String(error)}\nstatus: ${JSON.stringify(last?.status, null, 1)}`, { cause: error });
    }
  }

  return {
    name,
    putSecret: (secretName, data, extra) =>
      put(secretsPath, {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: { name: secretName, ...extra },
        data: toSecretData(data),
      } as never),
    secret: (secretName) => find<Secret>(`${secretsPath}/${secretName}`),
    secrets: async () => (await client.request<{ items: Secret[] }>({ method: 'GET', path: secretsPath })).items,
    deleteSecret: async (secretName) =>
      void (await client.request({ method: 'DELETE', path: `${secretsPath}/${secretName}` })),
    putCredential: (credentialName, spec) =>
      put(credentialsPath, {
        apiVersion: 'loyalty.orion.dev/v1alpha1',
        kind: 'WalletCredential',
        metadata: { name: credentialName },
        spec,
      } as never),
    patchSpec,
    credential,
    deleteCredential: async (credentialName) =>
      void (await client.request({ method: 'DELETE', path: `${credentialsPath}/${credentialName}` })),
    whenCredential,
    whenCondition: (credentialName, type, status, reason, deadlineSeconds) =>
      whenCredential(
        credentialName,
        (found) => {
          const condition = conditionOf(found, type);
          return condition?.status === status && (reason === undefined || condition.reason === reason);
        },
        `${credentialName} to have the condition ${type}=${status}${reason ? ` (${reason})` : ''}`,
        deadlineSeconds,
      ),
    events: async (about) => {
      const path = `/api/v1/namespaces/${name}/events`;
      const { items } = await client.request<{
        items: { reason: string; type: string; message: string; involvedObject: { name: string } }[];
      }>({ method: 'GET', path });
      return items.filter((event) => about === undefined || event.involvedObject.name === about);
    },
  };
}

export function conditionOf(credential: WalletCredential, type: ConditionType): Condition | undefined {
  return credential.status?.conditions?.find((condition) => condition.type === type);
}

/** The text of one data key. */
export function textOf(secret: Secret | undefined, key: string): string {
  return Buffer.from(secret?.data?.[key] ?? '', 'base64').toString('utf8');
}
