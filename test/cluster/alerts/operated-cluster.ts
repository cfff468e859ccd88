import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Knex } from 'knex';
import { createKubernetesClient, type KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { loadKubeConfig } from '../../../src/adapters/kubernetes/kube-config.ts';
import { openDatabase } from '../../../src/adapters/postgres/database.ts';
import { makeWorld } from '../../../src/demo-data/make-world.ts';
import { type SourceData, toSecretData } from '../../../src/example-credentials/source-data.ts';
import { createGoogleSource } from '../../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../../src/example-credentials/key-pair.ts';
import { newApiKey } from '../../support/api-process.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane/control-plane.ts';
import { kubectl } from '../../support/control-plane/kubectl.ts';
import { type FakeProviders, startFakeProviders } from '../../support/fake-providers.ts';
import { chartFolder, helm } from '../../support/helm.ts';
import { type Kubelet, loyaltyImage, startKubelet } from '../../support/kubelet/kubelet.ts';
import type { TestDatabase } from '../../support/postgres/databases.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { appleSpec, createSources, googleSpec, issuerId, type Sources } from '../../support/sources.ts';

/** An installation as people operate it: controller, API and CronJobs in pods, two wallet credentials, three merchants. */
export interface OperatedCluster {
  namespace: string;
  controlPlane: ControlPlane;
  client: KubernetesClient;
  kubelet: Kubelet;
  database: Knex;
  sources: Sources;
  /** Google, and what it knows of the WalletCredential google. */
  google: FakeProviders['google'] & { clientEmail: string };
  /** As the admin, in the namespace. */
  run: (...args: string[]) => Promise<string>;
  /** Creates or replaces. */
  apply: (...objects: object[]) => Promise<void>;
  secret: (name: string, data: SourceData) => object;
  credential: (name: string, spec: object) => object;
  /** What a reader of the runbooks has set, with the folders of the programs. */
  reader: { environment: Record<string, string>; programs: string[] };
  adminKey: string;
  apiUrl: () => string;
  stop: () => Promise<void>;
}

const namespace = 'loyalty';

export async function startOperatedCluster(): Promise<OperatedCluster> {
  const folder = await mkdtemp(join(tmpdir(), 'operated-'));
  const endings: (() => Promise<unknown>)[] = [() => rm(folder, { recursive: true })];
  const stop = async (): Promise<void> => {
    for (const end of endings.toReversed()) await end();
  };
  try {
    const stored = await filledDatabase();
    endings.push(stored.end);
    const controlPlane = await startControlPlane({ kind: 'real', audit: false });
    endings.push(() => controlPlane.stop());
    const client = createKubernetesClient(await loadKubeConfig({ KUBECONFIG: controlPlane.kubeconfig }));
    endings.push(() => client.close());
    const kubelet = await startKubelet({
      controlPlane,
      images: { 'ghcr.io/orion-loyalty/orion-loyalty': loyaltyImage },
    });
    endings.push(() => kubelet.stop());
    const adminKey = newApiKey();
    const sources = createSources();
    await writeFile(join(folder, 'admin-key'), adminKey, { mode: 0o600 });
    await symlink(controlPlane.kubectl, join(folder, 'kubectl'));
    const run: OperatedCluster['run'] = async (...args) =>
      (await kubectl(controlPlane, ['-n', namespace, ...args])).stdout.trim();
    const apply: OperatedCluster['apply'] = async (...objects) => {
      const input = JSON.stringify({ apiVersion: 'v1', kind: 'List', items: objects });
      await kubectl(controlPlane, ['-n', namespace, 'apply', '--server-side', '--force-conflicts', '-f', '-'], {
        input,
      });
    };
    // Every container finds what is in the checkout, and may read this.
    const shared = await mkdtemp(fileURLToPath(new URL('../../../node_modules/.cache/operated-', import.meta.url)));
    endings.push(() => rm(shared, { recursive: true }));
    await chmod(shared, 0o755);
    const roots = join(shared, 'apple-roots.pem');
    await writeFile(roots, sources.rootPem);
    const fakes = await startFakeProviders([sources.authority], shared);
    endings.push(() => fakes.close());
    const { google, environment } = fakes;
    const { account, data } = createGoogleSource({ privateKey: generateRsaKey().privateKey });
    google.accounts.register(account);
    google.issuers.set(issuerId, new Set([account.client_email]));
    const providers = { ...environment, APPLE_ROOTS_FILE: roots };
    await install({
      controlPlane,
      run,
      apply,
      sources,
      adminKey,
      url: stored.database.url,
      providers,
      googleSource: data,
    });
    const apiUrl = (): string => `http://${kubelet.serviceIp(namespace, 'loyalty-api')}`;
    return {
      namespace,
      controlPlane,
      client,
      kubelet,
      sources,
      google: Object.assign(google, { clientEmail: account.client_email }),
      run,
      apply,
      adminKey,
      apiUrl,
      stop,
      database: stored.knex,
      secret,
      credential,
      reader: {
        programs: [folder],
        environment: {
          KUBECONFIG: controlPlane.kubeconfig,
          KUBECACHEDIR: join(folder, 'kubectl-cache'),
          NAMESPACE: namespace,
          LOYALTY_URL: apiUrl(),
          LOYALTY_ADMIN_KEY_FILE: join(folder, 'admin-key'),
          DATABASE_URL: stored.database.url,
          // What is Apple's here.
          APPLE_ROOTS_FILE: roots,
        },
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function filledDatabase(): Promise<{ database: TestDatabase; knex: Knex; end: () => Promise<void> }> {
  const database = await (await sharedPostgres()).createDatabase();
  const knex = openDatabase({ url: database.url, poolSize: 4, applicationName: 'test' });
  const world = { merchants: 3, cards: 60, lotsPerCard: 3, dueShare: 0.35, years: 1, seed: 'alerts' };
  await makeWorld(knex, world, { add: false, now: new Date() });
  const end = async (): Promise<void> => {
    await knex.destroy();
    await database.drop();
  };
  return { database, knex, end };
}

interface Installed extends Pick<OperatedCluster, 'controlPlane' | 'run' | 'apply' | 'sources' | 'adminKey'> {
  /** Of the database. */
  url: string;
  /** Settings that say where Google and Apple are, and what is Apple's root. */
  providers: Record<string, string>;
  googleSource: SourceData;
}

async function install(installed: Installed): Promise<void> {
  const { controlPlane, run, apply, sources, adminKey, url, providers, googleSource } = installed;
  await run('create', 'namespace', namespace);
  await run('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
  await run('create', 'secret', 'generic', 'loyalty-database', `--from-literal=url=${url}`);
  await run('create', 'secret', 'generic', 'loyalty-admin-key', `--from-literal=key=${adminKey}`);
  await run('create', 'secret', 'generic', 'loyalty-pass-token-key', `--from-literal=key=${newApiKey()}`);
  await helm(['install', 'loyalty', chartFolder, '-n', namespace], { controlPlane, values: valuesWith(providers) });
  await run('wait', '--for=condition=Established', '--timeout=30s', 'crd/walletcredentials.loyalty.orion.dev');
  await apply(
    secret('apple-source', sources.apple()),
    credential('apple', appleSpec('apple-source')),
    secret('google-source', googleSource),
    credential('google', googleSpec('google-source')),
  );
  await run('rollout', 'status', 'deployment/loyalty-controller', '--timeout=90s');
  await run('wait', '--for=condition=Ready', '--timeout=30s', 'wcred/apple', 'wcred/google');
  await run('rollout', 'status', 'deployment/loyalty-api', '--timeout=90s');
}

/** One replica of each is enough for one machine, and nothing runs by the clock. The schema is there already. */
function valuesWith(providers: Record<string, string>): object {
  const extraEnv = Object.entries(providers).map(([name, value]) => ({ name, value }));
  return {
    database: { existingSecret: 'loyalty-database' },
    google: { liveSecret: 'google-live' },
    apple: { liveSecret: 'apple-live' },
    controller: { replicas: 1, extraEnv },
    api: {
      replicas: 1,
      extraEnv,
      adminKey: { existingSecret: 'loyalty-admin-key' },
      publicUrl: 'https://loyalty.example.com',
      passTokenKey: { existingSecret: 'loyalty-pass-token-key' },
    },
    jobs: { suspend: true, syncWallets: { extraEnv } },
    migrate: { enabled: false },
  };
}

function secret(name: string, data: SourceData): object {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace }, data: toSecretData(data) };
}

function credential(name: string, spec: object): object {
  return { apiVersion: 'loyalty.orion.dev/v1alpha1', kind: 'WalletCredential', metadata: { name, namespace }, spec };
}
