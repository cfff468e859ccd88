import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { createKubernetesClient, type KubernetesClient } from '../../src/adapters/kubernetes/client.ts';
import { loadKubeConfig } from '../../src/adapters/kubernetes/kube-config.ts';
import { deployPath } from '../deploy/manifests.ts';
import { assertLedgerVerifies, type Copy, createExpireWorld, type ExpireWorld } from '../jobs/expire-world.ts';
import { plugin, pluginFolder, type PluginResult } from '../kubectl-loyalty/plugin.ts';
import { type ControlPlane, startControlPlane } from '../support/control-plane/control-plane.ts';
import { kubectl, type KubectlOptions, type KubectlResult } from '../support/control-plane/kubectl.ts';
import { type Kubelet, loyaltyImage, startKubelet } from '../support/kubelet/kubelet.ts';
import { sharedPostgres } from '../support/postgres/shared-postgres.ts';
import { eventually } from '../support/wait.ts';

interface Job {
  metadata: { name: string; uid: string };
  status: { succeeded?: number; failed?: number; conditions?: { type: string; status: string }[] };
}

interface StoredRun {
  id: string;
  name: string;
  run_key: string;
  state: string;
  as_of: Date;
}

/** A namespace with the CronJobs of deploy/manifests, and a copy of the world that its jobs work on. */
interface Installation {
  copy: Copy;
  run(...args: string[]): Promise<string>;
  kubectl(args: string[], options?: KubectlOptions): Promise<KubectlResult>;
  /** Waits until a Job is complete. */
  complete(job: string): Promise<Job>;
  runs(): Promise<StoredRun[]>;
}

function endOf({ status }: Job): string | undefined {
  const ends = ['Complete', 'Failed'];
  return status.conditions?.find((each) => each.status === 'True' && ends.includes(each.type))?.type;
}

const manifest = await readFile(deployPath('manifests/cronjobs.yaml'), 'utf8');
const indexed = deployPath('patches/expire-points-indexed.yaml');

