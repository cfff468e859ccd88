import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { settings } from '../../src/config.ts';
import { exitCodes } from '../../src/errors.ts';
import { deployPath, packageVersions, readManifests } from './manifests.ts';
import type { Manifest } from './manifests.ts';

interface Variable {
  name: string;
  value?: string;
  valueFrom?: { fieldRef?: { fieldPath: string }; secretKeyRef?: { name: string; key: string; optional?: boolean } };
}

interface PodSpec {
  serviceAccountName?: string;
  automountServiceAccountToken: boolean;
  restartPolicy?: string;
  terminationGracePeriodSeconds?: number;
  securityContext: unknown;
  containers: {
    name: string;
    image: string;
    args: string[];
    env: Variable[];
    ports?: { name: string; containerPort: number }[];
    livenessProbe?: { httpGet: object };
    readinessProbe?: { httpGet: object };
    lifecycle?: { preStop: { sleep: { seconds: number } } };
    securityContext: unknown;
    volumeMounts?: { name: string; mountPath: string }[];
  }[];
  volumes?: { name: string; secret: { secretName: string; optional: boolean } }[];
}

interface Template {
  metadata: { labels: Record<string, string> };
  spec: PodSpec;
}

interface Rule {
  action: string;
  onExitCodes?: { containerName: string; operator: string; values: number[] };
  onPodConditions?: { type: string; status: string }[];
}

interface JobSpec {
  activeDeadlineSeconds: number;
  ttlSecondsAfterFinished: number;
  backoffLimit?: number | null;
  podFailurePolicy: { rules: Rule[] };
  template: Template;
}

interface CronJobSpec {
  schedule: string;
  timeZone: string;
  concurrencyPolicy: string;
  startingDeadlineSeconds: number;
  successfulJobsHistoryLimit: number;
  failedJobsHistoryLimit: number;
  jobTemplate: { spec: JobSpec };
}

const files = ['api.yaml', 'cronjobs.yaml', 'migrate.yaml'];
const all = files.flatMap((file) => readManifests(`manifests/${file}`));

