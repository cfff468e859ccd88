import assert from 'node:assert/strict';
import { ExitError } from '../../../src/errors.ts';
import type { CronJob, Variable } from '../../../src/kubectl-loyalty/rerun/cron-job.ts';
import { jobFrom } from '../../../src/kubectl-loyalty/rerun/job.ts';
import { jobEnvironment, type JobFlags } from '../../../src/kubectl-loyalty/rerun/job-environment.ts';
import type { Task } from '../../../src/kubectl-loyalty/rerun/task.ts';

const [one, other] = ['019aafd2-7c1e-7d3b-9f00-6b1d52c7a001', '019aafd2-7c1e-7d3b-9f00-6b1d52c7a002'] as const;

describe('the environment of a Job that is made by hand', () => {
  const cases: [JobFlags, Task, Record<string, string>][] = [
    [{}, 'expire-points', {}],
    [{ merchant: [one, other] }, 'expire-points', { MERCHANT_IDS: `${one},${other}` }],
    [{ merchant: [one] }, 'verify-ledger', { MERCHANT_IDS: one }],
    [{ failuresOf: one }, 'expire-points', { RESUME_RUN: one }],
    [{ asOf: '2026-03-01T00:00:00+01:00' }, 'expire-points', { AS_OF: '2026-03-01T00:00:00+01:00' }],
    [{ dryRun: true, forceMerchant: [one] }, 'expire-points', { DRY_RUN: 'true', FORCE_MERCHANTS: one }],
  ];
  for (const [flags, task, expected] of cases) {
    it(`is ${JSON.stringify(expected)} of ${JSON.stringify(flags)}`, () => {
      assert.deepEqual(jobEnvironment(task, flags), expected);
    });
  }

  const wrong: [JobFlags, Task, RegExp][] = [
    [
      { merchant: ['m'] },
      'expire-points',
      /^--merchant is "m": it must be ids of merchants separated by commas\.\nNo Job/,
    ],
    [{ asOf: '2026-02-30T00:00:00Z' }, 'expire-points', /^--as-of is "2026-02-30T00:00:00Z": it must be an instant/],
    [
      { asOf: '2026-03-01' },
      'expire-points',
      /^--as-of is "2026-03-01": it must be an instant that exists, with its offset/,
    ],
    [
      { dryRun: true, asOf: 'x' },
      'verify-ledger',
      /^verify-ledger has no --as-of\.\nverify-ledger has no --dry-run\.\nNo Job/,
    ],
    [{ failuresOf: one }, 'verify-ledger', /^verify-ledger has no --failures-of\.\n/],
  ];
  for (const [flags, task, message] of wrong) {
    it(`is refused before there is a Job: ${task} ${JSON.stringify(flags)}`, () => {
      assert.throws(
        () => jobEnvironment(task, flags),
        (error) => error instanceof ExitError && error.exitCode === 64 && message.test(error.message),
      );
    });
  }
});

describe('a Job that is made of a CronJob', () => {
  const env: Variable[] = [
    { name: 'DATABASE_URL', valueFrom: { secretKeyRef: { name: 'loyalty-database', key: 'url' } } },
    { name: 'MERCHANT_IDS', value: 'before' },
  ];
  const cronJob: CronJob = {
    metadata: { name: 'nightly', namespace: 'loyalty', uid: 'u-1' },
    spec: {
      jobTemplate: {
        metadata: { labels: { a: 'b' }, annotations: { c: 'd' } },
        spec: {
          template: {
            spec: {
              containers: [
                { name: 'sidecar', args: ['proxy'], env: [{ name: 'MERCHANT_IDS', value: 'its own' }] },
                { name: 'main', args: ['expire-points'], env },
              ],
            },
          },
        },
      },
    },
  };

  it('has the settings in the container that runs the job, in place of what it has', () => {
    const job = jobFrom(cronJob, { name: undefined, environment: { MERCHANT_IDS: one } });
    const { metadata, spec } = job as { metadata: object; spec: CronJob['spec']['jobTemplate']['spec'] };
    const [sidecar, main] = spec.template.spec.containers;
    assert.deepEqual(sidecar?.env, [{ name: 'MERCHANT_IDS', value: 'its own' }]);
    assert.deepEqual(main?.env, [env[0], { name: 'MERCHANT_IDS', value: one }]);
    assert.deepEqual(metadata, {
      generateName: 'nightly-rerun-',
      labels: { a: 'b' },
      annotations: { 'cronjob.kubernetes.io/instantiate': 'manual', c: 'd' },
      ownerReferences: [{ apiVersion: 'batch/v1', kind: 'CronJob', name: 'nightly', uid: 'u-1', controller: true }],
    });
  });

  it('has the name that is given, and leaves the CronJob as it was', () => {
    const before = structuredClone(cronJob);
    const job = jobFrom(cronJob, { name: 'mine', environment: { DRY_RUN: 'true' } });
    assert.equal((job as { metadata: { name: string } }).metadata.name, 'mine');
    assert.deepEqual(cronJob, before);
  });
});
