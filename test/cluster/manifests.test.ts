import assert from 'node:assert/strict';
import { type Manifest, deployPath, readManifests } from '../deploy/manifests.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl, type KubectlOptions } from '../support/control-plane/kubectl.ts';

const files = ['api.yaml', 'cronjobs.yaml', 'migrate.yaml'];
const indexed = deployPath('patches/expire-points-indexed.yaml');

interface Templated {
  template?: { metadata: object; spec: object };
  jobTemplate?: { spec: Templated };
}

/** The pod template of a Deployment, a Job or a CronJob. */
function templateOf({ spec }: Manifest<Templated>): Templated['template'] {
  return spec?.template ?? spec?.jobTemplate?.spec.template;
}

describe('deploy/manifests on a real API server', () => {
  let cluster: ControlPlane;
  const run = async (args: string, options?: KubectlOptions): Promise<string> => {
    const { stdout, stderr } = await kubectl(cluster, args.split(' '), options);
    assert.equal(stderr, '', args);
    return stdout;
  };

  before(async () => {
    cluster = await startControlPlane({ kind: 'real', controllerManager: false });
    // The namespace of restricted Pod Security is the first object of the first file.
    await run(`apply --warnings-as-errors -f ${deployPath('manifests/api.yaml')}`);
  });
  after(() => cluster?.stop());

  for (const file of files) {
    it(`takes ${file} without a warning under restricted Pod Security, and again`, async () => {
      const path = deployPath(`manifests/${file}`);
      await run(`apply --dry-run=server --warnings-as-errors -f ${path}`);
      await run(`apply --warnings-as-errors -f ${path}`);
      const again = await run(`apply --warnings-as-errors -f ${path}`);
      assert.doesNotMatch(again, /configured|created/);
    });
  }

  it('admits each pod template as a Pod', async () => {
    const manifests = files.flatMap((file) => readManifests(`manifests/${file}`)) as Manifest<Templated>[];
    const templates = manifests.flatMap((manifest) => templateOf(manifest) ?? []);
    assert.equal(templates.length, 5);
    for (const [index, { metadata, spec }] of templates.entries()) {
      const pod = { apiVersion: 'v1', kind: 'Pod', metadata: { ...metadata, name: `as-a-pod-${index}` }, spec };
      const input = JSON.stringify(pod);
      await run('create -n loyalty --dry-run=server --warnings-as-errors -f -', { input });
    }
  });

  it('takes the patch that makes expire-points a Job of four pods', async () => {
    await run(`patch cronjob expire-points -n loyalty --type=merge --patch-file ${indexed}`);
    await run('create job -n loyalty --from=cronjob/expire-points four');
    const text = await run('get job four -n loyalty -o json');
    const { spec } = JSON.parse(text) as { spec: Record<string, unknown> };
    const { completionMode, completions, parallelism, backoffLimitPerIndex } = spec;
    assert.deepEqual([completionMode, completions, parallelism, backoffLimitPerIndex], ['Indexed', 4, 4, 6]);
  });
});
