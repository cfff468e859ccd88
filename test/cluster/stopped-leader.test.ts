import assert from 'node:assert/strict';
import type { AuditEvent } from '../support/control-plane/audit.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import type { SourceData } from '../../src/example-credentials/source-data.ts';
import { type Cluster, type Namespace, startCluster, textOf } from '../support/cluster.ts';
import {
  type FaultProxy,
  isWrite,
  type ProxiedRequest,
  type RequestMatcher,
  startFaultProxy,
} from '../support/fault-proxy/fault-proxy.ts';
import { appleSpec, createSources } from '../support/sources.ts';
import { eventually } from '../support/wait.ts';
import { endStateOf } from './end-state.ts';
import { permitUsers, type Replica, startReplica, users } from './replicas.ts';
import { type SecretHistory, watchSecrets } from './secret-history.ts';

const revision: RequestMatcher = ({ method, path }) => method === 'POST' && path.endsWith('/secrets');
const live: RequestMatcher = ({ method, path }) => method === 'PUT' && path.endsWith('-live');
const status: RequestMatcher = ({ method, path }) => method === 'PUT' && path.endsWith('/status');

/** A promotion (of revision 2, from source 2) that the leader is stopped in. */
interface Variant {
  what: string;
  /** Name of the WalletCredential. */
  name: string;
  /** The leader is stopped when this write is on its way to the server, or its answer on the way back. */
  held: 'write' | 'answer';
  of: RequestMatcher;
  /** What becomes the source while the leader is stopped: number of a good one, or a bad one. */
  source?: 1 | 3 | 'bad';
  /** The revision that is live in the end, the source that it holds, and the revisions kept. */
  ends: { live: number; source: 1 | 2 | 3; kept: number[] };
}

const completed = { live: 2, source: 2, kept: [1, 2] } as const;

const variants: Variant[] = [
  { what: 'before the revision', name: 'revision', held: 'write', of: revision, ends: { ...completed, kept: [1, 2] } },
  { what: 'before the live Secret', name: 'live', held: 'write', of: live, ends: { ...completed, kept: [1, 2] } },
  { what: 'before the status', name: 'status', held: 'write', of: status, ends: { ...completed, kept: [1, 2] } },
  {
    what: 'after the revision',
    name: 'revision-answer',
    held: 'answer',
    of: revision,
    ends: { ...completed, kept: [1, 2] },
  },
  {
    what: 'after the live Secret',
    name: 'live-answer',
    held: 'answer',
    of: live,
    ends: { ...completed, kept: [1, 2] },
  },
  {
    what: 'before the revision; a newer source came',
    name: 'revision-newer',
    held: 'write',
    of: revision,
    source: 3,
    ends: { live: 2, source: 3, kept: [1, 2] },
  },
  {
    what: 'before the live Secret; a newer source came',
    name: 'live-newer',
    held: 'write',
    of: live,
    source: 3,
    ends: { live: 3, source: 3, kept: [1, 2, 3] },
  },
  {
    what: 'before the status; a newer source came',
    name: 'status-newer',
    held: 'write',
    of: status,
    source: 3,
    ends: { live: 3, source: 3, kept: [1, 2, 3] },
  },
  {
    what: 'before the live Secret; the source went back to what is live',
    name: 'live-back',
    held: 'write',
    of: live,
    source: 1,
    ends: { live: 1, source: 1, kept: [1, 2] },
  },
  {
    what: 'before the live Secret; the source became bad',
    name: 'live-bad',
    held: 'write',
    of: live,
    source: 'bad',
    ends: { live: 1, source: 1, kept: [1, 2] },
  },
  {
    what: 'before the revision; the source went back to what is live',
    name: 'revision-back',
    held: 'write',
    of: revision,
    source: 1,
    ends: { live: 1, source: 1, kept: [1] },
  },
];

/**
 * What no precondition can refuse, because the world is again as it was when the write was sent: a revision that is new, and a
 * rollback although nothing was written since. Neither comes from a leader that could know.
 */
const taken: Pick<Variant, 'what' | 'name' | 'ends'>[] = [
  {
    what: 'a revision of a source that is not there any more is kept, and never live',
    name: 'revision-back',
    ends: { live: 1, source: 1, kept: [1, 2] },
  },
  {
    what: 'a rollback that is not wanted any more is put right',
    name: 'unpinned',
    ends: { ...completed, kept: [1, 2] },
  },
];
const isTaken = ({ name }: Variant): boolean => taken.some((one) => one.name === name);

