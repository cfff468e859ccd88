import assert from 'node:assert/strict';
import { createGoogleSource } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import type { Namespace } from '../support/cluster.ts';
import type { AuditEvent } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { appleSpec, googleSpec } from '../support/sources.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';

const account = { privateKey: generateRsaKey().privateKey };

/** As in `get secrets apple-source`; of an Event, the name of what it is about. */
function described({ verb, objectRef }: AuditEvent): string {
  const { resource = '', subresource, name = '' } = objectRef ?? {};
  const target = subresource === undefined ? resource : `${resource}/${subresource}`;
  return `${verb} ${target} ${name.replace(/\.[0-9a-f]{16}$/, '')}`.trim();
}

/** What is said here of calls is what the API server's audit log says: the controller is a user of its own in it. */
describe('what it costs in calls', () => {
  let stage: Stage;
  let namespace: Namespace;
  let proxy: FaultProxy;
  let through: Record<string, string>;
  let barriers = 0;

  before(async () => {
    stage = await startStage();
    ({ namespace } = stage);
    proxy = await startFaultProxy(stage.cluster.controlPlane);
    through = { KUBECONFIG: await stage.kubeconfigThrough(proxy) };
    await stage.start(through);
  });
  after(async () => {
    await stage?.stop();
    await proxy?.stop();
  });

  /** Answered calls but for the Lease and the watches. */
  async function answered(): Promise<AuditEvent[]> {
    const calls = await stage.calls();
    return calls.filter(
      ({ stage: at, verb, objectRef }) =>
        at === 'ResponseComplete' && verb !== 'watch' && verb !== 'list' && objectRef?.resource !== 'leases',
    );
  }

  /** When it returns, the controller has looked at all that was changed before. */
  async function barrier(): Promise<void> {
    barriers += 1;
    const name = `barrier-${barriers}`;
    await namespace.putSecret(`${name}-source`, stage.sources.apple());
    await namespace.putCredential(name, appleSpec(`${name}-source`));
    await namespace.whenCondition(name, 'Ready', 'True');
    await eventually(async () => assert.equal((await namespace.events(name)).length, 1), { describe: 'its Event' });
  }

  /** Calls since then, without those about barriers. */
  async function callsSince(begin: number): Promise<string[]> {
    const calls = (await answered()).slice(begin).map(described);
    return calls.filter((call) => !/ barrier-/.test(call)).toSorted();
  }

  /** The calls that a change causes: none is missing, and none comes later. */
  async function costs(change: () => Promise<unknown>, expected: string[]): Promise<void> {
    const begin = (await answered()).length;
    await change();
    const check = async (): Promise<void> => assert.deepEqual(await callsSince(begin), expected.toSorted());
    await eventually(check, { describe: 'the calls', deadlineSeconds: 5 });
    await barrier();
    await check();
  }

  const putSource = (name: string, data = stage.sources.apple(), labels: Record<string, string> = {}) =>
    namespace.putSecret(`${name}-source`, data, { labels });

  describe('for a rotation', () => {
    it('the first: 1 GET, the revision, the live Secret, the status and 1 Event', async () => {
      await putSource('apple');
      await costs(
        () => namespace.putCredential('apple', appleSpec('apple-source')),
        [
          'get secrets apple-source',
          'create secrets apple-rev-1',
          'create secrets apple-live',
          'update walletcredentials/status apple',
          'create events apple',
        ],
      );
    });

    const rotation = (revision: number): string[] => [
      'get secrets apple-source',
      `create secrets apple-rev-${revision}`,
      'update secrets apple-live',
      'update walletcredentials/status apple',
      'create events apple',
    ];

    it('the next: the same', async () => {
      for (const revision of [2, 3]) await costs(() => putSource('apple'), rotation(revision));
    });

    it('one that takes a revision beyond the limit: 1 DELETE more', async () => {
      await costs(() => putSource('apple'), [...rotation(4), 'delete secrets apple-rev-1']);
    });

    it('of a Google key: the same', async () => {
      await putSource('google', createGoogleSource(account).data);
      await namespace.putCredential('google', googleSpec('google-source'));
      await namespace.whenCondition('google', 'Ready', 'True');
      await barrier();
      await costs(
        () => putSource('google', createGoogleSource(account).data),
        rotation(2).map((call) => call.replace('apple', 'google')),
      );
    });

    it('back to a source that was live before: no revision, and no Event but one', async () => {
      const [first, second] = [stage.sources.apple(), stage.sources.apple()];
      await putSource('reverted', first);
      await namespace.putCredential('reverted', appleSpec('reverted-source'));
      await namespace.whenCondition('reverted', 'Ready', 'True');
      await putSource('reverted', second);
      await namespace.whenCredential('reverted', ({ status }) => status?.live?.revision === 2, 'revision 2');
      await barrier();
      const calls = ['get secrets reverted-source', 'update secrets reverted-live', 'create events reverted'];
      await costs(() => putSource('reverted', first), [...calls, 'update walletcredentials/status reverted']);
    });
  });

  describe('for a rejection', () => {
    it('1 GET, the status and 1 Event', async () => {
      const bad = stage.sources.apple({ flaw: 'wrong-team' });
      const calls = ['get secrets apple-source', 'update walletcredentials/status apple'];
      await costs(() => putSource('apple', bad), [...calls, 'create events apple']);
      // The same again: the Event was written less than ten minutes ago.
      await costs(() => putSource('apple', bad, { touched: 'yes' }), calls);
    });

    it('of a source that is not there: the same', async () => {
      const calls = ['get secrets missing-source', 'update walletcredentials/status missing', 'create events missing'];
      await costs(() => namespace.putCredential('missing', appleSpec('missing-source')), calls);
    });

    it('of a source that is deleted: the status and 1 Event, and nothing after a restart', async () => {
      const calls = ['update walletcredentials/status apple', 'create events apple'];
      await costs(() => namespace.deleteSecret('apple-source'), calls);
      await costs(() => stage.restart(through), ['create selfsubjectrulesreviews']);
    });
  });

  describe('for a rollback', () => {
    it('1 GET of the revision, the live Secret, the status and 1 Event; and the same for the way back', async () => {
      await putSource('apple');
      await namespace.whenCondition('apple', 'SourceAccepted', 'True', 'Promoted');
      await barrier();
      const calls = ['update secrets apple-live', 'update walletcredentials/status apple', 'create events apple'];
      await costs(() => namespace.patchSpec('apple', { rollbackTo: 3 }), ['get secrets apple-rev-3', ...calls]);
      await costs(() => namespace.patchSpec('apple', { rollbackTo: null }), ['get secrets apple-source', ...calls]);
    });
  });

  describe('for nothing', () => {
    before(barrier);

    it('none when an unrelated Secret is made, changed and deleted', () =>
      costs(async () => {
        await namespace.putSecret('unrelated', { key: 'one' });
        await namespace.putSecret('unrelated', { key: 'two' });
        await namespace.deleteSecret('unrelated');
      }, []));

    it('none when labels and annotations of the WalletCredential change', () =>
      costs(async () => {
        const metadata = ['--overwrite', 'wcred', 'apple', `-n=${namespace.name}`];
        await kubectl(stage.cluster.controlPlane, ['label', ...metadata, 'team=one']);
        await kubectl(stage.cluster.controlPlane, ['annotate', ...metadata, 'team=one']);
      }, []));

    it('1 GET and the resourceVersion in the status when a label of the source changes', async () => {
      const { status: before } = await namespace.credential('apple');
      const label = ['label', 'secret', 'apple-source', 'touched=yes', `-n=${namespace.name}`];
      await costs(
        () => kubectl(stage.cluster.controlPlane, label),
        ['get secrets apple-source', 'update walletcredentials/status apple'],
      );
      const { status: after } = await namespace.credential('apple');
      assert.notEqual(after?.source?.resourceVersion, before?.source?.resourceVersion);
      assert.deepEqual({ ...after, source: undefined }, { ...before, source: undefined });
    });

    it('none when the watches have expired and everything is listed again', () =>
      costs(async () => {
        const lists = async (): Promise<number> =>
          (await stage.calls()).filter(({ verb, stage: at }) => verb === 'list' && at === 'ResponseComplete').length;
        const before = await lists();
        assert.equal(proxy.disturbWatches({ type: 'error', code: 410 }), 2);
        await eventually(async () => assert.equal(await lists(), before + 2), { describe: 'both lists' });
      }, []));

    it('the status alone when a spec changes that is of no consequence', () =>
      costs(
        () => namespace.patchSpec('apple', { expiry: { warningDays: 31, criticalDays: 7 } }),
        ['update walletcredentials/status apple'],
      ));
  });

  describe('for a restart', () => {
    it('no read of a Secret, and no write, of what is live; 1 GET of what is rejected', async () => {
      await putSource('rejected', stage.sources.apple({ flaw: 'wrong-key' }));
      await namespace.putCredential('rejected', appleSpec('rejected-source'));
      await namespace.whenCondition('rejected', 'SourceAccepted', 'False', 'KeyMismatch');
      await namespace.patchSpec('apple', { rollbackTo: 4 });
      await namespace.whenCondition('apple', 'SourceAccepted', 'False', 'Pinned');
      await barrier();
      // What is not live is not taken from the status, so that another version of the checks judges it anew.
      const reads = ['get secrets rejected-source', 'get secrets apple-source'];
      await costs(() => stage.restart(through), ['create selfsubjectrulesreviews', ...reads]);
    });
  });

  describe('for several changes', () => {
    it('at once, of source and spec: each Secret is written once, nothing in vain but the status', async () => {
      await namespace.patchSpec('apple', { rollbackTo: null });
      await namespace.whenCondition('apple', 'SourceAccepted', 'True', 'Promoted');
      await barrier();
      const begin = (await answered()).length;
      await Promise.all([
        putSource('apple'),
        namespace.patchSpec('apple', { expiry: { warningDays: 60, criticalDays: 7 } }),
      ]);
      await namespace.whenCredential(
        'apple',
        ({ status, metadata }) => status?.live?.revision === 6 && status.observedGeneration === metadata.generation,
        'both changes to be done',
      );
      await eventually(async () => assert.ok((await callsSince(begin)).includes('create events apple')), {
        describe: 'its Event',
      });
      await barrier();
      const calls = await callsSince(begin);
      const count = (call: string): number => calls.filter((other) => other === call).length;
      const once = [
        'create secrets apple-rev-6',
        'update secrets apple-live',
        'delete secrets apple-rev-3',
        'create events apple',
      ];
      for (const call of once) assert.equal(count(call), 1, `${call} in ${calls.join(', ')}`);
      // When the spec overtakes the status of the promotion, both are looked at again; on a busy machine, where the watch is late, twice.
      const again = {
        'get secrets apple-source': 3,
        'get secrets apple-live': 2,
        'update walletcredentials/status apple': 4,
      };
      for (const [call, most] of Object.entries(again)) assert.ok(count(call) <= most, calls.join(', '));
      assert.deepEqual(
        calls.filter((call) => !once.includes(call) && !(call in again)),
        [],
      );
    });

    it('one after the other: nothing is written twice, and the server has refused no write but of a status that a spec overtook', async () => {
      const writes = (await answered()).filter(({ verb }) => verb !== 'get');
      const refused = writes.filter(({ responseStatus }) => (responseStatus?.code ?? 500) >= 300);
      const others = refused.filter((call) => !described(call).startsWith('update walletcredentials/status'));
      assert.deepEqual(others.map(described), []);
      assert.ok(refused.length <= 2, refused.map(described).join(', '));
      const creations = writes.filter(({ verb, objectRef }) => verb === 'create' && objectRef?.resource === 'secrets');
      const names = creations.map(({ objectRef }) => objectRef?.name);
      assert.equal(new Set(names).size, names.length);
    });
  });
});
