import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { chartValues } from '../../generate/chart.ts';
import { settings } from '../../src/config.ts';
import { exitCodes } from '../../src/errors.ts';
import { chartFolder, podTemplates, type Rendered, renderChart, requiredValues } from '../support/helm.ts';
import { everything } from './chart-values.ts';
import { deployPath, packageVersions, readManifests } from './manifests.ts';

interface JobSpec {
  completionMode?: string;
  completions?: number;
  parallelism?: number;
  backoffLimit?: number;
  backoffLimitPerIndex?: number;
  activeDeadlineSeconds: number;
  ttlSecondsAfterFinished: number;
  podFailurePolicy: { rules: unknown[] };
}

interface CronJobSpec {
  schedule: string;
  suspend?: boolean;
  concurrencyPolicy: string;
  timeZone: string;
  startingDeadlineSeconds: number;
  jobTemplate: { spec: JobSpec };
}

const wallets = {
  ...requiredValues,
  google: { liveSecret: 'google-live' },
  apple: { liveSecret: 'apple-live' },
  api: { publicUrl: 'https://loyalty.example.com', passTokenKey: { existingSecret: 'loyalty-pass-token-key' } },
};

function named(rendered: readonly Rendered[], kind: string): string[] {
  return rendered.filter((object) => object.kind === kind).map(({ metadata }) => metadata.name);
}

function cronJob(rendered: readonly Rendered[], name: string): CronJobSpec {
  const found = rendered.find(({ kind, metadata }) => kind === 'CronJob' && metadata.name === name);
  assert.ok(found, `the CronJob ${name}`);
  return found.spec as unknown as CronJobSpec;
}

const onExit = (action: string, containerName: string, values: number[]): object => ({
  action,
  onExitCodes: { containerName, operator: 'In', values },
});
const ignored = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };

