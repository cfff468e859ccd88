import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { revisionAnnotation } from '../../src/domain/credentials/wallet-credential.ts';
import { plugin, type PluginResult } from '../kubectl-loyalty/plugin.ts';
import { type Cluster, type Namespace, startCluster } from '../support/cluster.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { appleSpec, createSources } from '../support/sources.ts';

describe('kubectl loyalty, with the controller on a real control plane', () => {
  const sources = createSources();
  let cluster: Cluster;
  let namespace: Namespace;
  let controller: ControllerProcess;
  before(async () => {
    cluster = await startCluster({ kind: 'real', controllerManager: false, users: ['reader', 'operator', 'nobody'] });
    namespace = await cluster.namespace();
    const roots = join(cluster.controlPlane.directory, 'roots.pem');
    await writeFile(roots, sources.rootPem);
    const kubeconfig = await cluster.controlPlane.kubeconfigFor({ namespace: namespace.name });
    controller = startControllerProcess({ KUBECONFIG: kubeconfig, APPLE_ROOTS_FILE: roots });
    await controller.whenLogged('leader.elected');
  });
  after(async () => {
    await controller?.stop();
    await cluster?.stop();
  });

  async function as(user: string, ...args: string[]): Promise<PluginResult> {
    const kubeconfig = await cluster.controlPlane.kubeconfigFor({ user, namespace: namespace.name });
    return plugin([...args, '--kubeconfig', kubeconfig]);
  }

  async function liveRevision(): Promise<string | undefined> {
    return (await namespace.secret('apple-live'))?.metadata.annotations?.[revisionAnnotation];
  }

  it('rolls back, follows a bad and a good source, and undoes it', async () => {
    await namespace.putCredential('apple', appleSpec('apple-source'));
    for (const revision of [1, 2]) {
      await namespace.putSecret('apple-source', sources.apple());
      const isLive = `revision ${revision} to be live`;
      await namespace.whenCredential('apple', ({ status }) => status?.live?.revision === revision, isLive);
    }
    const back = await as('admin', 'rollback', 'apple');
    assert.equal(back.code, 0, back.stderr);
    assert.match(back.stdout, /\nRevision 1 is live in Secret apple-live since /);
    assert.equal(await liveRevision(), '1');
    const pinned = await as('admin', 'status');
    assert.match(pinned.stdout, /\napple +apple +True +1 .* Pinned +-\n\napple: Pinned \(info\)\n/);

    await namespace.putSecret('apple-source', sources.apple({ flaw: 'wrong-key' }));
    await namespace.whenCondition('apple', 'SourceAccepted', 'False', 'KeyMismatch');
    const rejected = await as('admin', 'rollback', 'apple', '--undo');
    assert.equal(rejected.code, 10);
    assert.match(rejected.stderr, /^The source is not promoted, KeyMismatch: /);
    assert.equal(await liveRevision(), '1');

    assert.equal((await as('admin', 'rollback', 'apple', '--to', '2')).code, 0);
    assert.equal(await liveRevision(), '2');
    await namespace.putSecret('apple-source', sources.apple());
    await namespace.whenCondition('apple', 'SourceAccepted', 'False', 'Pinned');
    const undone = await as('admin', 'rollback', 'apple', '--undo', '-o', 'json');
    assert.equal(undone.code, 0, undone.stderr);
    assert.partialDeepStrictEqual(JSON.parse(undone.stdout), {
      rollbackTo: null,
      changed: true,
      live: { revision: 3 },
    });
    assert.equal(await liveRevision(), '3');
  });

  it('says why the controller does not make a revision live', async () => {
    await namespace.patchSpec('apple', { suspend: true });
    const { code, stderr } = await as('admin', 'rollback', 'apple', '--to', '2');
    assert.equal(code, 75);
    assert.match(stderr, /^Revision 2 was not made live, Suspended: spec\.suspend is true/);
    await namespace.patchSpec('apple', { suspend: null, rollbackTo: null });
    await namespace.whenCondition('apple', 'SourceAccepted', 'True');
  });

  it('writes as kubectl-loyalty, which the audit log and the managed fields tell', async () => {
    await as('admin', 'rollback', 'apple', '--to', '2');
    const path = String.raw`-o=jsonpath={.metadata.managedFields[?(@.manager=="kubectl-loyalty")].fieldsV1}`;
    const get = ['get', 'wcred', 'apple', '-n', namespace.name, '--show-managed-fields', path];
    const { stdout } = await kubectl(cluster.controlPlane, get);
    assert.deepEqual(JSON.parse(stdout), { 'f:spec': { 'f:rollbackTo': {} } });
    const events = await cluster.controlPlane.auditEvents();
    const patches = events.filter(({ verb, userAgent }) => verb === 'patch' && userAgent === 'kubectl-loyalty');
    assert.ok(patches.length > 0);
  });

  describe('with the permissions that docs/kubectl-loyalty.md names, and no others', () => {
    const allow = async (user: string, ...verbs: string[]): Promise<void> => {
      const rules = [
        'create',
        'role',
        user,
        `--verb=${verbs.join()}`,
        '--resource=walletcredentials.loyalty.orion.dev',
      ];
      await kubectl(cluster.controlPlane, [...rules, '-n', namespace.name]);
      const binding = ['create', 'rolebinding', user, `--role=${user}`, `--user=${user}`];
      await kubectl(cluster.controlPlane, [...binding, '-n', namespace.name]);
    };

    it('shows the status with get and list', async () => {
      await allow('reader', 'get', 'list');
      assert.equal((await as('reader', 'status')).code, 0);
      assert.equal((await as('reader', 'status', 'apple')).code, 0);
      assert.equal((await as('reader', 'status', '-A')).code, 78);
      assert.equal((await as('reader', 'rollback', 'apple', '--dry-run')).code, 0);
      const { code, stderr } = await as('reader', 'rollback', 'apple', '--to', '3');
      assert.equal(code, 78);
      assert.match(stderr, /^You lack a permission: .*User "reader" cannot patch resource "walletcredentials"/);
    });

    it('rolls back with get and patch', async () => {
      await allow('operator', 'get', 'patch');
      const { code, stderr } = await as('operator', 'rollback', 'apple', '--to', '3');
      assert.equal(code, 0, stderr);
      const missing = await as('operator', 'rollback', 'pear');
      assert.equal(missing.code, 64);
      assert.match(missing.stderr, /^WalletCredential pear does not exist in namespace \S+\.\n$/);
    });

    it('says which is missing', async () => {
      const { code, stderr } = await as('nobody', 'status');
      assert.equal(code, 78);
      assert.match(stderr, /User "nobody" cannot list resource "walletcredentials" in API group "loyalty\.orion\.dev"/);
    });
  });
});
