import assert from 'node:assert/strict';
import { isNotFound } from '../../../src/adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import { createReflector, type Reflector } from '../../../src/adapters/kubernetes/reflector.ts';
import {
  decodeSecretMeta,
  metadataOnly,
  type SecretMeta,
  secretsPath,
} from '../../../src/adapters/kubernetes/secrets.ts';
import { clientFor, type Cluster, startCluster } from '../../support/cluster.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy/fault-proxy.ts';
import { eventually } from '../../support/wait.ts';

describe('the reflector on an API server behind a network that fails', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let proxy: FaultProxy;
  let client: KubernetesClient;
  let reflector: Reflector<SecretMeta>;
  let path: string;
  const stop = new AbortController();
  let running: Promise<void>;
  /** Key to version as the callbacks left it: what a controller that looks at each key that it is told would have seen. */
  const told = new Map<string, string | undefined>();

  before(async () => {
    cluster = await startCluster({ audit: false, controllerManager: false });
    proxy = await startFaultProxy(cluster.controlPlane);
    const { url: server, certificateAuthority } = proxy;
    client = await clientFor(await cluster.controlPlane.kubeconfigFor({ server, certificateAuthority }));
    path = secretsPath((await cluster.namespace()).name);
    reflector = createReflector<SecretMeta>({
      client,
      path,
      accept: metadataOnly,
      pageSize: 3,
      decode: decodeSecretMeta,
      onChange: (key) => void told.set(key, reflector.get(key)?.metadata.resourceVersion),
    });
    running = reflector.run(stop.signal);
  });

  after(async () => {
    stop.abort();
    await running;
    await client?.close();
    await proxy?.stop();
    await cluster?.stop();
  });

  /** Creates, changes or deletes one of twenty Secrets. */
  async function change(count: number): Promise<void> {
    const name = `s-${(count * 7) % 20}`;
    const { client: direct } = cluster;
    try {
      if (count % 5 === 0) await direct.request({ method: 'DELETE', path: `${path}/${name}` });
      else
        await direct.request({
          method: 'PATCH',
          path: `${path}/${name}`,
          body: { metadata: { annotations: { n: String(count) } } },
        });
    } catch (error) {
      if (!isNotFound(error)) throw error;
      await direct.request({ method: 'POST', path, body: { metadata: { name } } });
    }
  }

  async function versions(): Promise<Map<string, string>> {
    const { items } = await cluster.client.request<{ items: { metadata: SecretMeta['metadata'] }[] }>({
      method: 'GET',
      path,
    });
    return new Map(items.map(({ metadata }) => [`${metadata.namespace}/${metadata.name}`, metadata.resourceVersion]));
  }

  const faults: Record<string, () => () => void> = {
    'no fault': () => () => {},
    'the end of watches': () => (proxy.disturbWatches({ type: 'end' }), () => {}),
    resets: () => (proxy.resetConnections(), () => {}),
    'lines that are cut': () => (proxy.disturbWatches({ type: 'truncate', ending: 'end' }), () => {}),
    '410 as an event': () => (proxy.disturbWatches({ type: 'error', code: 410 }), () => {}),
    '500 as an event': () => (proxy.disturbWatches({ type: 'error', code: 500 }), () => {}),
    '410 to the second page': () => {
      proxy.disturbWatches({ type: 'error', code: 410 });
      return proxy.fault({ type: 'status', code: 410 }, { when: ({ query }) => query.has('continue'), times: 2 }).clear;
    },
    ...Object.fromEntries(
      [401, 429, 500].map((code) => [
        `${code} to everything`,
        () => (proxy.disturbWatches({ type: 'end' }), proxy.fault({ type: 'status', code }).clear),
      ]),
    ),
    'half-open connections that are cut': () => {
      const freeze = proxy.freeze();
      return () => freeze.clear('cut');
    },
  };

  for (const [name, begin] of Object.entries(faults)) {
    it(`has every key at its version after ${name}`, async () => {
      await eventually(() => proxy.openWatches().length === 1, { describe: 'the watch to be open' });
      for (let count = 0; count < 10; count++) await change(count);
      const end = begin();
      for (let count = 10; count < 60; count++) await change(count);
      end();
      const expected = await versions();
      await eventually(
        () => {
          const found = [...reflector.values()].map(({ metadata }): [string, string] => [
            `${metadata.namespace}/${metadata.name}`,
            metadata.resourceVersion,
          ]);
          assert.deepEqual(new Map(found), expected);
          assert.deepEqual(new Map([...told].filter(([, version]) => version !== undefined)), expected);
        },
        { describe: 'the reflector to have what the server has' },
      );
    });
  }
});