describe('a leader that is stopped in mid-promotion and wakes after the takeover', function () {
  this.timeout(120_000);
  const sources = createSources();
  const good: Record<1 | 2 | 3, SourceData> = {
    1: sources.apple({ key: generateRsaKey() }),
    2: sources.apple({ key: generateRsaKey() }),
    3: sources.apple({ key: generateRsaKey() }),
  };
  const versions = new Map<string, Record<string, string>>();
  const late = new Map<string, ProxiedRequest>();
  const released = Promise.withResolvers<void>();
  let cluster: Cluster;
  let namespace: Namespace;
  let proxy: FaultProxy;
  let history: SecretHistory;
  let first: Replica;
  let second: Replica;
  let woken: Date;

  before(async () => {
    cluster = await startCluster({ kind: 'real', controllerManager: false, users: [...users] });
    await permitUsers(cluster);
    namespace = await cluster.namespace();
    proxy = await startFaultProxy(cluster.controlPlane);
    history = await watchSecrets(cluster.client, namespace);
    first = await startReplica(cluster, { user: 'first', namespace, proxy, rootPem: sources.rootPem });
    await first.whenLeading(20);
    second = await startReplica(cluster, { user: 'second', namespace, rootPem: sources.rootPem });
    for (const { name } of variants) await promoteFirst(name);
    await promoteFirst('unpinned');
    await putSource('unpinned', 2);
    await settled('unpinned');
    for (const { name, held, of } of variants) await hold(name, held, of, () => putSource(name, 2));
    await hold('unpinned', 'write', live, () => namespace.patchSpec('unpinned', { rollbackTo: 1 }));
    first.kill('SIGSTOP');
    await namespace.patchSpec('unpinned', { rollbackTo: null });
    for (const { name, source } of variants) if (source !== undefined) await putSource(name, source);
  });

  after(async () => {
    history?.stop();
    for (const replica of [first, second]) replica?.kill('SIGKILL');
    await proxy?.stop();
    await cluster?.stop();
  });

  function putSource(name: string, which: 1 | 2 | 3 | 'bad'): Promise<unknown> {
    return namespace.putSecret(`${name}-source`, which === 'bad' ? sources.apple({ flaw: 'wrong-key' }) : good[which]);
  }

  async function promoteFirst(name: string): Promise<void> {
    await putSource(name, 1);
    await namespace.putCredential(name, appleSpec(`${name}-source`));
    await settled(name);
  }

  async function settled(name: string): Promise<void> {
    await eventually(() => endStateOf(namespace, name), { describe: `${name} to settle` });
  }

  /** Makes the leader act, and holds it at that write. */
  async function hold(
    name: string,
    held: Variant['held'],
    of: RequestMatcher,
    act: () => Promise<unknown>,
  ): Promise<void> {
    const reached = Promise.withResolvers<ProxiedRequest>();
    const stay = async (request: ProxiedRequest): Promise<void> => {
      reached.resolve(request);
      await released.promise;
    };
    if (held === 'write') proxy.beforeWrite(1, stay, of);
    else proxy.afterWrite(1, stay, of);
    await act();
    late.set(name, await reached.promise);
  }

  async function assertEnds({ name, ends }: Pick<Variant, 'name' | 'ends'>): Promise<Record<string, string>> {
    const state = await endStateOf(namespace, name);
    const { status } = await namespace.credential(name);
    assert.equal(status?.live?.revision, ends.live);
    assert.deepEqual(
      status.revisions?.map((kept) => kept.revision),
      ends.kept,
    );
    const secret = await namespace.secret(`${name}-live`);
    assert.equal(textOf(secret, 'signer.pem'), String(good[ends.source]['signer.pem']));
    return state.versions;
  }

  it('is replaced, and the other one completes what was begun, or promotes what is newer', async () => {
    await second.whenLeading(20);
    for (const variant of variants) {
      const { name, what } = variant;
      const done = { describe: `what was begun to be completed (${what})`, deadlineSeconds: 20 };
      versions.set(name, await eventually(() => assertEnds(variant), done));
    }
  });

  it('sends nothing of its own when it wakes', async () => {
    woken = new Date();
    const begin = proxy.requests.length;
    first.kill('SIGCONT');
    await first.whenLogged('leader.lost');
    released.resolve();
    for (const [name, request] of late) {
      await eventually(() => request.upstreamStatus ?? null, { describe: `the write that was held for ${name}` });
    }
    assert.equal(await first.leads(), false);
    assert.deepEqual(proxy.requests.slice(begin).filter(isWrite), []);
  });

  for (const { what, name } of variants.filter((variant) => variant.held === 'write' && !isTaken(variant))) {
    it(`${what}: its write is refused with 409`, () => assert.equal(late.get(name)?.upstreamStatus, 409));
  }

  for (const { what, ...one } of taken) {
    it(`${what}, where nothing can refuse it`, async () => {
      assert.match(String(late.get(one.name)?.upstreamStatus), /^20[01]$/);
      await eventually(() => assertEnds(one), { describe: what });
    });
  }

  it('has changed nothing', async () => {
    for (const variant of variants.filter((one) => !isTaken(one)))
      assert.deepEqual(await assertEnds(variant), versions.get(variant.name), variant.what);
    await history.check();
  });

  it('has nothing else in the audit log since it woke', async () => {
    const events = await cluster.controlPlane.auditEvents();
    const isItsWrite = ({ user, verb, stage, objectRef, stageTimestamp }: AuditEvent): boolean =>
      user.username === 'first' &&
      stage === 'ResponseComplete' &&
      new Date(stageTimestamp) >= woken &&
      ['create', 'update', 'patch', 'delete'].includes(verb) &&
      objectRef?.resource !== 'leases';
    const answers = events.filter(isItsWrite).map(({ responseStatus }) => responseStatus?.code);
    const refused = variants.filter((variant) => variant.held === 'write' && !isTaken(variant)).map(() => 409);
    assert.deepEqual(
      answers.toSorted((left, right) => Number(left) - Number(right)),
      [200, 201, ...refused],
    );
  });

  it('goes on as a standby: the other one promotes, and it follows when that one ends', async () => {
    await putSource('status', 3);
    await eventually(() => assertEnds({ ...variants[2]!, ends: { live: 3, source: 3, kept: [1, 2, 3] } }), {
      describe: 'a rotation by the new leader',
    });
    assert.equal(await second.stop(), 0, second.text());
    await first.whenLeading(10);
    await putSource('status', 1);
    await eventually(() => assertEnds({ ...variants[2]!, ends: { live: 1, source: 1, kept: [1, 2, 3] } }), {
      describe: 'a rotation by the one that was stopped',
    });
    await history.check();
  });
});
