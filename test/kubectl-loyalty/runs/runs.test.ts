import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Copy, createExpireWorld } from '../../jobs/expire-world.ts';
import { type RunningApi, startApi } from '../../support/api-process.ts';
import { sharedPostgres } from '../../support/postgres/shared-postgres.ts';
import { plugin, type PluginResult } from '../plugin.ts';

interface Shown {
  runs: { id: string; state: string; name: string }[];
  run: { id: string; state: string };
  merchants: { merchant_id: string; state: string; reason: string | null }[];
  failures: { merchant_id: string; reason: string }[];
}

describe('kubectl loyalty runs and failures, with the API', () => {
  const folder = mkdtempSync(join(tmpdir(), 'plugin-'));
  const keyFile = join(folder, 'key');
  const uid = randomUUID();
  let copy: Copy;
  let api: RunningApi;
  let merchants: string[];
  /** Ids of the run of all, in which the guard held back all merchants but the first, and of the first alone, which follows. */
  let partial: string;
  let done: string;

  before(async () => {
    const world = await createExpireWorld(await sharedPostgres(), { merchants: 3, cards: 360 });
    copy = await world.copy();
    merchants = await copy.merchants();
    const [first = ''] = merchants;
    const guarded = {
      MAX_EXPIRE_SHARE: '0.0001',
      FORCE_MERCHANTS: first,
      RUN_NAME: 'nightly-1',
      RUN_UID: uid,
    };
    assert.equal((await copy.expire(guarded)).exit, 10);
    assert.equal((await copy.expire({ MERCHANT_IDS: first, RUN_NAME: 'again' })).exit, 0);
    const database = { name: '', url: copy.url, drop: async () => {} };
    api = await startApi({ database });
    writeFileSync(keyFile, api.adminKey);
    const { runs } = await json('runs');
    [done = '', partial = ''] = runs.map(({ id }) => id);
  });
  after(async () => {
    await api?.end();
    await copy?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true });
  });

  function shown(...args: string[]): Promise<PluginResult> {
    return plugin(args, { environment: { LOYALTY_ADMIN_KEY_FILE: keyFile, LOYALTY_URL: api.url } });
  }

  async function json(...args: string[]): Promise<Shown> {
    const { stdout, stderr, code } = await shown(...args, '-o', 'json');
    assert.equal(code, 0, stderr);
    return JSON.parse(stdout) as Shown;
  }

  async function text(...args: string[]): Promise<string> {
    const { stdout, stderr, code } = await shown(...args);
    assert.deepEqual([code, stderr], [0, '']);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 100 || line.startsWith('  $ '), line);
    return stdout;
  }

  it('lists runs, the newest first, with the merchants that failed', async () => {
    const [head, first = '', second = ''] = (await text('runs')).split('\n');
    assert.match(head ?? '', /^RUN +TASK +STATE +AGE +FAILED +NAME$/);
    assert.match(first, new RegExp(`^${done}  expire-points  done +0m +0 +again$`));
    assert.match(second, new RegExp(`^${partial}  expire-points  partial +0m +2 +nightly-1$`));
  });

  it('filters by task, state and merchant, and takes no more than --limit', async () => {
    const ids = async (...args: string[]): Promise<string[]> => (await json('runs', ...args)).runs.map(({ id }) => id);
    assert.deepEqual(await ids('--state', 'partial'), [partial]);
    assert.deepEqual(await ids('--limit', '1'), [done]);
    assert.deepEqual(await ids('--task', 'restore'), []);
    assert.deepEqual(await ids('--merchant', merchants[2] ?? ''), [partial]);
    assert.deepEqual(await shown('runs', '--task', 'restore'), {
      stdout: '',
      stderr: 'There are no such runs.\n',
      code: 0,
    });
  });

  it('shows a run with its merchants, those that failed first, and how to run them again', async () => {
    const all = await text('run', partial, '-n', 'shop');
    assert.match(all, new RegExp(`^Run ${partial} of expire-points: partial\n  job +nightly-1\n  of +all merchants\n`));
    assert.match(all, /\n {2}merchants +3: 1 done, 2 failed\n/);
    assert.match(all, /\nMERCHANT +STATE +CARDS +LOTS +POINTS\n\S{36} {2}failed .*\n {4}SuspiciousVolume: /);
    assert.match(all, /\nWhat to do:\n {2}SuspiciousVolume: /);
    const again = `kubectl loyalty rerun expire-points --failures-of ${partial} -n shop --wait`;
    assert.ok(all.endsWith(`\n  $ ${again}\n`));
    const { run, merchants: found } = await json('run', partial);
    assert.deepEqual([run.id, run.state], [partial, 'partial']);
    assert.deepEqual(
      found.map(({ state }) => state),
      ['failed', 'failed', 'done'],
    );
    assert.deepEqual((await json('run', partial, '--limit', '1')).merchants.length, 1);
  });

  it('finds a run by the name of its Job, and by its uid', async () => {
    assert.equal((await json('runs', 'nightly-1')).run.id, partial);
    assert.equal((await json('runs', uid)).run.id, partial);
    const { code, stderr } = await shown('run', 'nightly-2');
    assert.equal(code, 64);
    assert.match(stderr, /^None of the newest 500 runs has the name nightly-2\. /);
    const unknown = await shown('run', randomUUID());
    assert.equal(unknown.code, 64);
  });

  it('shows what failed, why, and what to do', async () => {
    const all = await text('failures', 'nightly-1');
    assert.match(all, /^MERCHANT +REASON +CARD\n\S{36} {2}SuspiciousVolume {2}-\n {4}/);
    assert.match(all, /\nWhat to do:\n {2}SuspiciousVolume: /);
    const { failures } = await json('failures', partial, '--merchant', merchants[1] ?? '');
    assert.deepEqual(
      failures.map(({ merchant_id: id, reason }) => [id, reason]),
      [[merchants[1], 'SuspiciousVolume']],
    );
    const nothing = await shown('failures', done);
    assert.deepEqual(nothing, { stdout: '', stderr: `Nothing failed in run ${done}.\n`, code: 0 });
  });

  it('prints YAML', async () => {
    const { stdout } = await shown('runs', '--limit', '1', '-o', 'yaml');
    assert.ok(stdout.startsWith(`runs:\n  - id: ${done}\n`));
  });
});
