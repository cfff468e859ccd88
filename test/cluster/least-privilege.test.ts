import assert from 'node:assert/strict';
import { isNotFound } from '../../src/adapters/kubernetes/api-error.ts';
import type { Namespace } from '../support/cluster.ts';
import type { AuditEvent } from '../support/control-plane/control-plane.ts';
import { startControllerProcess } from '../support/controller-process.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { type Grant, installController, manifestGrants } from '../support/installed-controller.ts';
import { appleSpec } from '../support/sources.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';

interface Role {
  rules: { verbs: string[] }[];
}

const grants = manifestGrants();

/** As in `update leases.coordination.k8s.io loyalty-controller`. */
function named({ group, resource, verb, name }: Grant): string {
  const [plain = '', subresource] = resource.split('/');
  const full = `${plain}${group && `.${group}`}${subresource ? `/${subresource}` : ''}`;
  return `${verb} ${full}${name ? ` ${name}` : ''}`;
}

/** The grant that a call needed. */
function used({ verb, objectRef }: AuditEvent): string {
  const { resource = '', subresource, apiGroup: group = '', name } = objectRef ?? {};
  const called = { role: '', rule: 0, group, resource: subresource ? `${resource}/${subresource}` : resource, verb };
  return named({ ...called, ...(resource === 'leases' && verb !== 'create' && name && { name }) });
}

function grant(verb: string, resource: string): Grant {
  const found = grants.find((candidate) => candidate.verb === verb && candidate.resource === resource);
  assert.ok(found, `${verb} ${resource} is granted`);
  return found;
}

