import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { deployPath, readManifests } from '../deploy/manifests.ts';
import { startControlPlane } from '../support/control-plane/control-plane.ts';
import type { ControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import type { KubectlOptions, KubectlResult } from '../support/control-plane/kubectl.ts';

const path = deployPath('manifests/controller.yaml');
const account = 'system:serviceaccount:loyalty:loyalty-controller';

/** `verb TYPE`, `verb TYPE/subresource` or `verb TYPE NAME`. */
const allowed = [
  'list walletcredentials',
  'watch walletcredentials',
  'update walletcredentials/status',
  'get secrets',
  'list secrets',
  'watch secrets',
  'create secrets',
  'update secrets',
  'delete secrets',
  'create events',
  'create leases',
  'get leases loyalty-controller',
  'update leases loyalty-controller',
];
const refused = [
  'get walletcredentials',
  'create walletcredentials',
  'update walletcredentials',
  'patch walletcredentials',
  'delete walletcredentials',
  'patch walletcredentials/status',
  'patch secrets',
  'deletecollection secrets',
  'list events',
  'list leases',
  'update leases another',
  'delete leases loyalty-controller',
  'list pods',
  'get configmaps',
];

describe('deploy/manifests/controller.yaml on a real API server', () => {
  let cluster: ControlPlane;
  const run = (args: string, options?: KubectlOptions): Promise<KubectlResult> =>
    kubectl(cluster, args.split(' '), options);

  before(async () => {
    cluster = await startControlPlane({ kind: 'real', controllerManager: false });
    await run(`apply -f ${deployPath('crds')}`);
    await run('wait --for=condition=Established --timeout=30s crd/walletcredentials.loyalty.orion.dev');
    // With the label that warns, so that a pod which would not be admitted shows in the Deployment's answer.
    await run('create namespace loyalty');
    await run('label namespace loyalty pod-security.kubernetes.io/warn=restricted');
  });
  after(() => cluster?.stop());

  it('applies without a warning under restricted Pod Security', async () => {
    const dryRun = await run(`apply --server-side --dry-run=server --warnings-as-errors -f ${path}`);
    assert.equal(dryRun.stderr, '');
    const applied = await run(`apply --server-side --warnings-as-errors -f ${path}`);
    assert.equal(applied.stderr, '');
  });

  it('has a pod template that is admitted as a Pod', async () => {
    const deployment = readManifests('manifests/controller.yaml').find(({ kind }) => kind === 'Deployment');
    assert.ok(deployment !== undefined);
    const { metadata, spec } = deployment.spec['template'] as { metadata: object; spec: object };
    const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: 'as-a-pod' }, spec };
    const options = { input: JSON.stringify(pod) };
    const { stderr } = await run('create -n loyalty --dry-run=server --warnings-as-errors -f -', options);
    assert.equal(stderr, '');
  });

  it('can be put into another namespace by the command in its head', async () => {
    const manifest = await readFile(path, 'utf8');
    assert.ok(manifest.includes("sed 's/: loyalty$/: OTHER/'"));
    await run('apply --warnings-as-errors -f -', { input: manifest.replaceAll(/: loyalty$/gm, ': elsewhere') });
    const moved = account.replace('loyalty', 'elsewhere');
    assert.equal((await run(`auth can-i list secrets -n elsewhere --as=${moved}`)).stdout, 'yes\n');
    assert.equal(await answer('list secrets', moved), 'no');
  });

  it('lets the controller do what it does', async () => {
    for (const question of allowed) assert.equal(await answer(question), 'yes', question);
  });

  it('lets it do nothing else, and nothing in another namespace', async () => {
    for (const question of refused) assert.equal(await answer(question), 'no', question);
    for (const question of ['list secrets', 'list walletcredentials', 'create leases']) {
      assert.equal(await answer(question, account, '--namespace=default'), 'no', question);
      assert.equal(await answer(question, account, '--all-namespaces'), 'no', question);
    }
  });

  async function answer(question: string, user = account, where = '--namespace=loyalty'): Promise<string> {
    const [verb = '', type = '', name] = question.split(' ');
    const [resource, subresource = ''] = type.split('/');
    const target = name === undefined ? resource : `${resource}/${name}`;
    const args = `auth can-i ${verb} ${target} --subresource=${subresource} ${where} --as=${user}`;
    return (await run(args, { allowFailure: true })).stdout.trim();
  }
});
