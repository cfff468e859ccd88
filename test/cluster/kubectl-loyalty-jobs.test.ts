import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { parse } from 'yaml';
import { deployPath } from '../deploy/manifests.ts';
import { plugin, type PluginResult } from '../kubectl-loyalty/plugin.ts';
import { newApiKey } from '../support/api-process.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl, type KubectlOptions } from '../support/control-plane/kubectl.ts';

interface Job {
  metadata: { annotations: object; labels: object; ownerReferences: object[] };
  spec: { template: { spec: { containers: { env: object[] }[] } } } & Record<string, unknown>;
}

const merchant = '019aafd2-7c1e-7d3b-9f00-6b1d52c7a001';
const page = readFileSync(new URL('../../docs/kubectl-loyalty.md', import.meta.url), 'utf8');
const [, role = ''] = /### Permissions\n\n```yaml\n([^]*?)```/.exec(page) ?? [];

describe('kubectl loyalty rerun, on a real API server', () => {
  let cluster: ControlPlane;
  let environment: Record<string, string>;
  const run = async (args: string, options?: KubectlOptions): Promise<string> =>
    (await kubectl(cluster, args.split(' '), options)).stdout;

  before(async () => {
    cluster = await startControlPlane({ kind: 'real', controllerManager: false, users: ['operator', 'nobody'] });
    await run(`apply -f ${deployPath('manifests/api.yaml')} -f ${deployPath('manifests/cronjobs.yaml')}`);
    await run('create cronjob others -n loyalty --image=busybox --schedule=@daily -- expire-milk');
    await run('apply -n loyalty -f -', { input: role });
    const { metadata } = parse(role) as { metadata: { name: string } };
    await run(`create rolebinding operator -n loyalty --role=${metadata.name} --user=operator`);
    // The real kubectl, and an admin key.
    const bin = join(cluster.directory, 'plugin-test');
    mkdirSync(bin);
    symlinkSync(cluster.kubectl, join(bin, 'kubectl'));
    writeFileSync(join(bin, 'key'), newApiKey());
    const { PATH = '' } = process.env;
    environment = { PATH: `${bin}${delimiter}${PATH}`, HOME: bin, LOYALTY_ADMIN_KEY_FILE: join(bin, 'key') };
  });
  after(() => cluster?.stop());

  async function as(user: string, ...args: string[]): Promise<PluginResult> {
    const kubeconfig = await cluster.kubeconfigFor({ user, namespace: 'loyalty' });
    return plugin([...args, '--kubeconfig', kubeconfig], { environment });
  }

  it('makes the Job that kubectl makes, with the permissions that docs/kubectl-loyalty.md names', async () => {
    const { code, stdout, stderr } = await as(
      'operator',
      'rerun',
      'expire-points',
      '--merchant',
      merchant,
      '-o',
      'json',
    );
    assert.deepEqual([code, stderr], [0, '']);
    const result = JSON.parse(stdout) as { name: string; environment: object; end: null };
    assert.match(result.name, /^expire-points-rerun-\w{5}$/);
    assert.deepEqual([result.environment, result.end], [{ MERCHANT_IDS: merchant }, null]);
    await run('create job by-kubectl -n loyalty --from=cronjob/expire-points');
    const [ours, theirs] = await Promise.all([result.name, 'by-kubectl'].map(readJob));
    assert.ok(ours && theirs);
    assert.deepEqual(ours.spec.template.spec.containers[0]?.env.pop(), { name: 'MERCHANT_IDS', value: merchant });
    assert.deepEqual(ours, theirs);
  });

  /** What does not belong to this one Job alone. */
  async function readJob(name: string): Promise<Job> {
    const text = (await run(`get job ${name} -n loyalty -o json`)).replaceAll(name, 'NAME');
    const job = JSON.parse(text) as Job & { metadata: { uid: string } };
    const { annotations, labels, ownerReferences } = job.metadata;
    const own = JSON.parse(JSON.stringify({ spec: job.spec, labels }).replaceAll(job.metadata.uid, 'UID')) as {
      spec: Job['spec'];
      labels: object;
    };
    return { metadata: { annotations, ownerReferences, labels: own.labels }, spec: own.spec };
  }

  it('finds a CronJob that Helm named otherwise by what it runs', async () => {
    const manifest = readFileSync(deployPath('manifests/cronjobs.yaml'), 'utf8').replaceAll(/: loyalty$/gm, ': helm');
    await run('create namespace helm');
    await run('apply -f -', { input: manifest.replaceAll(/^ {2}name: (expire|verify)/gm, '  name: release-$1') });
    const { stdout, code } = await as('admin', 'rerun', 'expire-points', '-n', 'helm');
    assert.equal(code, 0);
    assert.match(
      stdout,
      /^Job helm\/release-expire-points-rerun-\w{5} was created from CronJob release-expire-points\.\n/,
    );
  });

  const refused: [string, number, RegExp][] = [
    [
      'rerun pear',
      64,
      /^CronJob pear does not exist in namespace loyalty\. There are: expire-points, sync-wallets, verify-ledger\.\n$/,
    ],
    [
      'rerun others',
      64,
      /^CronJob others does not run a job of Orion Loyalty; .* There are: expire-points, sync-wallets, verify-ledger\.\n$/,
    ],
    [
      'rerun expire-points -n empty',
      64,
      /^CronJob expire-points does not exist in namespace empty\. There are none of ours\.\n$/,
    ],
    ['rerun expire-points --merchant m', 64, /^--merchant is "m": it must be ids of merchants separated by commas\./],
    ['rerun verify-ledger --dry-run', 64, /^verify-ledger has no --dry-run\.\nNo Job was created\.\n$/],
    [
      'rerun expire-points --name by-kubectl',
      64,
      /^There is a Job of that name: give another --name, or leave it out\.\n$/,
    ],
    ['rerun expire-points --name A_b', 64, /Write a name of at most 63 lower-case letters/],
    ['rerun expire-points --failures-of gone', 64, /^--failures-of is gone: there is no Job of that name any more\./],
    [
      'verify-ledger --wait --timeout 1s',
      75,
      /^Job verify-ledger-rerun-\w{5} has not ended after 1 s\. It goes on\.\nIt has no pod/,
    ],
    [
      'runs --service pear',
      78,
      /^There is no way to Service pear: .*services "pear" not found\nName the Service by --service/,
    ],
  ];
  for (const [line, expected, message] of refused) {
    it(`ends with ${expected}: ${line}`, async () => {
      const { code, stderr } = await as('admin', ...line.split(' '));
      assert.match(stderr, message);
      assert.equal(code, expected);
    });
  }

  it('goes on with the run of a Job that is named', async () => {
    const { stdout } = await as('operator', 'rerun', 'expire-points', '--failures-of', 'job/by-kubectl', '-o', 'json');
    const uid = await run('get job by-kubectl -n loyalty -o jsonpath={.metadata.uid}');
    const { environment: set, follow } = JSON.parse(stdout) as { environment: object; follow: { run: string } };
    assert.deepEqual(set, { RESUME_RUN: uid });
    assert.ok(follow.run.startsWith(`kubectl loyalty run ${uid} `));
  });

  it('says which permission is missing', async () => {
    const rerun = await as('nobody', 'rerun', 'expire-points');
    assert.equal(rerun.code, 78);
    assert.match(rerun.stderr, /^You lack a permission: .*User "nobody" cannot get resource "cronjobs"/);
    const runs = await as('nobody', 'runs');
    assert.equal(runs.code, 78);
    assert.match(
      runs.stderr,
      /User "nobody" cannot get resource "services".*\ndocs\/kubectl-loyalty\.md lists the perm/,
    );
  });

  it('lets status say in one line why it shows no runs', async () => {
    await run(`apply -f ${deployPath('crds')}`);
    await run('wait --for=condition=Established --timeout=30s crd/walletcredentials.loyalty.orion.dev');
    const { code, stdout, stderr } = await as('operator', 'status', '--service', 'pear', '-o', 'json');
    assert.deepEqual([code, stderr], [0, '']);
    const { credentials, runs, runsProblem } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([credentials, runs], [[], null]);
    assert.match(String(runsProblem), /^There is no way to Service pear/);
    const table = await as('operator', 'status', '--service', 'pear');
    assert.match(
      table.stderr,
      /^Runs are not shown: There is no way to Service pear: .{1,80}…\nNo WalletCredentials in namespace loyalty\.\n$/,
    );
  });
});
