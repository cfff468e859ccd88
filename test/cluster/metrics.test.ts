import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createGoogleSource } from '../../src/example-credentials/google-source.ts';
import { generateRsaKey } from '../../src/example-credentials/key-pair.ts';
import { controllerMetrics as metrics } from '../../src/metrics.ts';
import type { Namespace } from '../support/cluster.ts';
import { startControllerProcess } from '../support/controller-process.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { parseScrape, type Series, seriesOf } from '../support/scrape.ts';
import { appleSpec, googleSpec } from '../support/sources.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';

/** Debian's package `prometheus` has it. */
const promtool = process.env['PROMTOOL'] ?? 'promtool';

/** What `promtool check metrics` says of a scrape: nothing, when all is well. */
function complaints(scrape: string): string {
  const { error, stdout, stderr, status } = spawnSync(promtool, ['check', 'metrics'], {
    input: scrape,
    encoding: 'utf8',
  });
  if (error) {
    throw new Error(
      `${promtool} cannot be run (${error.message}): install Prometheus (Debian's package is prometheus), or set PROMTOOL`,
    );
  }
  return `${stdout}${stderr}${status === 0 ? '' : `exit code ${status}`}`;
}

describe('the metrics of a busy controller', () => {
  let stage: Stage;
  let proxy: FaultProxy;
  let namespace: Namespace;
  const account = { privateKey: generateRsaKey().privateKey };

  const putSource = (name: string, data = stage.sources.apple()) => namespace.putSecret(`${name}-source`, data);

  async function scrapeText(): Promise<string> {
    const { status, body } = await stage.controller.get('/metrics');
    assert.equal(status, 200);
    return body;
  }

  const ofCredential = (scrape: readonly Series[], name: string): Series[] =>
    scrape.filter((series) => series.labels['name'] === name && series.labels['namespace'] === namespace.name);

  /** Everything that makes a series: two certificates, an interval, rejections for several reasons, and a rollback. */
  async function makeFull(name: string): Promise<void> {
    await putSource(name);
    await namespace.putCredential(name, appleSpec(`${name}-source`, { rotation: { intervalDays: 30 } }));
    await namespace.whenCondition(name, 'Ready', 'True');
    for (const [flaw, reason] of [
      ['wrong-key', 'KeyMismatch'],
      ['wrong-team', 'TeamMismatch'],
      ['wrong-wwdr', 'WwdrMismatch'],
    ] as const) {
      await putSource(name, stage.sources.apple({ flaw }));
      await namespace.whenCondition(name, 'SourceAccepted', 'False', reason);
    }
    await putSource(name);
    await namespace.whenCredential(name, ({ status }) => status?.live?.revision === 2, 'revision 2 to be live');
    await namespace.patchSpec(name, { rollbackTo: 1 });
    await namespace.whenCondition(name, 'SourceAccepted', 'False', 'Pinned');
  }

  before(async () => {
    stage = await startStage();
    ({ namespace } = stage);
    proxy = await startFaultProxy(stage.cluster.controlPlane);
    await stage.start({ KUBECONFIG: await stage.kubeconfigThrough(proxy) });
    await makeFull('full');
    await putSource('google', createGoogleSource(account).data);
    await namespace.putCredential('google', googleSpec('google-source'));
    await namespace.putCredential('nothing', appleSpec('nothing-source'));
    await putSource('rootless', stage.sources.apple({ flaw: 'unknown-root' }));
    await namespace.putCredential('rootless', appleSpec('rootless-source'));
    await namespace.putSecret('conflict-live', { mine: 'hands off' });
    await putSource('conflict');
    await namespace.putCredential('conflict', appleSpec('conflict-source'));
    await namespace.whenCondition('google', 'Ready', 'True');
    await namespace.whenCondition('nothing', 'Ready', 'False');
    await namespace.whenCondition('rootless', 'Verified', 'False');
    await namespace.whenCondition('conflict', 'Ready', 'False', 'LiveSecretConflict');
    // A watch that was opened again is counted.
    proxy.disturbWatches({ type: 'reset' });
    await eventually(
      async () => assert.ok(seriesOf(await stage.scrape(), 'loyalty_controller_watch_restarts_total').length > 0),
      { describe: 'a restart of a watch to be counted' },
    );
  });
  after(async () => {
    await stage?.stop();
    await proxy?.stop();
  });

  /** A scrape while a reconcile of the resource waits for the answer to its write. */
  async function scrapeDuringReconcile(name: string): Promise<string> {
    let text = '';
    const held = proxy.beforeWrite(
      1,
      async () => {
        text = await scrapeText();
      },
      ({ path }) => path.endsWith(`/walletcredentials/${name}/status`),
    );
    await namespace.patchSpec(name, { revisionHistoryLimit: 4 });
    await held.fired;
    return text;
  }

  it('are as promtool wants them, with every metric that there is', async () => {
    const text = await scrapeDuringReconcile('full');
    assert.equal(complaints(text), '');
    const shown = new Set(parseScrape(text).map(({ name }) => name.replace(/_(bucket|sum|count)$/, '')));
    for (const name of Object.keys(metrics)) assert.ok(shown.has(name), `${name} has a series`);
  });

  it('are what promtool complains of when they are not: a check of the check', () => {
    assert.match(complaints('# TYPE wrong_total gauge\nwrong_total 1\n'), /wrong_total/);
  });

  it('are at most 14 series a resource, a reconcile in progress included', async () => {
    await namespace.patchSpec('full', { revisionHistoryLimit: 3 });
    await namespace.whenCredential(
      'full',
      ({ status, metadata }) => status?.observedGeneration === metadata.generation,
      'it to be observed',
    );
    const scrape = parseScrape(await scrapeDuringReconcile('full'));
    const counts = ['full', 'google', 'nothing', 'rootless', 'conflict'].map(
      (name) => ofCredential(scrape, name).length,
    );
    assert.equal(counts[0], 14, JSON.stringify(ofCredential(scrape, 'full'), null, 1));
    for (const count of counts) assert.ok(count > 0 && count <= 14, counts.join(', '));
    const names = new Set(ofCredential(scrape, 'full').map(({ name }) => name));
    const wanted = Object.keys(metrics).filter((name) => name.startsWith('loyalty_wallet_credential_'));
    assert.deepEqual([...names].toSorted(), wanted.toSorted());
  });

  it('have no series for an instant that is not known, and none that is 0 or no number', async () => {
    const scrape = await stage.scrape();
    assert.deepEqual(
      seriesOf(scrape, 'loyalty_wallet_credential_expiration_timestamp_seconds', { name: 'google' }),
      [],
    );
    const ofNothing = new Set(ofCredential(scrape, 'nothing').map(({ name }) => name));
    assert.deepEqual([...ofNothing].toSorted(), [
      'loyalty_wallet_credential_condition',
      'loyalty_wallet_credential_rejections_total',
    ]);
    for (const { name, value } of scrape.filter(({ name }) => name.startsWith('loyalty_wallet_credential_'))) {
      assert.ok(value > 0, `${name} ${value}`);
      if (name.endsWith('_timestamp_seconds')) assert.ok(value > 1e9 && value < 1e10, `${name} in seconds: ${value}`);
    }
  });

  it('lose a resource at the next scrape after it was deleted, and begin at one when it is made anew', async () => {
    await namespace.deleteCredential('nothing');
    await eventually(async () => assert.deepEqual(ofCredential(await stage.scrape(), 'nothing'), []), {
      describe: 'its series to go',
    });
    await namespace.putCredential('nothing', appleSpec('nothing-source'));
    await namespace.whenCondition('nothing', 'Ready', 'False');
    await eventually(
      async () => {
        const name = 'loyalty_wallet_credential_rejections_total';
        assert.equal(seriesOf(await stage.scrape(), name, { name: 'nothing' })[0]?.value, 1);
      },
      { describe: 'its first rejection to be counted' },
    );
  });

  it('of resources come from the leader only', async () => {
    const standby = startControllerProcess(stage.environment);
    const ready = async (): Promise<void> => assert.equal((await standby.get('/readyz')).status, 200);
    await eventually(ready, { describe: 'the standby to be ready', deadlineSeconds: 20 });
    const scrape = parseScrape((await standby.get('/metrics')).body);
    assert.deepEqual(seriesOf(scrape, 'loyalty_controller_leader')[0]?.value, 0);
    assert.deepEqual(
      scrape.filter(({ name }) => name.startsWith('loyalty_wallet_credential_')),
      [],
    );
    assert.equal(complaints((await standby.get('/metrics')).body), '');
    assert.equal(await standby.stop(), 0);
  });
});
