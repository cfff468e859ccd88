import assert from 'node:assert/strict';
import { deployPath } from '../deploy/manifests.ts';
import { everything } from '../deploy/chart-values.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl, type KubectlOptions } from '../support/control-plane/kubectl.ts';
import { chartFolder, helm, podTemplates, type Rendered, renderChart, requiredValues } from '../support/helm.ts';
import { standInDefinition } from '../support/stand-in-definition.ts';

const standIns = [
  standInDefinition({ group: 'monitoring.coreos.com', version: 'v1', kind: 'ServiceMonitor' }),
  standInDefinition({ group: 'monitoring.coreos.com', version: 'v1', kind: 'PrometheusRule' }),
  standInDefinition({
    group: 'cilium.io',
    version: 'v2',
    kind: 'CiliumNetworkPolicy',
    plural: 'ciliumnetworkpolicies',
  }),
];

/** The combinations of values that render something of their own. */
const variants: Record<string, object> = {
  'the required values alone': requiredValues,
  'everything on': everything,
  'everything on, with Cilium': {
    ...everything,
    networkPolicy: { onlineVerification: true, cilium: { enabled: true } },
  },
};

const podNamespace = 'pods';

describe('the Helm chart before a real API server', () => {
  let cluster: ControlPlane;
  const run = async (args: string, options?: KubectlOptions): Promise<string> => {
    const { stdout, stderr } = await kubectl(cluster, args.split(' '), options);
    assert.equal(stderr, '', args);
    return stdout;
  };
  const dryRun = (objects: object[]): Promise<string> =>
    run('create --dry-run=server --warnings-as-errors -f -', {
      input: objects.map((object) => JSON.stringify(object)).join('\n---\n'),
    });

  before(async () => {
    cluster = await startControlPlane({ kind: 'real', controllerManager: false });
    for (const namespace of ['loyalty', podNamespace]) {
      await run(`create --save-config namespace ${namespace}`);
      for (const mode of ['enforce', 'warn']) {
        await run(`label namespace ${namespace} pod-security.kubernetes.io/${mode}=restricted`);
      }
    }
    await run('create -f -', { input: standIns.map((definition) => JSON.stringify(definition)).join('\n---\n') });
    await run('wait --for=condition=Established --timeout=30s crd --all');
    // A Pod is admitted with its account.
    const accounts = (await renderChart()).filter(({ kind }) => kind === 'ServiceAccount');
    for (const { metadata } of accounts) await run(`create serviceaccount ${metadata.name} -n ${podNamespace}`);
  });
  after(() => cluster?.stop());

  for (const [name, values] of Object.entries(variants)) {
    it(`is taken without a warning in a namespace of restricted Pod Security: ${name}`, async () => {
      // Its Pod is looked at with the others, below.
      const rendered = (await renderChart(values)).filter(({ kind }) => kind !== 'Pod');
      const output = await dryRun(rendered.map(objectOf));
      assert.equal(output.trim().split('\n').length, rendered.length);
    });

    it(`has pod templates that are admitted as Pods: ${name}`, async () => {
      const templates = podTemplates(await renderChart(values));
      assert.ok(templates.length >= 6);
      const pods = templates.map(({ template: { metadata, spec } }, index) => {
        const labels = { ...metadata, name: `as-a-pod-${index}`, namespace: podNamespace };
        return { apiVersion: 'v1', kind: 'Pod', metadata: labels, spec };
      });
      await dryRun(pods);
    });
  }

  it('is refused where the CRD has another owner, and says which; crds.install=false and --take-ownership both help', async () => {
    await run(`apply -f ${deployPath('crds')}`);
    const install = async (...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> =>
      helm(['install', 'loyalty', chartFolder, '-n', 'loyalty', '--dry-run=server', ...args], {
        controlPlane: cluster,
        values: requiredValues,
        allowFailure: true,
      });
    const refused = await install();
    assert.equal(refused.code, 1);
    assert.match(
      refused.stderr,
      /CustomResourceDefinition "walletcredentials\.loyalty\.orion\.dev".*cannot be imported/,
    );
    for (const help of ['--set=crds.install=false', '--take-ownership']) {
      const { code, stderr } = await install(help);
      assert.equal(code, 0, stderr);
    }
  });

  it('takes over what deploy/manifests installed', async () => {
    const none = ['--set=migrate.enabled=false'];
    for (const file of ['controller', 'api', 'cronjobs']) await run(`apply -f ${deployPath(`manifests/${file}.yaml`)}`);
    const identity = async (): Promise<string> =>
      run('get deployments,cronjobs,services -n loyalty -o jsonpath={.items[*].metadata.uid}');
    const before = (await identity()).split(' ');
    const args = ['install', 'loyalty', chartFolder, '-n', 'loyalty', '--take-ownership', '--force-conflicts', ...none];
    await helm(args, { controlPlane: cluster, values: requiredValues });
    const after = (await identity()).split(' ');
    assert.deepEqual(
      before.filter((uid) => !after.includes(uid)),
      [],
    );
    const labels = await run('get deployment loyalty-api -n loyalty -o jsonpath={.metadata.labels}');
    assert.match(labels, /"app\.kubernetes\.io\/managed-by":"Helm"/);
  });
});

function objectOf({ source: _source, text: _text, ...object }: Rendered): object {
  return object;
}
