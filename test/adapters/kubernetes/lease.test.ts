import assert from 'node:assert/strict';
import { ApiError } from '../../../src/adapters/kubernetes/api-error.ts';
import type { KubernetesClient } from '../../../src/adapters/kubernetes/client.ts';
import type { LeaseObject, LeaseSpec } from '../../../src/adapters/kubernetes/lease-object.ts';
import {
  createLeaderElection,
  type LeaderElection,
  type LeaseDurations,
} from '../../../src/adapters/kubernetes/lease.ts';
import { clientFor } from '../../support/cluster.ts';
import { type ControlPlane, startControlPlane } from '../../support/control-plane/control-plane.ts';
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from '../../support/fault-proxy/fault-proxy.ts';
import { eventually } from '../../support/wait.ts';

/** For tests in which the lease runs out. */
const short: LeaseDurations = { lease: 1_000, renewDeadline: 600, retryPeriod: 50 };
/** For tests in which it must not, however busy the machine is. */
const long: LeaseDurations = { lease: 30_000, renewDeadline: 20_000, retryPeriod: 50 };

interface Candidate extends LeaderElection {
  /** What it was told, oldest first. */
  told: string[];
  errors: unknown[];
  leads(): boolean;
  /** Ends it as SIGTERM does. */
  stop(): Promise<void>;
}

const isRenewal = ({ method, path }: ProxiedRequest): boolean => method === 'PUT' && path.includes('/leases/');

