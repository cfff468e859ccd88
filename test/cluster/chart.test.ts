import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { packageVersions } from '../deploy/manifests.ts';
import { newApiKey } from '../support/api-process.ts';
import { type AuditEvent, type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl } from '../support/control-plane/kubectl.ts';
import { chartFolder, helm, type HelmOptions, readRendered, requiredValues } from '../support/helm.ts';
import { type Kubelet, loyaltyImage, startKubelet } from '../support/kubelet/kubelet.ts';
import type { TestDatabase } from '../support/postgres/databases.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { startLoyalty } from '../support/run-loyalty.ts';
import { eventually } from '../support/wait.ts';

const namespace = 'loyalty';
const restricted = ['enforce', 'warn'].map((mode) => `pod-security.kubernetes.io/${mode}=restricted`);

interface Rule {
  apiGroups: string[];
  resources: string[];
  verbs: string[];
}

/** The chart as its previous version was: an older number, and without a value that has been added since. */
function previousChart(folder: string): string {
  const chart = join(folder, 'previous');
  cpSync(chartFolder, chart, { recursive: true });
  const change = (file: string, from: RegExp, to: string): void => {
    const text = readFileSync(join(chart, file), 'utf8');
    assert.match(text, from, file);
    writeFileSync(join(chart, file), text.replace(from, to));
  };
  change('Chart.yaml', /^version: .*$/m, 'version: 0.0.9');
  change('Chart.yaml', /^appVersion: .*$/m, 'appVersion: 0.0.9');
  change('values.yaml', /^ {2}databasePoolSize: 20$/m, '  databasePoolSize: 5');
  change('values.schema.json', /"googleRatePerSecond"/g, '"ratePerSecond"');
  change('values.yaml', /^ {4}googleRatePerSecond: /m, '    ratePerSecond: ');
  change('templates/jobs/sync-wallets.yaml', /\.googleRatePerSecond/, '.ratePerSecond');
  return chart;
}

