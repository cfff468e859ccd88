import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGoogleSource } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import type { SourceData } from '../../src/example-credentials/source-data.ts';
import { type Cluster, type Namespace, startCluster } from '../support/cluster.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { type FaultProxy, isWrite, type ProxiedRequest, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { appleSpec, createSources, googleSpec } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';
import { type EndState, endStateOf } from './end-state.ts';
import { type SecretHistory, watchSecrets } from './secret-history.ts';

/** Something that a controller does in several writes, any of which may be its last. */
interface Case {
  what: string;
  /** Short, for the names of the WalletCredentials. */
  id: string;
  /** Brings a WalletCredential of that name to where it begins, with a controller that runs. */
  prepare(name: string): Promise<void>;
  /** Makes the controller begin. */
  change(name: string): Promise<void>;
}

describe('kill -9 at each single write of the controller', function () {
  this.timeout(300_000);
  const sources = createSources();
  const good = [1, 2, 3].map(() => sources.apple({ key: generateRsaKey() }));
  const google = createGoogleSource().data;
  const settled = new Map<string, EndState['versions']>();
  let cluster: Cluster;
  let namespace: Namespace;
  let proxy: FaultProxy;
  let history: SecretHistory;
  let environment: Record<string, string>;
  let controller: ControllerProcess;

  before(async () => {
    cluster = await startCluster({ kind: 'real', controllerManager: false });
    namespace = await cluster.namespace();
    proxy = await startFaultProxy(cluster.controlPlane);
    history = await watchSecrets(cluster.client, namespace);
    const roots = join(cluster.controlPlane.directory, 'roots.pem');
    await writeFile(roots, sources.rootPem);
    const { url: server, certificateAuthority } = proxy;
    const options = { namespace: namespace.name, server, certificateAuthority };
    const kubeconfig = await cluster.controlPlane.kubeconfigFor(options);
    environment = { KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: roots, LEADER_ELECTION: 'false' };
    await start();
  });

  after(async () => {
    history?.stop();
    controller?.kill('SIGKILL');
    await proxy?.stop();
    await cluster?.stop();
  });

  async function start(extra: Record<string, string> = {}): Promise<void> {
    controller = startControllerProcess({ ...environment, ...extra });
    await controller.whenLogged('leader.elected');
  }

  async function kill(): Promise<void> {
    controller.kill('SIGKILL');
    await controller.exited;
  }

  const source = (name: string, data: SourceData | undefined): Promise<unknown> => {
    assert.ok(data);
    return namespace.putSecret(`${name}-source`, data);
  };
  const settle = (name: string): Promise<EndState> =>
    eventually(() => endStateOf(namespace, name), { describe: `${name} to settle`, deadlineSeconds: 20 });

  /** Promotes these one after the other. */
  const promoted =
    (count: number, extra: object = {}) =>
    async (name: string): Promise<void> => {
      await source(name, good[0]);
      await namespace.putCredential(name, appleSpec(`${name}-source`, extra));
      await settle(name);
      for (const data of good.slice(1, count)) {
        await source(name, data);
        await settle(name);
      }
    };

  async function spoil(name: string): Promise<void> {
    const live = await namespace.secret(`${name}-live`);
    assert.ok(live?.data);
    const body = { ...live, data: { ...live.data, 'signer.pem': Buffer.from('mine').toString('base64') } };
    const path = `/api/v1/namespaces/${namespace.name}/secrets/${name}-live`;
    history.writtenByHand(await cluster.client.request({ method: 'PUT', path, body }));
  }

  const cases: Case[] = [
    {
      what: 'the first promotion',
      id: 'first',
      prepare: (name) => source(name, good[0]).then(() => {}),
      change: async (name) => void (await namespace.putCredential(name, appleSpec(`${name}-source`))),
    },
    {
      what: 'the first promotion of a Google key, whose age counts',
      id: 'google',
      prepare: (name) => source(name, google).then(() => {}),
      change: async (name) => void (await namespace.putCredential(name, googleSpec(`${name}-source`))),
    },
    {
      what: 'a rotation',
      id: 'rotation',
      prepare: promoted(1),
      change: async (name) => void (await source(name, good[1])),
    },
    {
      what: 'a rotation that removes a revision beyond the limit',
      id: 'pruning',
      prepare: promoted(2, { revisionHistoryLimit: 2 }),
      change: async (name) => void (await source(name, good[2])),
    },
    {
      what: 'a rollback by spec.rollbackTo',
      id: 'rollback',
      prepare: promoted(2),
      change: async (name) => void (await namespace.patchSpec(name, { rollbackTo: 1 })),
    },
    {
      what: 'the end of a pin',
      id: 'unpinning',
      prepare: async (name) => {
        await promoted(2)(name);
        await namespace.patchSpec(name, { rollbackTo: 1 });
        await settle(name);
      },
      change: async (name) => void (await namespace.patchSpec(name, { rollbackTo: null })),
    },
    { what: 'the repair of a live Secret that a hand has edited', id: 'repair', prepare: promoted(1), change: spoil },
    {
      what: 'a changed deletionPolicy',
      id: 'owner',
      prepare: promoted(1),
      change: async (name) => void (await namespace.patchSpec(name, { live: { deletionPolicy: 'Delete' } })),
    },
  ];

  const isEvent = ({ path }: ProxiedRequest): boolean => path.endsWith('/events');
  // Not the questions about permissions at the start, which are POSTs too, and not Events: they are written beside.
  const counts = (request: ProxiedRequest): boolean =>
    request.path.includes(`/namespaces/${namespace.name}/`) && !isEvent(request);
  const describeWrite = ({ method, path }: ProxiedRequest): string =>
    `${method} ${path.slice(path.indexOf(namespace.name) + namespace.name.length + 1)}`;

  /** What is written when nothing disturbs it, and whether an Event follows. */
  async function undisturbed(one: Case): Promise<{ writes: ProxiedRequest[]; event: boolean; state: EndState }> {
    const name = `${one.id}-undisturbed`;
    await one.prepare(name);
    const begin = proxy.requests.length;
    await one.change(name);
    const state = await settle(name);
    assert.equal(await controller.stop(), 0, 'SIGTERM ends it well, with everything written');
    const all = proxy.requests.slice(begin).filter(isWrite);
    await start();
    return { writes: all.filter(counts), event: all.slice(all.findLastIndex(counts)).some(isEvent), state };
  }

  async function comesToTheSame(name: string, expected: EndState): Promise<void> {
    const same = async (): Promise<EndState['versions']> => {
      const { versions, ...state } = await endStateOf(namespace, name);
      assert.deepEqual(state, { credential: expected.credential, secrets: expected.secrets });
      return versions;
    };
    const describe = `${name} to come to the same as undisturbed`;
    settled.set(name, await eventually(same, { describe, deadlineSeconds: 20 }));
  }

  async function killedAfter(one: Case, nth: number | 'event', expected: EndState): Promise<void> {
    const name = `${one.id}-after-${nth}`;
    await one.prepare(name);
    const begin = proxy.requests.length;
    const isItsEvent = (request: ProxiedRequest): boolean =>
      isEvent(request) && proxy.requests.slice(begin).some(({ path }) => path.endsWith(`/${name}/status`));
    const hook = nth === 'event' ? proxy.afterWrite(1, kill, isItsEvent) : proxy.afterWrite(nth, kill, counts);
    await one.change(name);
    await hook.fired;
    await start();
    await comesToTheSame(name, expected);
  }

  /** The write is on its way when the controller dies, and arrives after the next one has done everything. */
  async function killedBefore(one: Case, nth: number, expected: EndState): Promise<void> {
    const name = `${one.id}-before-${nth}`;
    await one.prepare(name);
    const killed = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const hold = async (): Promise<void> => {
      await kill();
      killed.resolve();
      await released.promise;
    };
    const hook = proxy.beforeWrite(nth, hold, counts);
    await one.change(name);
    await killed.promise;
    await start();
    await comesToTheSame(name, expected);
    released.resolve();
    const late = await hook.fired;
    const code = await eventually(() => late.upstreamStatus ?? null, { describe: 'the answer to the late write' });
    assert.equal(code, late.method === 'DELETE' ? 404 : 409, describeWrite(late));
  }

  for (const one of cases) {
    it(`${one.what}: the same end state, whichever write was the last`, async () => {
      const { writes, event, state } = await undisturbed(one);
      console.log(`      ${writes.map(describeWrite).join(' → ')}${event ? ' → POST events' : ''}`);
      for (const index of writes.keys()) {
        await killedAfter(one, index + 1, state);
        await killedBefore(one, index + 1, state);
      }
      if (event) await killedAfter(one, 'event', state);
      await history.check();
    });
  }

  it('moved nothing any more after it had come to the same', async () => {
    for (const [name, versions] of settled) assert.deepEqual((await endStateOf(namespace, name)).versions, versions);
  });
});