describe('the controller with the permissions of deploy/manifests/controller.yaml', () => {
  let stage: Stage;
  let namespace: Namespace;

  before(async () => {
    // Stricter than the default: who sets an owner must be allowed to delete what is owned.
    stage = await startStage({ apiServerFlags: ['--enable-admission-plugins=OwnerReferencesPermissionEnforcement'] });
    ({ namespace } = stage);
    await stage.start();
  });
  after(() => stage?.stop());

  const putSource = (name: string) => namespace.putSecret(`${name}-source`, stage.sources.apple());

  async function promote(name: string, revision: number): Promise<void> {
    await putSource(name);
    await namespace.whenCredential(name, ({ status }) => status?.live?.revision === revision, `revision ${revision}`);
  }

  async function create(name: string, extra: object = {}): Promise<void> {
    await putSource(name);
    await namespace.putCredential(name, appleSpec(`${name}-source`, extra));
    await namespace.whenCondition(name, 'Ready', 'True');
  }

  describe('does everything', () => {
    it('promotes, prunes, rolls back, restores, writes Events, and keeps the Lease', async () => {
      await create('apple', { revisionHistoryLimit: 2 });
      for (const revision of [2, 3]) await promote('apple', revision);
      await eventually(async () => assert.equal(await namespace.secret('apple-rev-1'), undefined), {
        describe: 'revision 1 to be pruned',
      });
      await namespace.patchSpec('apple', { rollbackTo: 2 });
      await namespace.whenCondition('apple', 'SourceAccepted', 'False', 'Pinned');
      await namespace.deleteSecret('apple-live');
      await eventually(async () => assert.ok(await namespace.secret('apple-live')), { describe: 'the live Secret' });
      const reasons = ['Promoted', 'RolledBack', 'LiveSecretRestored'];
      await eventually(
        async () => {
          const events = await namespace.events('apple');
          assert.deepEqual([...new Set(events.map(({ reason }) => reason))].toSorted(), reasons.toSorted());
        },
        { describe: 'the Events' },
      );
    });

    it('owns the live Secret where deletionPolicy is Delete, and not where it is Retain', async () => {
      await create('retained');
      await create('deleted', { live: { deletionPolicy: 'Delete' } });
      await create('changed');
      await namespace.patchSpec('changed', { live: { deletionPolicy: 'Delete' } });
      await eventually(
        async () => assert.ok((await namespace.secret('changed-live'))?.metadata.ownerReferences?.length === 1),
        { describe: 'the live Secret to have an owner' },
      );
      assert.equal((await namespace.secret('deleted-live'))?.metadata.ownerReferences?.length, 1);
      assert.equal((await namespace.secret('retained-live'))?.metadata.ownerReferences, undefined);
      // kube-controller-manager takes up to half a minute to collect what they own: looked at in the end.
      for (const name of ['retained', 'deleted', 'changed']) await namespace.deleteCredential(name);
    });

    it('by each verb that it is granted, and by no other', async () => {
      const calledFor = async (): Promise<AuditEvent[]> =>
        (await stage.calls()).filter(({ objectRef }) => objectRef?.apiGroup !== 'authorization.k8s.io');
      const whole = grants.map(named).toSorted();
      // The Lease is renewed for the first time after two seconds.
      await eventually(async () => assert.deepEqual([...new Set((await calledFor()).map(used))].toSorted(), whole), {
        describe: 'every verb to be used',
      });
      const calls = await calledFor();
      const elsewhere = calls.filter(({ objectRef }) => objectRef?.namespace !== namespace.name);
      assert.deepEqual(elsewhere, []);
      assert.deepEqual(
        calls.filter(({ responseStatus }) => responseStatus?.code === 403),
        [],
      );
      assert.doesNotMatch(JSON.stringify(grants), /\*/);
    });
  });

  /** Whether the API server would allow it now; a Role takes some milliseconds to act. */
  async function whenAllowed({ group, resource: full, verb, name }: Grant, wanted: boolean): Promise<void> {
    const [resource, subresource] = full.split('/');
    const user = { user: stage.installed.user, groups: ['system:serviceaccounts', 'system:authenticated'] };
    const attributes = { namespace: namespace.name, group, resource, subresource, verb, name };
    const body = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SubjectAccessReview',
      spec: { ...user, resourceAttributes: attributes },
    };
    const path = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
    await eventually(
      async () => {
        const { status } = await stage.cluster.client.request<{ status: { allowed: boolean } }>({
          method: 'POST',
          path,
          body,
        });
        assert.equal(status.allowed, wanted);
      },
      { describe: `${verb} ${full} to be ${wanted ? 'allowed' : 'forbidden'}` },
    );
  }

  const rolePath = (role: string) => `/apis/rbac.authorization.k8s.io/v1/namespaces/${namespace.name}/roles/${role}`;

  async function setVerb(which: Grant, granted: boolean): Promise<void> {
    const path = rolePath(which.role);
    const role = await stage.cluster.client.request<Role>({ method: 'GET', path });
    const rules = role.rules.map((rule, index) => {
      const others = rule.verbs.filter((verb) => verb !== which.verb);
      return index === which.rule ? { ...rule, verbs: granted ? [...others, which.verb] : others } : rule;
    });
    // RBAC takes no rule without verbs: one that allows nothing stands for it.
    const body = {
      ...role,
      rules: rules.map((rule) => ({ ...rule, verbs: rule.verbs.length ? rule.verbs : ['none'] })),
    };
    await stage.cluster.client.request({ method: 'PUT', path, body });
    await whenAllowed(which, granted);
  }

  async function without(which: readonly Grant[], action: () => Promise<void>): Promise<void> {
    for (const one of which) await setVerb(one, false);
    try {
      await action();
    } finally {
      for (const one of which) await setVerb(one, true);
    }
  }

  describe('does not start, and says what is missing,', () => {
    async function refusal(environment: Record<string, string> = {}): Promise<string> {
      const controller = startControllerProcess({ ...stage.environment, ...environment });
      assert.equal(await controller.exited, 78, controller.text());
      return controller.text().replace(/^\{.*\}\n/gm, '');
    }
    const missing = (what: string, where = namespace.name): string =>
      `Permission missing: ${what} in namespace ${where}. Grant it in the Role (see deploy/manifests/controller.yaml).`;

    for (const one of grants) {
      it(`without ${named(one)}`, () =>
        without([one], async () => {
          assert.equal(await refusal(), `The configuration has a problem:\n  - ${missing(named(one))}\n`);
        }));
    }

    it('where it may not even ask', async () => {
      const path = '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings';
      await stage.cluster.client.request({ method: 'DELETE', path: `${path}/system:basic-user` });
      const asking: Grant = {
        role: '',
        rule: 0,
        group: 'authorization.k8s.io',
        resource: 'selfsubjectaccessreviews',
        verb: 'create',
      };
      await whenAllowed(asking, false);
      assert.match(
        await refusal(),
        /Permission missing: create selfsubjectaccessreviews\.authorization\.k8s\.io, .*system:basic-user/,
      );
      const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'system:basic-user' };
      const subjects = [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'system:authenticated' }];
      const body = {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'ClusterRoleBinding',
        metadata: { name: 'system:basic-user' },
        roleRef,
        subjects,
      };
      await stage.cluster.client.request({ method: 'POST', path, body });
      await whenAllowed(asking, true);
    });

    it('in a second namespace without any, and starts when the Role is copied into it', async () => {
      const second = await stage.cluster.namespace();
      const problems = (await refusal({ WATCH_NAMESPACES: `${namespace.name},${second.name}` })).trim().split('\n');
      // The Lease is in its own namespace alone.
      const wanted = grants.filter(({ resource }) => resource !== 'leases');
      assert.deepEqual(
        problems.slice(1),
        wanted.map((one) => `  - ${missing(named(one), second.name)}`),
      );
      await installController(stage.cluster, second.name);
      const binding = `/apis/rbac.authorization.k8s.io/v1/namespaces/${second.name}/rolebindings/loyalty-controller`;
      const found = await stage.cluster.client.request<{ subjects: object[] }>({ method: 'GET', path: binding });
      const subjects = [{ kind: 'ServiceAccount', name: 'loyalty-controller', namespace: namespace.name }];
      await stage.cluster.client.request({ method: 'PUT', path: binding, body: { ...found, subjects } });
      await stage.restart({ WATCH_NAMESPACES: `${namespace.name},${second.name}` });
      await second.putSecret('apple-source', stage.sources.apple());
      await second.putCredential('apple', appleSpec('apple-source'));
      await second.whenCondition('apple', 'Ready', 'True');
    });
  });

  describe('goes on when a permission is taken away, says which, and recovers when it is back:', () => {
    let proxy: FaultProxy;

    before(async () => {
      proxy = await startFaultProxy(stage.cluster.controlPlane);
      await stage.restart({ KUBECONFIG: await stage.kubeconfigThrough(proxy) });
      await create('running', { revisionHistoryLimit: 1 });
    });
    after(() => proxy?.stop());

    function whenSaid(event: string, text: string): Promise<unknown> {
      const said = ({ event: name, msg = '' }: { event?: string; msg?: string }): boolean =>
        name === event && msg.includes(text);
      return eventually(() => stage.controller.lines().some(said) || false, {
        describe: `${event} with ${text}`,
        deadlineSeconds: 20,
      });
    }

    async function isAlive(): Promise<void> {
      assert.equal(stage.controller.process.exitCode, null);
      assert.equal((await stage.controller.get('/healthz')).status, 200);
    }

    const forbidden = ({ verb, resource }: Grant): string => `cannot ${verb} resource "${resource}"`;

    for (const [verb, resource] of [
      ['update', 'walletcredentials/status'],
      ['get', 'secrets'],
      ['create', 'secrets'],
      ['update', 'secrets'],
      ['delete', 'secrets'],
    ] as const) {
      it(named(grant(verb, resource)), async () => {
        const { status } = await namespace.credential('running');
        const next = (status?.live?.revision ?? 0) + 1;
        await without([grant(verb, resource)], async () => {
          await putSource('running');
          await whenSaid('reconcile.failed', forbidden(grant(verb, resource)));
          await isAlive();
          assert.ok(await namespace.secret('running-live'));
        });
        await namespace.whenCredential(
          'running',
          (found) => found.status?.live?.revision === next && found.status.revisions?.length === 1,
          `revision ${next} alone`,
          20,
        );
        const revisions = (await namespace.secrets()).filter(({ metadata }) =>
          metadata.name.startsWith('running-rev-'),
        );
        assert.deepEqual(
          revisions.map(({ metadata }) => metadata.name),
          [`running-rev-${next}`],
        );
      });
    }

    it('create events', async () => {
      const { status } = await namespace.credential('running');
      await without([grant('create', 'events')], async () => {
        await promote('running', (status?.live?.revision ?? 0) + 1);
        await whenSaid('event.not_written', forbidden(grant('create', 'events')));
        await isAlive();
      });
    });

    it('list and watch of Secrets and WalletCredentials', async () => {
      const watching = ['walletcredentials', 'secrets'].flatMap((resource) => [
        grant('list', resource),
        grant('watch', resource),
      ]);
      const { status } = await namespace.credential('running');
      const expire = (): number => proxy.disturbWatches({ type: 'error', code: 410 });
      await without(watching, async () => {
        // A permission is looked at when a watch is opened, and a list only after 410.
        proxy.disturbWatches({ type: 'end' });
        for (const resource of ['walletcredentials', 'secrets']) {
          await whenSaid('watch.restarted', forbidden(grant('watch', resource)));
        }
        for (const resource of ['walletcredentials', 'secrets']) await setVerb(grant('watch', resource), true);
        await eventually(() => proxy.openWatches().length === 2, { describe: 'both watches to be open again' });
        expire();
        for (const resource of ['walletcredentials', 'secrets']) {
          await whenSaid('watch.restarted', forbidden(grant('list', resource)));
        }
        await putSource('running');
        await isAlive();
      });
      const next = (status?.live?.revision ?? 0) + 1;
      await namespace.whenCredential('running', (found) => found.status?.live?.revision === next, `revision ${next}`);
    });

    it('everything about the Lease, which is deleted too', async () => {
      const leases = grants.filter(({ resource }) => resource === 'leases');
      const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace.name}/leases/loyalty-controller`;
      const { status } = await namespace.credential('running');
      const terms = (): number => stage.controller.lines().filter(({ event }) => event === 'leader.elected').length;
      const before = terms();
      await without(leases, async () => {
        await stage.cluster.client.request({ method: 'DELETE', path });
        for (const verb of ['update', 'get']) {
          await whenSaid('leader.lease_unreachable', forbidden(grant(verb, 'leases')));
        }
        await whenSaid('leader.lost', 'not leading any more');
        await setVerb(grant('get', 'leases'), true);
        await whenSaid('leader.lease_unreachable', forbidden(grant('create', 'leases')));
        await putSource('running');
        await isAlive();
        assert.deepEqual((await namespace.credential('running')).status, status);
        await assert.rejects(stage.cluster.client.request({ method: 'GET', path }), isNotFound);
      });
      await eventually(() => terms() > before, { describe: 'the controller to lead again' });
      const next = (status?.live?.revision ?? 0) + 1;
      await namespace.whenCredential('running', (found) => found.status?.live?.revision === next, `revision ${next}`);
    });
  });

  describe('and in the end', () => {
    it('the live Secret went with its WalletCredential where deletionPolicy is Delete, and the revisions with theirs', () =>
      eventually(
        async () => {
          const left = (await namespace.secrets()).map(({ metadata }) => metadata.name);
          assert.deepEqual(
            left.filter((name) => /^(retained|deleted|changed)-(live|rev)/.test(name)),
            ['retained-live'],
          );
        },
        { describe: 'what is owned to be collected', deadlineSeconds: 60 },
      ));
  });
});