describe('leader election', function () {
  this.timeout(30_000);
  let controlPlane: ControlPlane;
  let admin: KubernetesClient;
  let proxy: FaultProxy;
  let name: string;
  let count = 0;
  let ended: (() => Promise<unknown>)[] = [];
  const overlaps: string[] = [];
  const candidates = new Set<LeaderElection>();

  before(async () => {
    controlPlane = await startControlPlane({ kind: 'small' });
    admin = await clientFor(controlPlane.kubeconfig);
  });

  beforeEach(async () => {
    name = `lease-${++count}`;
    proxy = await startFaultProxy(controlPlane);
  });

  afterEach(async () => {
    await proxy.clear();
    await Promise.all(ended.map((end) => end()));
    await proxy.stop();
    ended = [];
    candidates.clear();
    assert.deepEqual(overlaps.splice(0), [], 'two could write at the same time');
  });

  after(async () => {
    await admin?.close();
    await controlPlane?.stop();
  });

  const path = (): string => `/apis/coordination.k8s.io/v1/namespaces/default/leases/${name}`;
  const lease = (): Promise<LeaseObject> => admin.request({ method: 'GET', path: path() });
  const edit = async (change: LeaseSpec, annotations?: object): Promise<void> => {
    await eventually(
      async () => {
        const found = await lease();
        const metadata = { ...found.metadata, ...(annotations && { annotations }) };
        const body = { ...found, metadata, spec: { ...found.spec, ...change } };
        return admin.request<LeaseObject>({ method: 'PUT', path: path(), body });
      },
      { describe: 'the lease to be edited' },
    );
  };

  async function join(identity: string, durations: LeaseDurations, through?: FaultProxy): Promise<Candidate> {
    const server = through && { server: through.url, certificateAuthority: through.certificateAuthority };
    const client = await clientFor(await controlPlane.kubeconfigFor({ ...server }));
    const told: string[] = [];
    const errors: unknown[] = [];
    const election = createLeaderElection({
      client,
      namespace: 'default',
      name,
      identity,
      durations,
      onElected: () => {
        told.push('elected');
        for (const other of candidates) if (other !== election && other.remaining() > 0) overlaps.push(identity);
      },
      onLost: () => told.push('lost'),
      onUnreachable: (error) => errors.push(error),
    });
    candidates.add(election);
    const stopping = new AbortController();
    const running = election.run(stopping.signal);
    const stop = async (): Promise<void> => {
      stopping.abort();
      await running;
    };
    ended.push(() => stop().then(() => client.close()));
    return { ...election, told, errors, leads: () => election.remaining() > 0, stop };
  }

  const whenLeading = (candidate: Candidate, describe: string): Promise<void> =>
    eventually(() => assert.ok(candidate.leads()), { describe });
  const renewals = (): ProxiedRequest[] => proxy.requests.filter(isRenewal);
  /** Waits until so many more renewals have been answered. */
  async function renewed(more: number): Promise<void> {
    const wanted = renewals().filter(({ status }) => status === 200).length + more;
    const done = (): boolean => renewals().filter(({ status }) => status === 200).length >= wanted;
    await eventually(done, { describe: `${more} more renewals` });
  }

  it('writes the Lease as the Kubernetes components do, instants with six digits', async () => {
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    const { spec: taken } = await lease();
    assert.deepEqual([taken.holderIdentity, taken.leaseDurationSeconds, taken.leaseTransitions], ['first', 30, 0]);
    await renewed(2);
    const { spec } = await lease();
    assert.equal(spec.acquireTime, taken.acquireTime);
    assert.ok(String(spec.renewTime) > String(taken.renewTime));
    for (const instant of [spec.acquireTime, spec.renewTime]) assert.match(String(instant), /\.\d{6}Z$/);
  });

  it('lets one of many win a Lease that nobody has made yet', async () => {
    const all = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((identity) => join(identity, long, proxy)));
    await eventually(() => all.filter((one) => one.leads()).length === 1, { describe: 'one to lead' });
    await renewed(10);
    assert.equal(all.filter(({ told }) => told.length > 0).length, 1);
    assert.deepEqual(
      all.flatMap(({ errors }) => errors),
      [],
    );
  });

  it('lets one of many win a Lease that was given back', async () => {
    const first = await join('first', long);
    await whenLeading(first, 'the first to lead');
    const all = await Promise.all(['a', 'b', 'c', 'd'].map((identity) => join(identity, long, proxy)));
    await first.stop();
    await eventually(() => all.filter((one) => one.leads()).length === 1, { describe: 'one to lead' });
    await renewed(10);
    assert.equal(all.filter(({ told }) => told.length > 0).length, 1);
    assert.equal((await lease()).spec.leaseTransitions, 1);
  });

  it('gives the Lease back at the end, and is not the leader any more before that', async () => {
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    await renewed(1);
    await first.stop();
    assert.equal(first.leads(), false);
    const { spec } = await lease();
    assert.deepEqual([spec.holderIdentity, spec.leaseDurationSeconds, spec.leaseTransitions], ['', 1, 0]);
    assert.deepEqual(first.told, ['elected']);
  });

  it('gives the Lease back although the answer to its last renewal was lost', async () => {
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    proxy.fault({ type: 'lose-answer' }, { when: isRenewal, times: 1 });
    await eventually(() => first.errors.length > 0, { describe: 'an answer to be lost' });
    await first.stop();
    assert.equal((await lease()).spec.holderIdentity, '');
  });

  it('leaves the Lease alone at the end when another holds it', async () => {
    const first = await join('first', long);
    await whenLeading(first, 'the first to lead');
    const second = await join('second', long, proxy);
    await eventually(() => proxy.requests.length > 2, { describe: 'the second to have looked' });
    await second.stop();
    assert.equal((await lease()).spec.holderIdentity, 'first');
    assert.deepEqual(renewals(), []);
  });

  it('takes over from a holder that has gone without a word, and counts it', async () => {
    const first = await join('first', short, proxy);
    await whenLeading(first, 'the first to lead');
    const second = await join('second', short);
    proxy.freeze();
    await whenLeading(second, 'the second to lead');
    assert.equal(first.leads(), false);
    const { spec } = await lease();
    assert.deepEqual([spec.holderIdentity, spec.leaseTransitions], ['second', 1]);
    assert.ok(String(spec.acquireTime) > '2026');
  });

  it('steps down when it reaches nobody, says so once, and leads again when nobody else does', async () => {
    const first = await join('first', short, proxy);
    await whenLeading(first, 'the first to lead');
    proxy.freeze();
    await eventually(() => assert.deepEqual(first.told, ['elected', 'lost']), { describe: 'the first to step down' });
    assert.equal(first.leads(), false);
    await proxy.clear();
    await whenLeading(first, 'the first to lead again');
    assert.deepEqual(first.told, ['elected', 'lost', 'elected']);
    assert.equal((await lease()).spec.leaseTransitions, 0);
  });

  for (const fault of [{ type: 'lose-answer' }, { type: 'reset' }] as const) {
    it(`is not deposed by a renewal with the fault ${fault.type}`, async () => {
      const first = await join('first', long, proxy);
      await whenLeading(first, 'the first to lead');
      const second = await join('second', long);
      const { spec: before } = await lease();
      proxy.fault(fault, { when: isRenewal, times: 3 });
      await eventually(() => first.errors.length >= 3, { describe: 'three failures' });
      await renewed(2);
      assert.deepEqual([first.told, second.told], [['elected'], []]);
      const { spec } = await lease();
      assert.deepEqual([spec.acquireTime, spec.leaseTransitions], [before.acquireTime, before.leaseTransitions]);
    });
  }

  it('leads although the answer to the write that made it the leader was lost', async () => {
    proxy.fault({ type: 'lose-answer' }, { when: ({ method }) => method === 'POST', times: 1 });
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    assert.equal((await lease()).spec.leaseTransitions, 0);
  });

  it('tells of refusals, and leads on when they end in time', async () => {
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    for (const code of [429, 500, 403]) proxy.fault({ type: 'status', code }, { when: isRenewal, times: 1 });
    await eventually(() => first.errors.length >= 3, { describe: 'three refusals' });
    await renewed(1);
    assert.deepEqual(
      first.errors.map((error) => error instanceof ApiError && error.code),
      [429, 500, 403],
    );
    assert.deepEqual(first.told, ['elected']);
  });

  it('steps down at once when a hand gives the Lease to another, and waits for it to run out', async () => {
    const first = await join('first', short, proxy);
    await whenLeading(first, 'the first to lead');
    await edit({ holderIdentity: 'a hand', leaseDurationSeconds: 1 });
    await eventually(() => assert.deepEqual(first.told, ['elected', 'lost']), { describe: 'the first to step down' });
    await whenLeading(first, 'the first to lead again');
    assert.ok(Number((await lease()).spec.leaseTransitions) >= 1);
  });

  it('goes on when a hand annotates the Lease, and keeps the annotation', async () => {
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    await edit({}, { note: 'mine' });
    await renewed(2);
    assert.deepEqual(first.told, ['elected']);
    assert.deepEqual((await lease()).metadata, { ...(await lease()).metadata, annotations: { note: 'mine' } });
  });

  it('makes the Lease anew when a hand deletes it', async () => {
    const first = await join('first', long, proxy);
    await whenLeading(first, 'the first to lead');
    await admin.request({ method: 'DELETE', path: path() });
    const holder = async (): Promise<void> => assert.equal((await lease()).spec.holderIdentity, 'first');
    await eventually(holder, { describe: 'the lease to be there again' });
    assert.deepEqual(first.told, ['elected']);
  });

  it('is refused a renewal that arrives after the takeover', async () => {
    const first = await join('first', short, proxy);
    await whenLeading(first, 'the first to lead');
    const released = Promise.withResolvers<void>();
    const hold = (): Promise<void> => {
      proxy.fault({ type: 'reset' });
      return released.promise;
    };
    const hook = proxy.beforeWrite(1, hold, isRenewal);
    const second = await join('second', short);
    await whenLeading(second, 'the second to lead');
    released.resolve();
    const late = await hook.fired;
    await eventually(() => assert.equal(late.upstreamStatus, 409), { describe: 'the late renewal to be refused' });
    assert.deepEqual(first.told, ['elected', 'lost']);
    assert.equal((await lease()).spec.holderIdentity, 'second');
  });

  it('does not lead by an answer that comes after its time is over', async () => {
    const released = Promise.withResolvers<void>();
    proxy.afterWrite(1, () => released.promise);
    const first = await join('first', { ...short, lease: 2_000 }, proxy);
    await eventually(() => proxy.requests.some(({ upstreamStatus }) => upstreamStatus === 201), {
      describe: 'the lease to be made',
    });
    const made = (await lease()).spec.renewTime;
    await eventually(() => Date.now() - Date.parse(String(made)) > short.renewDeadline, {
      describe: 'its time to pass',
    });
    released.resolve();
    await whenLeading(first, 'the first to lead by a renewal');
    assert.notEqual((await lease()).spec.renewTime, made);
  });
});