describe('expire-points by CronJob and Job, with the manifests on a real control plane', () => {
  let controlPlane: ControlPlane;
  let client: KubernetesClient;
  let kubelet: Kubelet;
  let world: ExpireWorld;
  /** Untouched: what is due, card by card, is looked up here. */
  let fresh: Copy;
  const copies: Copy[] = [];

  before(async () => {
    controlPlane = await startControlPlane({ kind: 'real', audit: false });
    client = createKubernetesClient(await loadKubeConfig({ KUBECONFIG: controlPlane.kubeconfig }));
    kubelet = await startKubelet({ controlPlane, images: { 'ghcr.io/orion-loyalty/orion-loyalty': loyaltyImage } });
    world = await createExpireWorld(await sharedPostgres(), { merchants: 5, cards: 1_000 });
    fresh = await copied();
  });
  after(async () => {
    await kubelet?.stop();
    await client?.close();
    await controlPlane?.stop();
    for (const copy of copies) await copy[Symbol.asyncDispose]();
  });

  async function copied(): Promise<Copy> {
    const copy = await world.copy();
    copies.push(copy);
    return copy;
  }

  async function install(namespace: string): Promise<Installation> {
    const copy = await copied();
    const run: Installation['run'] = async (...args) =>
      (await kubectl(controlPlane, ['-n', namespace, ...args])).stdout.trim();
    await run('create', 'namespace', namespace);
    await run('label', 'namespace', namespace, 'pod-security.kubernetes.io/enforce=restricted');
    await run('create', 'secret', 'generic', 'loyalty-database', `--from-literal=url=${copy.url}`);
    const input = manifest.replaceAll(/: loyalty$/gm, `: ${namespace}`);
    await kubectl(controlPlane, ['apply', '-f', '-'], { input });
    // Much of the world is due at once.
    await run('set', 'env', 'cronjob/expire-points', 'MAX_EXPIRE_SHARE=0');
    return {
      copy,
      run,
      kubectl: (args, options) => kubectl(controlPlane, ['-n', namespace, ...args], options),
      runs: () => copy.database<StoredRun>('runs').select('id', 'name', 'run_key', 'state', 'as_of').orderBy('id'),
      async complete(name) {
        const path = `/apis/batch/v1/namespaces/${namespace}/jobs/${name}`;
        const whenEnded = async (): Promise<Job | null> => {
          const job = await client.request<Job>({ method: 'GET', path });
          return endOf(job) === undefined ? null : job;
        };
        const describe = `the Job ${name} to end`;
        const job = await eventually(whenEnded, { describe, deadlineSeconds: 90, intervalMilliseconds: 200 });
        if (endOf(job) === 'Failed') assert.fail(`the Job ${name} failed:\n${await run('logs', `job/${name}`)}`);
        return job;
      },
    };
  }

  /** Cards with the points that were due by then. */
  async function due(asOf: Date, merchants: readonly string[]): Promise<object[]> {
    const sums = fresh.database('lots').where('remaining', '>', 0).where('expires_at', '<=', asOf);
    return sums
      .whereIn('merchant_id', merchants)
      .select('card_id', fresh.database.raw('sum(remaining)::float8 AS points'))
      .groupBy('card_id')
      .orderBy('card_id');
  }

  /** Every expire entry of a run; a card that is here twice lost points twice. */
  async function expired({ database }: Copy, runId: string): Promise<object[]> {
    return database('entries')
      .where({ kind: 'expire', run_id: runId })
      .select('card_id', database.raw('abs(points)::float8 AS points'))
      .orderBy('card_id');
  }

  describe('by hand and by the clock', () => {
    let here: Installation;
    let merchants: string[];
    before(async () => {
      here = await install('by-hand');
      merchants = await here.copy.merchants();
    });

    async function assertRun(name: string, of: readonly string[]): Promise<StoredRun> {
      const job = await here.complete(name);
      const run = (await here.runs()).find(({ run_key: key }) => key === job.metadata.uid);
      assert.ok(run, 'its key is the uid of the Job');
      assert.deepEqual([run.name, run.state], [name, 'done']);
      assert.deepEqual(await expired(here.copy, run.id), await due(run.as_of, of));
      return run;
    }

    it('re-runs one merchant by kubectl loyalty rerun, which ends with the exit code of the job', async () => {
      const [merchant = ''] = merchants;
      const args = ['loyalty', 'rerun', 'expire-points', '--merchant', merchant, '--name', 'one', '--wait'];
      const flags = ['-n', 'by-hand', '--kubeconfig', controlPlane.kubeconfig];
      const environment = { PATH: `${pluginFolder}${delimiter}${process.env['PATH'] ?? ''}` };
      const { stdout, code } = await kubectl(controlPlane, [...args, ...flags], { environment });
      assert.equal(code, 0);
      assert.match(stdout, /^Job by-hand\/one was created from CronJob expire-points, with\s+MERCHANT_IDS=/);
      assert.match(stdout, /\n1 merchant: 1 done; [\d,]+ points of [\d,]+ lots on [\d,]+ cards expired; .*\n/);
      assert.match(stdout, /\nJob one is done\.\n$/);
      await assertRun('one', [merchant]);
    });

    it('re-runs one merchant by kubectl create job and kubectl set env', async () => {
      const [, merchant = ''] = merchants;
      const from = ['create', 'job', 'another', '--from=cronjob/expire-points', '--dry-run=client', '-o', 'yaml'];
      const job = await here.kubectl(from);
      const set = ['set', 'env', '--local', '-f', '-', `MERCHANT_IDS=${merchant}`, '-o', 'yaml'];
      const changed = await here.kubectl(set, { input: job.stdout });
      await here.kubectl(['create', '-f', '-'], { input: changed.stdout });
      await assertRun('another', [merchant]);
    });

    it('runs all by kubectl create job, and kubectl logs shows what it did', async () => {
      await here.run('create', 'job', '--from=cronjob/expire-points', 'manual-1');
      const run = await assertRun('manual-1', merchants.slice(2));
      const log = await here.run('logs', 'job/manual-1');
      for (const merchant of merchants.slice(2)) assert.match(log, new RegExp(merchant));
      assert.match(log, /expire_points\.run_finished/);
      assert.ok(log.includes(run.id));
      await assertLedgerVerifies(here.copy.database);
    });

    it('takes a Job that was made anew under an old name for a new run', async () => {
      const [before] = (await here.runs()).filter(({ name }) => name === 'manual-1');
      await here.run('delete', 'job', 'manual-1', '--wait');
      await here.run('create', 'job', '--from=cronjob/expire-points', 'manual-1');
      const run = await assertRun('manual-1', []);
      assert.notEqual(run.id, before?.id);
    });

    it('runs when the CronJob is due', async () => {
      await here.run('patch', 'cronjob', 'expire-points', '-p', '{"spec":{"schedule":"* * * * *"}}');
      // What was due since the last run starts now.
      const lastScheduleTime = `${new Date(Date.now() - 120_000).toISOString().slice(0, 17)}00Z`;
      const path = '/apis/batch/v1/namespaces/by-hand/cronjobs/expire-points';
      await client.request({ method: 'PATCH', path: `${path}/status`, body: { status: { lastScheduleTime } } });
      const fired = await eventually(
        async () => {
          const names = (await here.run('get', 'jobs', '-o', 'name')).split('\n');
          return names.find((name) => /\/expire-points-\d+$/.test(name))?.split('/')[1] ?? null;
        },
        { describe: 'the CronJob to fire', deadlineSeconds: 70, intervalMilliseconds: 500 },
      );
      await here.run('patch', 'cronjob', 'expire-points', '-p', '{"spec":{"suspend":true}}');
      await assertRun(fired, []);
    });

    it('verifies the ledger by kubectl loyalty verify-ledger', async () => {
      const args = ['loyalty', 'verify-ledger', '-n', 'by-hand', '--kubeconfig', controlPlane.kubeconfig, '--wait'];
      const environment = { PATH: `${pluginFolder}${delimiter}${process.env['PATH'] ?? ''}` };
      const { stdout } = await kubectl(controlPlane, args, { environment });
      assert.match(stdout, /\nJob verify-ledger-rerun-\w{5} is done\.\n$/);
    });
  });

  it('shares one run among the four pods of an Indexed Job, and does nothing twice', async () => {
    const here = await install('four');
    const merchants = await here.copy.merchants();
    await here.run('patch', 'cronjob', 'expire-points', '--type=merge', '--patch-file', indexed);
    await here.run('set', 'env', 'cronjob/expire-points', 'BATCH_SIZE=20');
    await here.run('create', 'job', '--from=cronjob/expire-points', 'shared');
    const { metadata, status } = await here.complete('shared');
    assert.deepEqual([status.succeeded, status.failed ?? 0], [4, 0]);
    const [run, ...others] = await here.runs();
    assert.ok(run && others.length === 0);
    assert.deepEqual([run.run_key, run.state], [metadata.uid, 'done']);
    assert.deepEqual(await expired(here.copy, run.id), await due(run.as_of, merchants));
    const pods = (await here.run('get', 'pods', '-l', 'job-name=shared', '-o', 'name')).split('\n');
    assert.equal(pods.length, 4);
    for (const pod of pods) assert.ok((await here.run('logs', pod)).includes(run.id), `${pod} names the run`);
    await assertLedgerVerifies(here.copy.database);
  });

  it('lets another pod finish the work of one that was deleted', async () => {
    const here = await install('deleted');
    const merchants = await here.copy.merchants();
    await here.run('set', 'env', 'cronjob/expire-points', 'BATCH_SIZE=1');
    await here.run('create', 'job', '--from=cronjob/expire-points', 'disturbed');
    const cards = async (): Promise<number> =>
      Number((await here.copy.database('run_merchants').sum('cards AS cards').first<{ cards: string }>())?.cards ?? 0);
    await eventually(async () => (await cards()) > 0, { describe: 'it to be at work', intervalMilliseconds: 20 });
    const [pod = ''] = (await here.run('get', 'pods', '-l', 'job-name=disturbed', '-o', 'name')).split('\n');
    await here.run('delete', pod, '--wait');
    const [stopped] = await here.runs();
    assert.equal(stopped?.state, 'running', 'it was deleted in the midst of its work');
    const { status } = await here.complete('disturbed');
    assert.deepEqual([status.succeeded, status.failed], [1, 1]);
    const [run, ...others] = await here.runs();
    assert.ok(run && others.length === 0);
    assert.deepEqual([run.id, run.state], [stopped.id, 'done']);
    assert.deepEqual(await expired(here.copy, run.id), await due(run.as_of, merchants));
    await assertLedgerVerifies(here.copy.database);
  });

  it('ends kubectl loyalty rerun --wait with 10 when merchants are held back, and --failures-of repairs the run', async () => {
    const here = await install('held-back');
    const merchants = await here.copy.merchants();
    await here.run('set', 'env', 'cronjob/expire-points', 'MAX_EXPIRE_SHARE=0.0001');
    const rerun = (...args: string[]): Promise<PluginResult> =>
      plugin(['rerun', 'expire-points', '--wait', ...args, '-n', 'held-back', '--kubeconfig', controlPlane.kubeconfig]);
    const failed = await rerun('--name', 'held');
    assert.equal(failed.code, 10, failed.stderr);
    assert.match(failed.stdout, /\nfailed: merchant \S{36} SuspiciousVolume: /);
    assert.match(
      failed.stdout,
      /\nJob held failed \(exit code 10\): PodFailurePolicy: [^]*\nTo try again:\n {2}\$ kubectl loyalty rerun expire-points --failures-of held -n held-back /,
    );
    const forced = merchants.flatMap((merchant) => ['--force-merchant', merchant]);
    const repaired = await rerun('--failures-of', 'held', ...forced);
    assert.equal(repaired.code, 0, repaired.stderr);
    const [run, ...others] = await here.runs();
    assert.ok(run && others.length === 0);
    assert.deepEqual([run.name, run.state], ['held', 'done']);
    assert.deepEqual(await expired(here.copy, run.id), await due(run.as_of, merchants));
  });
});
