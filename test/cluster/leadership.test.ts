import assert from 'node:assert/strict';
import type { LeaseObject } from '../../src/adapters/kubernetes/lease-object.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import type { SourceData } from '../../src/example-credentials/source-data.ts';
import { type Cluster, type Namespace, startCluster, textOf } from '../support/cluster.ts';
import { type FaultProxy, isWrite, type ProxiedRequest, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { appleSpec, createSources } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';
import { endStateOf } from './end-state.ts';
import { launchReplica, permitUsers, type Replica, startReplica, type User, users } from './replicas.ts';
import { type SecretHistory, watchSecrets } from './secret-history.ts';

const isLease = ({ path }: ProxiedRequest): boolean => path.includes('/leases');
const isLive = ({ method, path }: ProxiedRequest): boolean => method === 'PUT' && path.endsWith('-live');
const seconds = (since: number): string => `${((performance.now() - since) / 1_000).toFixed(2)} s`;

describe('two replicas', function () {
  this.timeout(120_000);
  const sources = createSources();
  const key = generateRsaKey();
  let cluster: Cluster;
  let namespace: Namespace;
  let proxies: Record<User, FaultProxy>;
  let history: SecretHistory;
  let replicas: Record<User, Replica>;

  before(async () => {
    cluster = await startCluster({ kind: 'real', controllerManager: false, users: [...users] });
    await permitUsers(cluster);
    namespace = await cluster.namespace();
    history = await watchSecrets(cluster.client, namespace);
    proxies = {
      first: await startFaultProxy(cluster.controlPlane),
      second: await startFaultProxy(cluster.controlPlane),
    };
  });

  after(async () => {
    history?.stop();
    for (const user of users) {
      replicas?.[user]?.kill('SIGKILL');
      await proxies?.[user]?.stop();
    }
    await cluster?.stop();
  });

  const start = (user: User, environment: Record<string, string> = {}): Promise<Replica> =>
    startReplica(cluster, { user, namespace, proxy: proxies[user], rootPem: sources.rootPem, environment });
  const other = (user: User): User => (user === 'first' ? 'second' : 'first');
  const lease = (): Promise<LeaseObject> =>
    cluster.client.request({
      method: 'GET',
      path: `/apis/coordination.k8s.io/v1/namespaces/${namespace.name}/leases/loyalty-controller`,
    });
  const transitions = async (): Promise<number> => (await lease()).spec.leaseTransitions ?? -1;

  async function leader(): Promise<User> {
    return eventually(
      async () => {
        const leading = await Promise.all(users.map((user) => replicas[user].leads()));
        assert.equal(leading.filter(Boolean).length, 1, 'not exactly one leads');
        return leading[0] ? 'first' : 'second';
      },
      { describe: 'one of two to lead', deadlineSeconds: 20 },
    );
  }

  async function putSource(name: string): Promise<SourceData> {
    const data = sources.apple({ key });
    await namespace.putSecret(`${name}-source`, data);
    return data;
  }

  async function whenLive(name: string, data: SourceData, deadlineSeconds: number): Promise<void> {
    const expected = String(data['signer.pem']);
    const live = async (): Promise<void> =>
      assert.equal(textOf(await namespace.secret(`${name}-live`), 'signer.pem'), expected);
    await eventually(live, { describe: `the new source of ${name} to be live`, deadlineSeconds });
  }

  async function settled(name: string): Promise<void> {
    await eventually(() => endStateOf(namespace, name), { describe: `${name} to settle` });
  }

  it('started at once for a Lease that nobody has made: exactly one leads', async () => {
    const [first, second] = await Promise.all([start('first'), start('second')]);
    replicas = { first, second };
    const user = await leader();
    const { spec } = await lease();
    assert.deepEqual([spec.leaseDurationSeconds, spec.leaseTransitions], [15, 0]);
    for (const instant of [spec.acquireTime, spec.renewTime]) assert.match(String(instant), /\.\d{6}Z$/);
    assert.deepEqual(users.filter(wroteLease), [user]);
  });

  /** Whether any write of the lease by that replica has succeeded. */
  function wroteLease(user: User): boolean {
    return proxies[user].requests.some(
      (request) => isLease(request) && isWrite(request) && (request.status ?? 500) < 300,
    );
  }

  it('only the leader acts, and only it has series of resources', async () => {
    const user = await leader();
    for (const name of ['apple', 'other']) {
      await putSource(name);
      await namespace.putCredential(name, appleSpec(`${name}-source`));
      await settled(name);
    }
    const series = /^loyalty_wallet_credential_live_revision\{.*name="apple".*\} 1$/m;
    assert.match((await replicas[user].get('/metrics')).body, series);
    const standby = (await replicas[other(user)].get('/metrics')).body;
    assert.doesNotMatch(standby, /^loyalty_wallet_credential_/m);
    assert.match(standby, /^loyalty_controller_leader 0$/m);
    assert.equal((await replicas[other(user)].get('/readyz')).status, 200);
    const wrote = proxies[other(user)].requests.filter((request) => isWrite(request) && !isLease(request));
    assert.deepEqual(
      wrote.filter(({ path }) => path.includes('/namespaces/')),
      [],
    );
  });

  it('SIGTERM finishes what is in work, exits 0, and the other takes over within 3 s: three times', async () => {
    for (let round = 0; round < 3; round++) {
      const user = await leader();
      const before = await transitions();
      const leaving = replicas[user];
      const begin = proxies[user].requests.length;
      let begun = 0;
      const hook = proxies[user].beforeWrite(
        1,
        async () => {
          begun = performance.now();
          leaving.kill('SIGTERM');
          await leaving.whenLogged('controller.stopping');
        },
        isLive,
      );
      await putSource('apple');
      await hook.fired;
      const data = await putSource('other');
      const handedOver = whenLive('other', data, 3).then(() => seconds(begun));
      assert.equal(await leaving.exited, 0, leaving.text());
      const ended = seconds(begun);
      const taken = await handedOver;
      const finished = proxies[user].requests.slice(begin).filter((request) => isWrite(request) && !isLease(request));
      const last = finished.slice(-2).map(({ path, status }) => [path.split('/').at(-1), status]);
      assert.deepEqual(last, [
        ['status', 200],
        ['events', 201],
      ]);
      console.log(`      exit after ${ended}; a change right after SIGTERM is live after ${taken}`);
      await settled('apple');
      assert.equal(await transitions(), before + 1);
      replicas[user] = await start(user);
    }
  });

  it('kill -9 in mid-promotion: the other completes it, and acts on what came after, within 20 s', async () => {
    const user = await leader();
    const before = await transitions();
    let begun = 0;
    const hook = proxies[user].afterWrite(
      1,
      async () => {
        begun = performance.now();
        replicas[user].kill('SIGKILL');
        await replicas[user].exited;
      },
      isLive,
    );
    const data = await putSource('apple');
    await hook.fired;
    const later = await putSource('other');
    await whenLive('other', later, 20);
    console.log(`      a change right after kill -9 is live after ${seconds(begun)}`);
    await whenLive('apple', data, 5);
    await settled('apple');
    assert.equal(await transitions(), before + 1);
    replicas[user] = await start(user);
  });

  it('a renewal whose answer is lost deposes nobody', async () => {
    const user = await leader();
    const { spec: before } = await lease();
    const isRenewal = (request: ProxiedRequest): boolean => isLease(request) && isWrite(request);
    const begin = proxies[user].requests.length;
    proxies[user].fault({ type: 'lose-answer' }, { when: isRenewal, times: 1 });
    const renewed = (): boolean =>
      proxies[user].requests.slice(begin).some((request) => isRenewal(request) && request.status === 200);
    await eventually(renewed, { describe: 'the next renewal' });
    const { spec } = await lease();
    assert.deepEqual([spec.holderIdentity, spec.acquireTime], [before.holderIdentity, before.acquireTime]);
    assert.equal(await leader(), user);
    assert.equal(replicas[user].lines().filter(({ event }) => event === 'leader.lost').length, 0);
    await whenLive('apple', await putSource('apple'), 5);
    await settled('apple');
  });

  it('a leader that reaches nobody stops acting before the other leads, and changes nothing when it is back', async () => {
    const user = await leader();
    const before = await transitions();
    const begun = performance.now();
    proxies[user].freeze();
    const data = await putSource('apple');
    await replicas[user].whenLogged('leader.lost', 12);
    const lost = seconds(begun);
    assert.equal(await replicas[user].leads(), false);
    assert.equal(await replicas[other(user)].leads(), false, 'nobody leads until the lease has run out');
    await whenLive('apple', data, 20);
    console.log(`      it stopped after ${lost}; a change during the partition was live after ${seconds(begun)}`);
    await settled('apple');
    const versions = await endStateOf(namespace, 'apple');
    const begin = proxies[user].requests.length;
    await proxies[user].clear('resume');
    const looked = (): boolean =>
      proxies[user].requests.slice(begin).some((request) => isLease(request) && request.status === 200);
    await eventually(looked, { describe: 'it to look at the lease again' });
    assert.equal(await leader(), other(user));
    assert.deepEqual(await endStateOf(namespace, 'apple'), versions);
    assert.equal(await transitions(), before + 1);
    // The Event of the promotion before may have been on its way.
    const changes = (request: ProxiedRequest): boolean =>
      isWrite(request) && !isLease(request) && !request.path.endsWith('/events');
    assert.deepEqual(proxies[user].requests.slice(begin).filter(changes), []);
  });

  it('SIGTERM in the middle of the start ends it with 0', async () => {
    const user = other(await leader());
    assert.equal(await replicas[user].stop(), 0);
    const launch = (): Promise<Replica> =>
      launchReplica(cluster, { user, namespace, proxy: proxies[user], rootPem: sources.rootPem });

    await proxies[user].refuseConnections();
    const refused = await launch();
    await refused.whenLogged('api_server.unavailable');
    assert.equal(await refused.stop(), 0, refused.text());
    await proxies[user].clear();

    const freeze = proxies[user].freeze();
    const dead = freeze.held();
    const unanswered = await launch();
    await eventually(() => freeze.held() > dead, { describe: 'it to connect', deadlineSeconds: 20 });
    assert.equal(await unanswered.stop(), 0, unanswered.text());
    freeze.clear('cut');

    const started = await launch();
    await started.whenLogged('controller.started');
    assert.equal(await started.stop(), 0, started.text());
    replicas[user] = await start(user);
  });

  it('SIGTERM of a leader that reaches nobody ends it with 0, soon', async () => {
    const user = await leader();
    proxies[user].freeze();
    const begun = performance.now();
    replicas[user].kill('SIGTERM');
    const code = await eventually(() => replicas[user].process.exitCode, {
      describe: 'it to end',
      deadlineSeconds: 10,
    });
    console.log(`      exit after ${seconds(begun)}`);
    assert.equal(code, 0, replicas[user].text());
  });

  it('without an election it acts and writes no Lease', async () => {
    const alone = await cluster.namespace();
    const options = { user: 'first', namespace: alone, rootPem: sources.rootPem } as const;
    const replica = await startReplica(cluster, { ...options, environment: { LEADER_ELECTION: 'false' } });
    await alone.putSecret('apple-source', sources.apple({ key }));
    await alone.putCredential('apple', appleSpec('apple-source'));
    await eventually(() => endStateOf(alone, 'apple'), { describe: 'a promotion' });
    assert.equal(await replica.leads(), true);
    const path = `/apis/coordination.k8s.io/v1/namespaces/${alone.name}/leases`;
    const { items } = await cluster.client.request<{ items: unknown[] }>({ method: 'GET', path });
    assert.deepEqual(items, []);
    const calls = (await cluster.controlPlane.auditEvents()).filter(({ requestURI }) => requestURI.startsWith(path));
    assert.deepEqual(new Set(calls.map(({ user }) => user.username)), new Set(['admin']));
    assert.equal(await replica.stop(), 0);
  });

  it('two that both act, by a mistake in their configuration, double, lose and mix nothing', async () => {
    const shared = await cluster.namespace();
    const seen = await watchSecrets(cluster.client, shared);
    const environment = { LEADER_ELECTION: 'false' };
    const both = await Promise.all(
      users.map((user) => startReplica(cluster, { user, namespace: shared, rootPem: sources.rootPem, environment })),
    );
    await shared.putSecret('apple-source', sources.apple({ key }));
    await shared.putCredential('apple', appleSpec('apple-source', { revisionHistoryLimit: 2 }));
    for (let revision = 1; revision <= 20; revision++) {
      await shared.putSecret('apple-source', sources.apple({ key }));
      await eventually(() => endStateOf(shared, 'apple'), { describe: `rotation ${revision} to settle` });
    }
    const { status } = await shared.credential('apple');
    const last = status?.live?.revision ?? 0;
    // The first source may have been replaced before either had looked at it.
    assert.ok(last === 20 || last === 21, `revision ${last} is live`);
    assert.deepEqual(
      status?.revisions?.map(({ revision }) => revision),
      [last - 1, last],
    );
    for (const replica of both) assert.equal(await replica.stop(), 0);
    await seen.check();
    seen.stop();
  });

  it('left nothing absent, empty or mixed', () => history.check());
});
