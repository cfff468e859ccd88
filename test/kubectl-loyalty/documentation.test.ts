import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileReasons } from '../../src/kubectl-loyalty/check/check-result.ts';
import { resultOf } from '../../src/kubectl-loyalty/check/check-credential.ts';
import type { PodEnd } from '../../src/kubectl-loyalty/rerun/pods.ts';
import { rerunResult } from '../../src/kubectl-loyalty/rerun/rerun-result.ts';
import type { JobEnd } from '../../src/kubectl-loyalty/rerun/wait.ts';
import { changeOf } from '../../src/kubectl-loyalty/rollback/change.ts';
import { rollbackResult } from '../../src/kubectl-loyalty/rollback/rollback-result.ts';
import { summaryOf } from '../../src/domain/credentials/summary/credential-summary.ts';
import { appleCredential, conditions, healthyStatus } from './credentials.ts';
import { plugin } from './plugin.ts';

/** Every name of a field in a value. */
function namesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(namesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

const pod: PodEnd = { pod: 'p', exitCode: 0, reason: null, message: null, finishedAt: null };
const end: JobEnd = { succeeded: true, exitCode: 0, reason: null, message: null, pods: [pod] };
const metadata = { namespace: 'loyalty', name: 'j', uid: 'u' };
const jobSpec = { template: { spec: { containers: [] } } };
const cronJob = { metadata, spec: { jobTemplate: { spec: jobSpec } } };
const rerun = {
  ...rerunResult({ metadata, spec: jobSpec }, { cronJob, task: 'expire-points', environment: {}, flags: '' }),
  end,
};

describe('docs/kubectl-loyalty.md', () => {
  const page = readFileSync(new URL('../../docs/kubectl-loyalty.md', import.meta.url), 'utf8');
  const section = (title: string): string => page.split(/^## /m).find((text) => text.startsWith(`${title}\n`)) ?? '';
  const missing = (names: readonly string[], text: string): string[] =>
    names.filter((name) => !new RegExp(`\\b${name}\\b`).test(text));

  it('names every field of the output for programs', () => {
    const pinned = healthyStatus({ conditions: conditions({ SourceAccepted: ['False', 'Pinned'] }) });
    const credential = appleCredential(pinned);
    assert.deepEqual(missing(namesIn(summaryOf(credential, new Date(), '')), section('status')), []);
    const object = { file: 'f', line: 1, apiVersion: '', kind: 'Secret', namespace: undefined, name: 'n', body: {} };
    assert.deepEqual(missing(namesIn(resultOf(object)), section('check')), []);
    const change = changeOf(credential, 2);
    const result = rollbackResult(change, { dryRun: false, flags: '', after: credential });
    assert.deepEqual(missing(Object.keys({ ...result, ...result.before, ...result.live }), section('rollback')), []);
    assert.deepEqual(missing(namesIn(rerun), section('rerun')), []);
  });

  it('names every reason of check, and every flag of each command', async () => {
    assert.deepEqual(missing(Object.keys(fileReasons), section('check')), []);
    for (const command of ['status', 'check', 'rollback', 'rerun', 'verify-ledger', 'runs', 'failures']) {
      const { stdout } = await plugin([command, '--help']);
      const flags = [...stdout.matchAll(/^ {2}(-\w)?(?:, )?(--[\w-]+)?/gm)]
        .map(([, short, long]) => [short, long].filter((flag) => flag !== undefined))
        .filter((names) => names.length > 0 && !names.includes('--help'));
      assert.ok(flags.length >= 5);
      const unnamed = flags.filter(
        (names) => !names.some((name) => page.includes(`\`${name}`) || page.includes(` ${name}`)),
      );
      assert.deepEqual(unnamed, [], command);
    }
  });
});
