import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { KubernetesClient } from '../src/adapters/kubernetes/client.ts';
import { createReflector, type Reflector } from '../src/adapters/kubernetes/reflector.ts';
import { decodeSecretMeta, metadataOnly, secretsPath, type SecretMeta } from '../src/adapters/kubernetes/secrets.ts';
import { decodeWalletCredential, walletCredentialsPath } from '../src/adapters/kubernetes/wallet-credentials.ts';
import type { WalletCredential } from '../src/domain/credentials/wallet-credential.ts';
import { toSecretData } from '../src/example-credentials/source-data.ts';
import { type Cluster, type Namespace, startCluster } from '../test/support/cluster.ts';
import { type ControllerProcess, startControllerProcess } from '../test/support/controller-process.ts';
import { appleSpec, createSources, type Sources } from '../test/support/sources.ts';
import { eventually } from '../test/support/wait.ts';
import { cpuSeconds, median, milliseconds, quantile, residentMebibytes, type Row, seconds } from './measure.ts';
import { createRawLoop, inParallel, promoteRaw } from './raw.ts';

export interface Sizes {
  credentials: number;
  unrelatedSecrets: number;
  rotations: number;
  restSeconds: number;
}

interface World {
  cluster: Cluster;
  namespace: Namespace;
  sources: Sources;
  roots: string;
  sizes: Sizes;
}

const user = 'loyalty-controller-bench';

/** The four rows of the controller: cold start, many new credentials at once, one change, and rest. */
export async function benchController(sizes: Sizes, say: (text: string) => void): Promise<Row[]> {
  const cluster = await startCluster({ kind: 'real', users: [user] });
  const sources = createSources();
  const roots = join(cluster.controlPlane.directory, 'roots.pem');
  await writeFile(roots, sources.rootPem);
  const world: World = { cluster, namespace: await cluster.namespace(), sources, roots, sizes };
  try {
    await allow(cluster.client);
    say(`writing ${sizes.unrelatedSecrets} unrelated Secrets of 1 KiB`);
    await writeUnrelated(world);
    const rows = [...(await manyAtOnce(world, say)), ...(await coldStart(world, say))];
    return rows;
  } finally {
    await cluster.stop();
  }
}