function only<Spec>(kind: string, name: string): Manifest<Spec> {
  const [found, ...others] = all.filter((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  assert.ok(found !== undefined && others.length === 0, `one ${kind} ${name}`);
  return found as Manifest as Manifest<Spec>;
}

const deployment = only<{ template: Template; selector: { matchLabels: object } }>('Deployment', 'loyalty-api');
const migrate = only<JobSpec>('Job', `loyalty-migrate-${packageVersions().version.replaceAll('.', '-')}`);
const cronJobs = ['expire-points', 'verify-ledger'].map((name) => only<CronJobSpec>('CronJob', name));
const templates = [
  deployment.spec.template,
  migrate.spec.template,
  ...cronJobs.map(({ spec }) => spec.jobTemplate.spec.template),
];

const ignored: Rule = { action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] };

function onExit(action: string, containerName: string, values: number[]): Rule {
  return { action, onExitCodes: { containerName, operator: 'In', values } };
}

describe('deploy/manifests', () => {
  it('is all in one namespace, which every file can be moved out of by the command in its head', () => {
    const namespaces = all.filter(({ kind }) => kind !== 'Namespace').map(({ metadata }) => metadata.namespace);
    assert.deepEqual([...new Set(namespaces)], ['loyalty']);
    for (const file of files) {
      const moved = readFileSync(deployPath(`manifests/${file}`), 'utf8').replaceAll(/: loyalty$/gm, ': OTHER');
      assert.doesNotMatch(moved, /namespace: loyalty/, file);
      assert.doesNotMatch(moved.replaceAll(/^ *(name|namespace): OTHER$/gm, ''), /: OTHER$/m, file);
    }
  });

  it('makes the namespace with the first file of the folder, as the controller does', () => {
    const isNamespace = ({ kind }: Manifest): boolean => kind === 'Namespace';
    const [first = ''] = readdirSync(deployPath('manifests')).toSorted();
    assert.deepEqual(
      readManifests(`manifests/${first}`)[0],
      readManifests('manifests/controller.yaml').find(isNamespace),
    );
  });

  it('is of the version of this package', () => {
    const { version } = packageVersions();
    for (const { metadata, spec } of templates) {
      assert.equal(spec.containers[0]?.image.split(':').at(-1), version);
      assert.equal(metadata.labels['app.kubernetes.io/version'], version);
    }
  });

  it('needs no privilege and no token', () => {
    for (const { spec } of templates) {
      assert.equal(spec.automountServiceAccountToken, false);
      assert.deepEqual(spec.securityContext, { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } });
      for (const container of spec.containers) {
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
      }
    }
    const accounts = all.filter(({ kind }) => kind === 'ServiceAccount').map(({ metadata }) => metadata.name);
    const used = templates.flatMap(({ spec }) => spec.serviceAccountName ?? []);
    assert.deepEqual([...new Set(used)].toSorted(), accounts.toSorted());
  });

  it('sets what the commands know, and takes the database from one Secret', () => {
    for (const { spec } of templates) {
      const [{ args, env } = { args: [], env: [] }] = spec.containers;
      const known: object = settings[args[0] as keyof typeof settings];
      const unknown = env.map(({ name }) => name).filter((name) => !name.startsWith('RUN_') && !(name in known));
      assert.deepEqual(unknown, [], args[0]);
      const url = env.find(({ name }) => name === 'DATABASE_URL');
      assert.deepEqual(url?.valueFrom, { secretKeyRef: { name: 'loyalty-database', key: 'url' } });
    }
  });

  describe('the API', () => {
    const { spec } = deployment.spec.template;
    const [container] = spec.containers as [PodSpec['containers'][number]];
    const service = only<{ selector: object; ports: { name: string; targetPort: string }[] }>('Service', 'loyalty-api');

    it('listens where its settings put it by default, and the Service leads there', () => {
      assert.deepEqual(
        container.ports?.map(({ name, containerPort }) => [name, String(containerPort)]),
        [
          ['http', settings.api.PORT.default],
          ['metrics', settings.api.METRICS_PORT.default],
        ],
      );
      assert.deepEqual(
        service.spec.ports.map(({ name, targetPort }) => [name, targetPort]),
        [
          ['http', 'http'],
          ['metrics', 'metrics'],
        ],
      );
      assert.deepEqual(service.spec.selector, deployment.spec.selector.matchLabels);
      assert.deepEqual(container.livenessProbe?.httpGet, { path: '/healthz', port: 'http' });
      assert.deepEqual(container.readinessProbe?.httpGet, { path: '/readyz', port: 'http' });
    });

    it('has the live Secrets in the folders that its settings name', () => {
      for (const provider of ['google', 'apple']) {
        const path = container.env.find(({ name }) => name === `${provider.toUpperCase()}_CREDENTIAL_DIR`)?.value;
        const mount = container.volumeMounts?.find(({ mountPath }) => mountPath === path);
        const volume = spec.volumes?.find(({ name }) => name === mount?.name);
        assert.deepEqual(volume?.secret, { secretName: `${provider}-live`, optional: true });
      }
    });

    it('is sent no requests any more before it ends, and has its 30 s then', () => {
      const seconds = container.lifecycle?.preStop.sleep.seconds ?? 0;
      assert.equal(seconds, 5);
      assert.equal(spec.terminationGracePeriodSeconds, seconds + 30);
    });
  });

  describe('the jobs', () => {
    it('end, are tried again where that helps, and are cleaned away', () => {
      const specs = [migrate.spec, ...cronJobs.map(({ spec }) => spec.jobTemplate.spec)];
      for (const { template, activeDeadlineSeconds, ttlSecondsAfterFinished, podFailurePolicy } of specs) {
        const [{ name } = { name: '' }] = template.spec.containers;
        assert.equal(template.spec.restartPolicy, 'Never');
        assert.ok(activeDeadlineSeconds > 0 && ttlSecondsAfterFinished > 0);
        const { partial, usage, internal, configuration } = exitCodes;
        const hopeless = [usage, name === 'migrate' ? internal : partial, configuration].toSorted((a, b) => a - b);
        assert.deepEqual(podFailurePolicy.rules, [ignored, onExit('FailJob', name, hopeless)]);
      }
    });

    it('are started once at a time, and caught up with', () => {
      for (const { metadata, spec } of cronJobs) {
        assert.deepEqual([spec.concurrencyPolicy, spec.timeZone], ['Forbid', 'Etc/UTC']);
        assert.ok(spec.startingDeadlineSeconds >= 3_600);
        assert.ok(spec.successfulJobsHistoryLimit > 0 && spec.failedJobsHistoryLimit > 0);
        const [container] = spec.jobTemplate.spec.template.spec.containers;
        assert.deepEqual([container?.name, container?.args], [metadata.name, [metadata.name]]);
      }
    });

    it('know their run by the uid of the Job, and its name', () => {
      for (const { spec } of cronJobs) {
        const env = spec.jobTemplate.spec.template.spec.containers[0]?.env ?? [];
        const fields = env.flatMap(({ name, valueFrom }) => valueFrom?.fieldRef && [[name, valueFrom.fieldRef]]);
        assert.deepEqual(Object.fromEntries(fields.filter((entry) => entry !== undefined)), {
          RUN_UID: { fieldPath: "metadata.labels['batch.kubernetes.io/controller-uid']" },
          RUN_NAME: { fieldPath: "metadata.labels['batch.kubernetes.io/job-name']" },
        });
      }
    });

    it('can be of several pods, of which one that had failing merchants ends none of the others', () => {
      const text = readFileSync(deployPath('patches/expire-points-indexed.yaml'), 'utf8');
      const { spec } = parse(text) as { spec: CronJobSpec };
      const { podFailurePolicy, backoffLimit } = spec.jobTemplate.spec;
      const { partial, usage, configuration } = exitCodes;
      assert.equal(backoffLimit, null);
      assert.deepEqual(podFailurePolicy.rules, [
        ignored,
        onExit('FailIndex', 'expire-points', [partial]),
        onExit('FailJob', 'expire-points', [usage, configuration]),
      ]);
    });
  });
});