describe('the Helm chart', () => {
  let least: Rendered[];
  let whole: Rendered[];

  before(async () => {
    [least, whole] = await Promise.all([renderChart(wallets), renderChart(everything)]);
  });

  it('has the version of the package, and that of its image', () => {
    const { version } = packageVersions();
    const chart = parse(readFileSync(join(chartFolder, 'Chart.yaml'), 'utf8')) as Record<string, unknown>;
    assert.deepEqual([chart['version'], chart['appVersion']], [version, version]);
    for (const { template } of podTemplates(least))
      assert.ok(template.spec.containers[0]?.image.endsWith(`:${version}`));
    for (const { template } of podTemplates(whole))
      assert.match(template.spec.containers[0]?.image ?? '', /@sha256:0{64}$/);
  });

  it('says of every value what it is', () => {
    const silent = chartValues().filter(({ description }) => !/^[A-Za-z].*\.$/.test(description));
    assert.deepEqual(silent, []);
  });

  it('has the values that the documentation and NOTES.txt name', () => {
    const texts = [join(chartFolder, 'templates/NOTES.txt'), deployPath('../docs/install.md')].map((path) =>
      readFileSync(path, 'utf8'),
    );
    const named = texts.flatMap((text) => [
      ...[...text.matchAll(/--set ([\w.]+)=/g)].map(([, path = '']) => path),
      ...[...text.matchAll(/`((?:api|crds|jobs|migrate|monitoring|networkPolicy)\.[\w.]+)(?:=\w+)?`/g)].map(
        ([, path = '']) => path,
      ),
    ]);
    assert.ok(named.length > 15);
    // Labels are of the user's choice.
    const known = (path: string): boolean =>
      chartValues().some(
        (value) => value.path === path || (value.default === '{}' && path.startsWith(`${value.path}.`)),
      );
    assert.deepEqual(
      named.filter((path) => !known(path)),
      [],
    );
  });

  it('renders, with the required values alone, what needs nothing else of the cluster', async () => {
    const rendered = await renderChart();
    const optional = ['Ingress', 'HorizontalPodAutoscaler', 'ServiceMonitor', 'PrometheusRule', 'CiliumNetworkPolicy'];
    assert.deepEqual(
      rendered.filter(({ kind }) => optional.includes(kind)),
      [],
    );
    assert.deepEqual(named(rendered, 'Deployment'), ['loyalty-api', 'loyalty-controller']);
    // Without a wallet there is nothing to sync.
    assert.deepEqual(named(rendered, 'CronJob'), ['expire-points', 'verify-ledger']);
    assert.deepEqual(named(least, 'CronJob'), ['expire-points', 'sync-wallets', 'verify-ledger']);
  });

  it('renders no Secret, and nothing for the whole cluster but the CRD', () => {
    for (const { kind, metadata } of [...least, ...whole]) {
      assert.notEqual(kind, 'Secret');
      assert.doesNotMatch(kind, /^Cluster/);
      assert.equal(metadata.namespace === undefined, kind === 'CustomResourceDefinition', `${kind} ${metadata.name}`);
    }
  });

  it('ships the CRD of deploy/crds, which is kept, and leaves it out when told to', async () => {
    const [source] = readManifests('crds/walletcredentials.loyalty.orion.dev.yaml');
    const crd = least.find(({ kind }) => kind === 'CustomResourceDefinition');
    assert.deepEqual(crd?.spec, source?.spec);
    assert.equal(crd?.metadata.annotations?.['helm.sh/resource-policy'], 'keep');
    const without = await renderChart({ ...requiredValues, crds: { install: false } });
    assert.deepEqual(named(without, 'CustomResourceDefinition'), []);
  });

  it('gives a token to those that ask the API server only, and no privilege to any pod', () => {
    const withToken = (objects: typeof least): string[] =>
      podTemplates(objects).flatMap(({ owner, template }) =>
        template.spec.automountServiceAccountToken ? [owner.metadata.name] : [],
      );
    for (const { template } of [...podTemplates(least), ...podTemplates(whole)]) {
      const { spec } = template;
      assert.deepEqual(spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const { securityContext, resources } of spec.containers) {
        assert.deepEqual(securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.ok(resources.requests['cpu'] && resources.requests['memory'] && resources.limits['memory']);
      }
    }
    assert.deepEqual(withToken(least).toSorted(), ['loyalty-controller', 'loyalty-test']);
    // With the console showing WalletCredentials.
    assert.deepEqual(withToken(whole).toSorted(), ['loyalty-api', 'loyalty-controller', 'loyalty-test']);
    for (const account of whole.filter(({ kind }) => kind === 'ServiceAccount')) {
      assert.equal(account['automountServiceAccountToken'], false);
    }
  });

  it('sets what the commands know', () => {
    const unknown = podTemplates(whole).flatMap(({ template }) =>
      template.spec.containers.flatMap(({ args = [], env = [] }) => {
        const known: object | undefined = settings[args[0] as keyof typeof settings];
        return known === undefined ? [] : env.map(({ name }) => name).filter((name) => !(name in known));
      }),
    );
    assert.deepEqual(
      unknown.filter((name) => name !== 'LOG_FORMAT'),
      [],
    );
  });

  describe('the CronJobs', () => {
    const jobs = ['expire-points', 'sync-wallets', 'verify-ledger'];
    const { partial, usage, configuration } = exitCodes;

    it('are started once at a time, end, and are tried again where that helps', () => {
      for (const name of jobs) {
        const { concurrencyPolicy, timeZone, startingDeadlineSeconds, jobTemplate } = cronJob(least, name);
        assert.deepEqual([concurrencyPolicy, timeZone], ['Forbid', 'Etc/UTC']);
        const { activeDeadlineSeconds, ttlSecondsAfterFinished, podFailurePolicy, completionMode } = jobTemplate.spec;
        // The controller looks every 10 s.
        assert.ok(startingDeadlineSeconds > 10 && activeDeadlineSeconds > 600 && ttlSecondsAfterFinished > 0);
        assert.equal(completionMode, undefined);
        assert.deepEqual(podFailurePolicy.rules, [ignored, onExit('FailJob', name, [partial, usage, configuration])]);
      }
      assert.equal(cronJob(least, 'sync-wallets').schedule, '* * * * *');
    });

    it('tell sync-wallets where Google calls back, as the API is told', () => {
      const publicUrl = { name: 'PUBLIC_URL', value: 'https://loyalty.example.com' };
      for (const name of ['loyalty-api', 'sync-wallets']) {
        const { template } = podTemplates(least).find(({ owner }) => owner.metadata.name === name) ?? {};
        const env = template?.spec.containers[0]?.env?.filter(({ name: variable }) => variable === 'PUBLIC_URL');
        assert.deepEqual(env, [publicUrl], name);
      }
    });

    it('are Indexed when several pods work on one run, as the patch of deploy/patches makes one', async () => {
      const four = { parallelism: 4 };
      const values = { ...wallets, jobs: { expirePoints: four, syncWallets: four, verifyLedger: four } };
      const rendered = await renderChart(values);
      for (const name of jobs) {
        const { podFailurePolicy, backoffLimit, completionMode, completions } = cronJob(rendered, name).jobTemplate
          .spec;
        assert.deepEqual([completionMode, completions, backoffLimit], ['Indexed', 4, undefined]);
        const rules = [ignored, onExit('FailIndex', name, [partial]), onExit('FailJob', name, [usage, configuration])];
        assert.deepEqual(podFailurePolicy.rules, rules);
      }
      const patch = parse(readFileSync(deployPath('patches/expire-points-indexed.yaml'), 'utf8')) as {
        spec: CronJobSpec;
      };
      const { backoffLimit: removed, ...patched } = patch.spec.jobTemplate.spec;
      assert.equal(removed, null);
      const indexed = cronJob(rendered, 'expire-points').jobTemplate.spec;
      assert.deepEqual({ ...indexed, ...patched }, indexed);
    });

    it('are suspended by one value, all or one', async () => {
      const suspended = async (values: object): Promise<unknown[]> => {
        const rendered = await renderChart({ ...wallets, jobs: values });
        return jobs.map((name) => cronJob(rendered, name).suspend);
      };
      assert.deepEqual(await suspended({ suspend: true }), [true, true, true]);
      assert.deepEqual(await suspended({ verifyLedger: { suspend: true } }), [undefined, undefined, true]);
    });
  });

  describe('the migration', () => {
    it('is a hook after an install and before an upgrade, and at an install also an ordinary Job', async () => {
      const jobs = async (...args: string[]): Promise<[string, string | undefined][]> =>
        (await renderChart(requiredValues, args))
          .filter(({ kind }) => kind === 'Job')
          .map(({ metadata }) => [metadata.name.replace(/-[\da-f]{8}$/, ''), metadata.annotations?.['helm.sh/hook']]);
      const hook = `loyalty-migrate-${packageVersions().version.replaceAll('.', '-')}`;
      assert.deepEqual(await jobs(), [
        ['loyalty-migrate-install', undefined],
        [hook, 'post-install,pre-upgrade'],
      ]);
      assert.deepEqual(await jobs('--is-upgrade'), [[hook, 'post-install,pre-upgrade']]);
      assert.deepEqual(await jobs('--set=migrate.enabled=false'), []);
    });
  });

  describe('the NetworkPolicies', () => {
    interface Policy {
      podSelector: { matchLabels?: Record<string, string>; matchExpressions?: { values: string[] }[] };
      policyTypes: string[];
      egress?: { to?: { ipBlock?: { cidr: string; except?: string[] } }[]; ports: { port: number | string }[] }[];
    }
    const policies = (rendered: readonly Rendered[]): Map<string, Policy> =>
      new Map(
        rendered
          .filter(({ kind }) => kind === 'NetworkPolicy')
          .map(({ metadata, spec }) => [metadata.name, spec as unknown as Policy]),
      );
    /** What pods of a component may call: the ports, by the networks. */
    const calls = (rendered: readonly Rendered[], component: string): string[] =>
      [...policies(rendered).values()]
        .filter(({ podSelector: { matchLabels = {}, matchExpressions = [] } }) => {
          const label = matchLabels['app.kubernetes.io/component'];
          return (
            (label ?? component) === component && matchExpressions.every(({ values }) => values.includes(component))
          );
        })
        .flatMap(({ egress = [] }) => egress)
        .flatMap(({ to = [{}], ports }) =>
          to.flatMap(({ ipBlock }) => ports.map(({ port }) => `${ipBlock?.cidr ?? 'any'} ${port}`)),
        )
        .toSorted();

    it('let every pod look up names, and nothing in', () => {
      const deny = policies(least).get('loyalty-default-deny');
      assert.deepEqual(deny?.policyTypes, ['Ingress', 'Egress']);
      assert.deepEqual(deny?.podSelector, { matchLabels: { 'app.kubernetes.io/name': 'orion-loyalty' } });
      for (const { template } of podTemplates(whole)) {
        assert.equal(template.metadata.labels['app.kubernetes.io/name'], 'orion-loyalty');
      }
    });

    it('let each process call what it needs', () => {
      const dns = ['any 53', 'any 53'];
      const database = ['10.1.2.0/24 6432'];
      const providers = ['0.0.0.0/0 443', '17.0.0.0/8 2197', '17.0.0.0/8 443', '::/0 443'];
      const apiServer = ['0.0.0.0/0 443', '0.0.0.0/0 6443', '::/0 443', '::/0 6443'];
      const ocsp = ['0.0.0.0/0 80', '::/0 80'];
      const expected: Record<string, string[]> = {
        'verify-ledger': [...dns, ...database],
        'expire-points': [...dns, ...database],
        migrate: [...dns, ...database],
        'sync-wallets': [...dns, ...database, ...providers],
        // For the WalletCredentials that the console shows.
        api: [...dns, ...database, ...apiServer, ...providers],
        controller: [...dns, ...apiServer, ...providers, ...ocsp],
        test: [...dns, ...apiServer, 'any http'],
      };
      for (const [component, allowed] of Object.entries(expected)) {
        assert.deepEqual(calls(whole, component), allowed.toSorted(), component);
      }
      // Nothing of Google and Apple where no wallet is on and nothing is verified online.
      const controller = calls(least, 'controller');
      assert.deepEqual(controller, [...dns, ...apiServer].toSorted());
      assert.ok(!calls(least, 'api').includes('0.0.0.0/0 6443'));
    });

    it('keep what calls Google and Apple away from private networks', () => {
      const egress = policies(whole).get('loyalty-providers')?.egress ?? [];
      const excepted = egress.flatMap(({ to = [] }) => to.flatMap(({ ipBlock }) => ipBlock?.except ?? []));
      for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '169.254.0.0/16', 'fc00::/7']) {
        assert.ok(excepted.includes(range), range);
      }
    });

    it('give way to names with Cilium, and are gone when switched off', async () => {
      const cilium = await renderChart({ ...wallets, networkPolicy: { cilium: { enabled: true } } });
      assert.ok(!policies(cilium).has('loyalty-providers'));
      assert.deepEqual(named(cilium, 'CiliumNetworkPolicy'), ['loyalty-providers']);
      const off = await renderChart({ ...wallets, networkPolicy: { enabled: false, cilium: { enabled: true } } });
      assert.deepEqual(
        off.filter(({ kind }) => kind.endsWith('NetworkPolicy')),
        [],
      );
    });
  });

  it('keeps the labels of the WalletCredentials that the controller tells of', () => {
    const monitors = whole.filter(({ kind }) => kind === 'ServiceMonitor');
    const honoured = monitors.map(({ metadata, spec }) => [
      metadata.name,
      (spec['endpoints'] as { honorLabels?: boolean }[])[0]?.honorLabels,
    ]);
    assert.deepEqual(honoured, [
      ['loyalty-api', undefined],
      ['loyalty-controller', true],
    ]);
    for (const { metadata, spec } of monitors) {
      assert.equal(metadata.labels['release'], 'kube-prometheus-stack');
      const { matchLabels } = spec['selector'] as { matchLabels: Record<string, string> };
      const services = whole.filter(({ kind }) => kind === 'Service');
      const selected = services.filter((service) =>
        Object.entries(matchLabels).every(([label, value]) => service.metadata.labels[label] === value),
      );
      assert.deepEqual(
        selected.map((service) => service.metadata.name),
        [metadata.name],
      );
      const ports = selected.flatMap(({ spec: of }) => of['ports'] as { name: string }[]).map(({ name }) => name);
      assert.ok(ports.includes('metrics'));
    }
  });

  it('lets the autoscaler have the number of pods', () => {
    const replicas = (rendered: readonly Rendered[]): unknown =>
      rendered.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === 'loyalty-api')?.spec['replicas'];
    assert.deepEqual([replicas(least), replicas(whole)], [2, undefined]);
    assert.deepEqual(named(whole, 'HorizontalPodAutoscaler'), ['loyalty-api']);
  });

  it('never blocks a drain', () => {
    const budgets = least.filter(({ kind }) => kind === 'PodDisruptionBudget');
    assert.deepEqual(
      budgets.map(({ metadata, spec }) => [metadata.name, spec['maxUnavailable']]),
      [
        ['loyalty-api', 1],
        ['loyalty-controller', 1],
      ],
    );
  });

  it('has one object a file, or a few that belong together, each file with a use', () => {
    const files = readdirSync(join(chartFolder, 'templates'), { recursive: true }).map(String);
    const templates = files.filter((file) => file.endsWith('.yaml') && !file.startsWith('monitoring/'));
    const used = new Set([...whole, ...least].map(({ source }) => source));
    assert.deepEqual(
      templates.filter((file) => !used.has(file)),
      ['network/cilium.yaml'],
    );
  });
});