/** A user of its own, so that the audit log tells its requests apart. */
async function allow(client: KubernetesClient): Promise<void> {
  const body = {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: user },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'User', name: user, apiGroup: 'rbac.authorization.k8s.io' }],
  };
  await client.request({ method: 'POST', path: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', body });
}

async function writeUnrelated({ cluster, namespace, sizes }: World): Promise<void> {
  const value = Buffer.alloc(1_024, 'x').toString('base64');
  const names = Array.from({ length: sizes.unrelatedSecrets }, (_, index) => `unrelated-${index}`);
  const path = `/api/v1/namespaces/${namespace.name}/secrets`;
  await inParallel(names, 32, async (name) => {
    await cluster.client.request({
      method: 'POST',
      path,
      body: { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { value } },
    });
  });
}

async function requestsOf({ cluster }: World): Promise<number> {
  const events = await cluster.controlPlane.auditEvents();
  return events.filter((event) => event.user.username === user).length;
}

/** Without the lease, lists, watches and the look at the permissions, whose number does not grow with the credentials. */
async function promotionRequests({ cluster }: World): Promise<number> {
  const resources = ['secrets', 'walletcredentials', 'events'];
  const events = (await cluster.controlPlane.auditEvents()).filter((event) => event.user.username === user);
  return events.filter(
    ({ verb, objectRef }) => !['list', 'watch'].includes(verb) && resources.includes(objectRef?.resource ?? ''),
  ).length;
}

async function startOne(world: World): Promise<ControllerProcess> {
  const kubeconfig = await world.cluster.controlPlane.kubeconfigFor({ namespace: world.namespace.name, user });
  return startControllerProcess({ KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: world.roots });
}

async function seriesOf(controller: ControllerProcess): Promise<number> {
  const { body } = await controller.get('/metrics');
  return body.split('\n').filter((line) => line.startsWith('loyalty_wallet_credential_live_revision{')).length;
}

/** Watches as a client does, and calls back at each version of each object. */
async function observe<T extends { metadata: { namespace: string; name: string; resourceVersion: string } }>(
  client: KubernetesClient,
  path: string,
  decode: (object: unknown) => T,
  accept: typeof metadataOnly | undefined,
  onItem: (item: T) => void,
): Promise<{ reflector: Reflector<T>; stop: () => void }> {
  const stopping = new AbortController();
  const reflector = createReflector<T>({
    client,
    path,
    ...(accept && { accept }),
    pageSize: 2_000,
    decode,
    onChange(key) {
      const item = reflector.get(key);
      if (item) onItem(item);
    },
  });
  void reflector.run(stopping.signal);
  await eventually(() => reflector.synced() || null, { describe: 'the watch to be open' });
  return { reflector, stop: () => stopping.abort() };
}

function nameOf(index: number): string {
  return `card-${index}`;
}

async function createCredentials({ cluster, namespace, sources, sizes }: World): Promise<void> {
  const names = Array.from({ length: sizes.credentials }, (_, index) => nameOf(index));
  await inParallel(names, 16, async (name) => {
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-source` },
      data: toSecretData(sources.apple()),
    };
    await cluster.client.request({ method: 'POST', path: `/api/v1/namespaces/${namespace.name}/secrets`, body });
  });
}

/** All sources and WalletCredentials are there before the controller starts; then the same requests raw in a second namespace. */
async function manyAtOnce(world: World, say: (text: string) => void): Promise<Row[]> {
  const { namespace, sizes } = world;
  say(`${sizes.credentials} new credentials at once, then the same requests sent raw`);
  await createCredentials(world);
  await createResources(world, namespace.name);
  const allReady = whenReady(world, sizes.credentials);
  const controller = await startOne(world);
  await controller.whenLogged('leader.elected');
  const begun = performance.now();
  await allReady;
  const ours = performance.now() - begun;
  const cpu = await cpuSeconds(controller.pid);
  const perCredential = (await promotionRequests(world)) / sizes.credentials;
  const rest = await atRest(world, controller, say);
  const large = await largeSecrets(world, controller, say);
  const rotation = await rotations(world, say);
  const storm = await rotationsInStorm(world, say);
  await controller.stop();
  const status = (await namespace.credential(nameOf(0))).status ?? {};
  const raw = await rawPromotions(world, status);
  return [
    {
      what: `${sizes.credentials} new credentials at once: requests each`,
      measured: perCredential.toFixed(2),
      goal: '≤ 5 (cert-manager 23, External Secrets 8)',
      met: perCredential <= 5,
    },
    {
      what: `${sizes.credentials} new credentials at once: time`,
      measured: `${seconds(ours)}, ${(ours / raw).toFixed(2)} × raw (${seconds(raw)}); ${cpu.toFixed(1)} s of CPU`,
      goal: '≤ 1.5 × the same requests raw',
      met: ours / raw <= 1.5,
    },
    ...rest,
    ...large,
    ...rotation,
    ...storm,
  ];
}

async function createResources({ cluster, sizes }: World, namespace: string): Promise<WalletCredential[]> {
  const made: WalletCredential[] = [];
  const names = Array.from({ length: sizes.credentials }, (_, index) => nameOf(index));
  await inParallel(names, 16, async (name) => {
    const body = {
      apiVersion: 'loyalty.orion.dev/v1alpha1',
      kind: 'WalletCredential',
      metadata: { name },
      spec: appleSpec(`${name}-source`),
    };
    made.push(
      await cluster.client.request<WalletCredential>({ method: 'POST', path: walletCredentialsPath(namespace), body }),
    );
  });
  return made;
}

/** Resolves when so many WalletCredentials are ready, as a client's watch sees it: asking again and again would slow what is measured. */
async function whenReady({ cluster, namespace }: World, count: number): Promise<void> {
  const ready = new Set<string>();
  const all = Promise.withResolvers<void>();
  const path = walletCredentialsPath(namespace.name);
  const watching = await observe(cluster.client, path, decodeWalletCredential, undefined, ({ metadata, status }) => {
    if (status?.conditions?.some(({ type, status: value }) => type === 'Ready' && value === 'True'))
      ready.add(metadata.name);
    if (ready.size === count) all.resolve();
  });
  await all.promise;
  watching.stop();
}

async function rawPromotions(world: World, status: object): Promise<number> {
  const { cluster, sources, sizes } = world;
  const second = await cluster.namespace();
  await createCredentials({ ...world, namespace: second, sources, sizes });
  const credentials = await createResources(world, second.name);
  return inParallel(credentials, 16, (credential) =>
    promoteRaw(
      cluster.client,
      { namespace: second.name, credential, source: `${credential.metadata.name}-source` },
      status,
    ),
  );
}

/** Back to the number of credentials that the goals speak of; their Secrets go with them, but for sources and live ones. */
async function removeStorm({ cluster, namespace, sizes }: World): Promise<void> {
  const names = Array.from({ length: sizes.credentials }, (_, index) => `storm-${index}`);
  const gone = async (path: string): Promise<void> => void (await cluster.client.request({ method: 'DELETE', path }));
  await inParallel(names, 16, async (name) => {
    await gone(`${walletCredentialsPath(namespace.name)}/${name}`);
    for (const secret of [`${name}-source`, `${name}-live`]) await gone(`${secretsPath(namespace.name)}/${secret}`);
  });
  await eventually(
    async () => {
      const { items } = await cluster.client.request<{ items: { metadata: { name: string } }[] }>({
        method: 'GET',
        path: secretsPath(namespace.name),
        accept: metadataOnly.list,
        timeoutMilliseconds: 30_000,
      });
      return items.some((secret) => secret.metadata.name.startsWith('storm-')) ? null : true;
    },
    {
      describe: 'the revisions of deleted credentials to be collected',
      deadlineSeconds: 120,
      intervalMilliseconds: 1_000,
    },
  );
}

/** A process that starts where everything was promoted before. */
async function coldStart(world: World, say: (text: string) => void): Promise<Row[]> {
  const { sizes } = world;
  await removeStorm(world);
  say(`cold start with ${sizes.credentials} promoted credentials, three times`);
  const times: number[] = [];
  const requests: number[] = [];
  let memory = Number.NaN;
  for (let round = 0; round < 3; round++) {
    const before = await requestsOf(world);
    const begun = performance.now();
    const controller = await startOne(world);
    await eventually(async () => ((await seriesOf(controller)) === sizes.credentials ? true : null), {
      describe: 'all series to be there',
      deadlineSeconds: 60,
    });
    times.push(performance.now() - begun);
    await eventually(
      async () => /loyalty_controller_queue_depth 0\n/.test((await controller.get('/metrics')).body) || null,
      {
        describe: 'the queue to be empty',
      },
    );
    requests.push((await requestsOf(world)) - before);
    if (round === 2) {
      say('a minute until its memory is measured');
      await new Promise((resolve) => setTimeout(resolve, sizes.restSeconds * 1_000));
      memory = await residentMebibytes(controller.pid);
    }
    await controller.stop();
  }
  return [
    {
      what: 'cold start: all series',
      measured: `${seconds(median(times))} (of ${times.map(seconds).join(', ')})`,
      goal: '≤ 2 s (cert-manager 0.8, x509-certificate-exporter 2.7, External Secrets 19)',
      met: median(times) <= 2_000,
    },
    {
      what: 'cold start: requests',
      measured: String(median(requests)),
      goal: '≤ 30 (15, 22, 1016)',
      met: median(requests) <= 30,
    },
    {
      what: 'memory after a minute',
      measured: `${memory.toFixed(0)} MiB`,
      goal: '≤ 120 MiB (134, 62, 117)',
      met: memory <= 120,
    },
  ];
}

const settleSeconds = 35;

/** A minute in which nothing changes. */
async function atRest(world: World, controller: ControllerProcess, say: (text: string) => void): Promise<Row[]> {
  const { sizes, cluster } = world;
  say(`${settleSeconds} s until the idle check thread has ended, then ${sizes.restSeconds} s at rest`);
  await new Promise((resolve) => setTimeout(resolve, settleSeconds * 1_000));
  const [cpu, audited] = [await cpuSeconds(controller.pid), (await cluster.controlPlane.auditEvents()).length];
  await new Promise((resolve) => setTimeout(resolve, sizes.restSeconds * 1_000));
  const used = ((await cpuSeconds(controller.pid)) - cpu) * (60 / sizes.restSeconds);
  const requests = (await cluster.controlPlane.auditEvents())
    .slice(audited)
    .filter((event) => event.user.username === user);
  const others = requests.filter((event) => event.objectRef?.resource !== 'leases' && event.verb !== 'watch');
  const scrapes: number[] = [];
  for (let round = 0; round < 100; round++) {
    const begun = performance.now();
    await controller.get('/metrics');
    scrapes.push(performance.now() - begun);
  }
  const p99 = quantile(scrapes, 0.99);
  return [
    {
      what: 'at rest: requests beside lease and watch',
      measured: String(others.length),
      goal: '0',
      met: others.length === 0,
    },
    {
      what: 'at rest: CPU a minute',
      measured: `${used.toFixed(2)} s`,
      goal: '≤ 0.3 s (cert-manager 0.11)',
      met: used <= 0.3,
    },
    { what: 'at rest: a scrape of /metrics, p99', measured: milliseconds(p99), goal: '≤ 50 ms', met: p99 <= 50 },
  ];
}

/** Rotates one credential after another and measures, as a client's watch sees it, until the live Secret and the status have it. */
async function rotate(
  { cluster, sources }: World,
  namespace: string,
  names: readonly string[],
  pauseMilliseconds = 0,
): Promise<{ live: number[]; status: number[] }> {
  const seen = new Map<string, () => void>();
  const fingerprints = new Map<string, string>();
  const arrivedLive = new Map<string, number>();
  const credentials = await observe(
    cluster.client,
    walletCredentialsPath(namespace),
    decodeWalletCredential,
    undefined,
    ({ metadata, status }) => {
      const fingerprint = status?.source?.accepted ? status.live?.fingerprint : undefined;
      if (fingerprint === undefined || fingerprints.get(metadata.name) === fingerprint) return;
      fingerprints.set(metadata.name, fingerprint);
      seen.get(metadata.name)?.();
    },
  );
  const secrets = await observe<SecretMeta>(
    cluster.client,
    secretsPath(namespace),
    decodeSecretMeta,
    metadataOnly,
    ({ ours }) => {
      if (ours?.role === 'live') arrivedLive.set(ours.credential, performance.now());
    },
  );
  const times: { live: number[]; status: number[] } = { live: [], status: [] };
  for (const name of names) {
    const data = toSecretData(sources.apple());
    const arrived = new Promise<void>((resolve) => seen.set(name, resolve));
    const path = `/api/v1/namespaces/${namespace}/secrets/${name}-source`;
    const found = await cluster.client.request<{ metadata: object }>({ method: 'GET', path });
    const begun = performance.now();
    await cluster.client.request({ method: 'PUT', path, body: { ...found, data } });
    await arrived;
    times.status.push(performance.now() - begun);
    times.live.push((arrivedLive.get(name) ?? Number.NaN) - begun);
    if (pauseMilliseconds > 0) await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
  }
  credentials.stop();
  secrets.stop();
  return times;
}

/** One Secret changes. The same with a raw loop that watches, GETs and makes the same writes, in a namespace that no controller watches. */
async function rotations(world: World, say: (text: string) => void): Promise<Row[]> {
  const { namespace, sizes } = world;
  say(`${sizes.rotations} rotations, and as many by a raw loop`);
  const names = Array.from({ length: sizes.rotations }, (_, index) => nameOf(index % sizes.credentials));
  const ours = await rotate(world, namespace.name, names);
  const raw = await rawRotations(world, Math.min(sizes.rotations, 100));
  const [p50, p99] = [quantile(ours.status, 0.5), quantile(ours.status, 0.99)];
  const [raw50, raw99] = [quantile(raw.status, 0.5), quantile(raw.status, 0.99)];
  const ratio = p50 / raw50;
  return [
    {
      what: `one Secret changes, over ${sizes.rotations}: live and status`,
      measured: `p50 ${milliseconds(p50)}, p99 ${milliseconds(p99)} (live: ${milliseconds(quantile(ours.live, 0.5))}, ${milliseconds(quantile(ours.live, 0.99))})`,
      goal: 'p50 ≤ 50 ms, p99 ≤ 150 ms (cert-manager 84–142, 143–244)',
      met: p50 <= 50 && p99 <= 150,
    },
    {
      what: 'one Secret changes, against a raw loop',
      measured: `${ratio.toFixed(2)} × (raw p50 ${milliseconds(raw50)}, p99 ${milliseconds(raw99)})`,
      goal: '≤ 2 × raw',
      met: ratio <= 2,
    },
  ];
}

async function rawRotations(world: World, count: number): Promise<{ status: number[] }> {
  const { cluster, sources } = world;
  const raw = await cluster.namespace();
  const name = 'raw';
  await raw.putSecret(`${name}-source`, sources.apple());
  await raw.putCredential(name, appleSpec(`${name}-source`));
  const template = (await world.namespace.credential(nameOf(0))).status ?? {};
  const loop = createRawLoop(cluster.client, raw.name, name, template);
  const watching = await observe<SecretMeta>(
    cluster.client,
    secretsPath(raw.name),
    decodeSecretMeta,
    metadataOnly,
    ({ metadata }) => {
      if (metadata.name === `${name}-source`) loop.changed();
    },
  );
  await eventually(async () => ((await raw.secret(`${name}-live`)) ? true : null), {
    describe: 'the raw loop to begin',
  });
  const times = await rotate(
    world,
    raw.name,
    Array.from({ length: count }, () => name),
  );
  watching.stop();
  return times;
}

/** Rotations of a credential that was promoted before, while as many others are new as there are. */
async function rotationsInStorm(world: World, say: (text: string) => void): Promise<Row[]> {
  const { cluster, sources, sizes, namespace } = world;
  say(`rotations while ${sizes.credentials} others are new`);
  const names = Array.from({ length: sizes.credentials }, (_, index) => `storm-${index}`);
  await inParallel(names, 16, async (name) => {
    const body = {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: `${name}-source` },
      data: toSecretData(sources.apple()),
    };
    await cluster.client.request({ method: 'POST', path: secretsPath(namespace.name), body });
  });
  const storm = inParallel(names, 16, async (name) => {
    const body = {
      apiVersion: 'loyalty.orion.dev/v1alpha1',
      kind: 'WalletCredential',
      metadata: { name },
      spec: appleSpec(`${name}-source`),
    };
    await cluster.client.request({ method: 'POST', path: walletCredentialsPath(namespace.name), body });
  });
  const during = await rotate(
    world,
    namespace.name,
    Array.from({ length: 30 }, (_, index) => nameOf(index)),
    100,
  );
  await storm;
  await whenReady(world, 2 * sizes.credentials);
  const p99 = quantile(during.status, 0.99);
  return [
    {
      what: `one Secret changes while ${sizes.credentials} others are new, over 30`,
      measured: `p50 ${milliseconds(quantile(during.status, 0.5))}, p99 ${milliseconds(p99)}`,
      goal: 'p99 ≤ 1 s',
      met: p99 <= 1_000,
    },
  ];
}

/** Large Secrets that concern nobody. */
async function largeSecrets(world: World, controller: ControllerProcess, say: (text: string) => void): Promise<Row[]> {
  say('100 Secrets of 1 MiB');
  const before = await residentMebibytes(controller.pid);
  const value = Buffer.alloc(740_000, 'x').toString('base64');
  const names = Array.from({ length: 100 }, (_, index) => `large-${index}`);
  await inParallel(names, 4, async (name) => {
    const body = { apiVersion: 'v1', kind: 'Secret', metadata: { name }, data: { value } };
    await world.cluster.client.request({ method: 'POST', path: secretsPath(world.namespace.name), body });
  });
  const more = (await residentMebibytes(controller.pid)) - before;
  return [
    {
      what: 'memory that 100 Secrets of 1 MiB add',
      measured: `${more.toFixed(1)} MiB`,
      goal: '≤ 5 MB',
      met: more <= 5,
    },
  ];
}