describe('the Helm chart on a real control plane', () => {
  const folder = mkdtempSync(join(tmpdir(), 'chart-'));
  const key = newApiKey();
  let controlPlane: ControlPlane;
  let kubelet: Kubelet;
  let database: TestDatabase;

  const run = async (...args: string[]): Promise<string> =>
    (await kubectl(controlPlane, ['-n', namespace, ...args])).stdout.trim();
  const inRelease = async (args: string[], options: HelmOptions = {}): Promise<string> => {
    const { stdout, stderr } = await helm([...args, '-n', namespace], { controlPlane, ...options });
    assert.doesNotMatch(stderr, /would violate|^W\d{4} |^warning:/im);
    return stdout;
  };
  const loyalty = async (command: string, ...args: string[]): Promise<string> => {
    const ended = await startLoyalty({ DATABASE_URL: database.url }, command, ...args).ended;
    assert.equal(ended.exit, 0, ended.stderr);
    return ended.stdout;
  };
  const exampleCredentials = async (): Promise<void> => {
    const input = await loyalty('example-credentials', '--namespace', namespace);
    await kubectl(controlPlane, ['apply', '-f', '-'], { input });
  };
  const names = async (kind: string): Promise<string[]> =>
    (await run('get', kind, '-o', 'jsonpath={.items[*].metadata.name}')).split(' ').filter((name) => name !== '');
  const query = async (sql: string): Promise<unknown[]> => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      return (await client.query<object>(sql)).rows;
    } finally {
      await client.end();
    }
  };

  before(async () => {
    database = await (await sharedPostgres()).emptyDatabase();
    controlPlane = await startControlPlane({ kind: 'real' });
    kubelet = await startKubelet({ controlPlane, images: { 'ghcr.io/orion-loyalty/orion-loyalty': loyaltyImage } });
    await run('create', 'namespace', namespace);
    await run('label', 'namespace', namespace, ...restricted);
    await run('create', 'secret', 'generic', 'loyalty-database', `--from-literal=url=${database.url}`);
    await run('create', 'secret', 'generic', 'loyalty-admin-key', `--from-literal=key=${key}`);
    await run('create', 'secret', 'generic', 'loyalty-pass-token-key', `--from-literal=key=${newApiKey()}`);
  });
  after(async () => {
    await kubelet?.stop();
    await controlPlane?.stop();
    await database?.drop();
    rmSync(folder, { recursive: true });
  });

  it('installs with the required values alone, and waits until all pods are ready', async () => {
    const args = ['install', 'loyalty', previousChart(folder), '--wait', '--timeout', '3m'];
    const notes = await inRelease(args, { values: requiredValues });
    assert.match(notes, /helm test loyalty -n loyalty --logs/);
    assert.match(notes, /There is no first admin key/);
    assert.match(notes, /No wallet is on yet/);
    const ready = await run(
      'get',
      'deployments',
      '-o',
      'jsonpath={range .items[*]}{.metadata.name}={.status.readyReplicas} {end}',
    );
    assert.equal(ready, 'loyalty-api=2 loyalty-controller=2');
    assert.match(await run('logs', 'job/loyalty-migrate-0-0-9'), /nothing to do/);
  });

  it('passes helm test', async () => {
    const output = await inRelease(['test', 'loyalty', '--logs', '--timeout', '3m']);
    assert.match(output, /^Phase:\s+Succeeded$/m);
    assert.match(output, /The API is ready, its schema fits, and it refuses a call without a key\./);
    assert.match(output, /There are no WalletCredentials in namespace loyalty yet\./);
    assert.deepEqual(await names('roles'), ['loyalty-controller', 'loyalty-controller-leader-election']);
  });

  it('is upgraded from the previous version, which keeps WalletCredentials, live Secrets and data', async () => {
    await exampleCredentials();
    await run('wait', '--for=condition=Ready', '--timeout=60s', 'walletcredential', '--all');
    await loyalty('demo-data', '--merchants', '2', '--cards', '20', '--lots-per-card', '2', '--seed', '7');
    const kept = async (): Promise<unknown> => ({
      credentials: await run('get', 'walletcredentials', '-o', 'jsonpath={.items[*].metadata.uid}'),
      live: await run('get', 'secret', 'apple-live', 'google-live', '-o', 'jsonpath={.items[*].data}'),
      crd: await run('get', 'crd', 'walletcredentials.loyalty.orion.dev', '-o', 'jsonpath={.metadata.uid}'),
      cards: await query('SELECT id, balance FROM cards ORDER BY id'),
    });
    const before = await kept();
    const values = {
      ...requiredValues,
      google: { liveSecret: 'google-live' },
      apple: { liveSecret: 'apple-live' },
      api: {
        adminKey: { existingSecret: 'loyalty-admin-key' },
        publicUrl: 'https://loyalty.example.com',
        passTokenKey: { existingSecret: 'loyalty-pass-token-key' },
      },
      // Its runs are not what this test is about: they would call Google.
      jobs: { syncWallets: { suspend: true } },
    };
    await inRelease(['upgrade', 'loyalty', chartFolder, '--wait', '--timeout', '3m'], { values });
    assert.deepEqual(await kept(), before);
    const migrations = (await names('jobs')).filter((name) => name.startsWith('loyalty-migrate-'));
    assert.deepEqual(migrations, [
      'loyalty-migrate-0-0-9',
      `loyalty-migrate-${packageVersions().version.replaceAll('.', '-')}`,
    ]);
    await loyalty('verify-ledger');
  });

  it('passes helm test with an admin key, and reads each WalletCredential', async () => {
    const output = await inRelease(['test', 'loyalty', '--logs', '--timeout', '3m']);
    assert.match(output, /It lists the merchants for the admin key\./);
    for (const name of ['apple', 'google']) {
      assert.match(output, new RegExp(`WalletCredential loyalty/${name}: Ready=True \\(`));
    }
  });

  it('runs its CronJobs', async () => {
    for (const name of ['expire-points', 'verify-ledger']) {
      await run('create', 'job', `by-hand-${name}`, `--from=cronjob/${name}`);
    }
    await run(
      'wait',
      '--for=condition=Complete',
      '--timeout=60s',
      'job/by-hand-expire-points',
      'job/by-hand-verify-ledger',
    );
    assert.deepEqual(await query("SELECT task, state FROM runs WHERE name LIKE 'by-hand-%' ORDER BY task"), [
      { task: 'expire-points', state: 'done' },
      { task: 'verify-ledger', state: 'done' },
    ]);
  });

  it('grants its service accounts what they use, and nothing else (counted from the audit log)', async () => {
    // A new source, of which the history keeps only the newest revision: the controller does all that it ever does.
    await run('patch', 'walletcredential', 'apple', '--type=merge', '-p', '{"spec":{"revisionHistoryLimit":1}}');
    await exampleCredentials();
    await eventually(async () => assert.ok(!(await names('secrets')).includes('apple-rev-1')), {
      describe: 'the revision beyond the limit to be gone',
      deadlineSeconds: 30,
    });
    const manifest = readRendered(await inRelease(['get', 'manifest', 'loyalty']));
    const hooks = readRendered(await inRelease(['get', 'hooks', 'loyalty']));
    const granted = [...manifest, ...hooks]
      .filter(({ kind }) => kind === 'Role')
      .flatMap((role) => (role['rules'] as Rule[]).map((rule) => ({ role: role.metadata.name, rule })))
      .flatMap(({ role, rule }) =>
        rule.verbs.map((verb) => `${role.replace('-leader-election', '')} ${verb} ${rule.resources.join(',')}`),
      );
    const used = async (): Promise<string[]> => {
      const calls = (await controlPlane.auditEvents()).filter(ofRelease);
      return [...new Set(calls.map(calledBy))].toSorted();
    };
    await eventually(async () => assert.deepEqual(await used(), granted.toSorted()), {
      describe: 'every verb that is granted to be used, and no other',
      deadlineSeconds: 20,
    });
    assert.deepEqual(
      [...manifest, ...hooks].filter(({ kind }) => kind.startsWith('Cluster')),
      [],
    );
  });

  it('leaves live Secrets, WalletCredentials and the CRD when it is uninstalled, and installs again on them', async () => {
    await inRelease(['uninstall', 'loyalty', '--wait', '--timeout', '2m']);
    for (const kind of ['deployments', 'cronjobs', 'services', 'networkpolicies', 'roles', 'poddisruptionbudgets']) {
      assert.deepEqual(await names(kind), [], kind);
    }
    assert.deepEqual(await names('serviceaccounts'), ['default']);
    assert.deepEqual(await names('walletcredentials'), ['apple', 'google']);
    const secrets = await names('secrets');
    for (const name of ['apple-live', 'google-live']) assert.ok(secrets.includes(name), name);
    const { stdout } = await helm(['install', 'loyalty', chartFolder, '-n', namespace, '--wait', '--timeout', '3m'], {
      controlPlane,
      values: requiredValues,
    });
    assert.match(stdout, /^STATUS: deployed$/m);
    assert.match(await inRelease(['test', 'loyalty', '--logs']), /WalletCredential loyalty\/apple: Ready=True/);
  });
});

/** Whether a pod of the release asked; the questions of the start are everybody's right (system:basic-user). */
function ofRelease({ user, objectRef }: AuditEvent): boolean {
  return (
    user.username.startsWith(`system:serviceaccount:${namespace}:`) && objectRef?.apiGroup !== 'authorization.k8s.io'
  );
}

function calledBy({ user, verb, objectRef }: AuditEvent): string {
  const { resource = '', subresource } = objectRef ?? {};
  return `${user.username.split(':').at(-1)} ${verb} ${subresource ? `${resource}/${subresource}` : resource}`;
}
