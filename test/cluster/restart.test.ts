import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ApiServerControl } from '../support/control-plane/backend.ts';
import { type ControllerProcess, startControllerProcess } from '../support/controller-process.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { parseScrape, type Series, seriesOf } from '../support/scrape.ts';
import { type Stage, startStage } from '../support/stage.ts';
import { eventually } from '../support/wait.ts';
import { differences } from './oracle.ts';
import { createTraffic, type Traffic } from './traffic.ts';

const scrapeOf = async (replica: ControllerProcess): Promise<Series[]> =>
  parseScrape((await replica.get('/metrics')).body);

/** The seconds that are promised are printed, and held to by `make soak`; a machine that is busy besides gets four times as long. */
const patience = process.env['SOAK'] === '1' ? 1 : 4;

/** Seconds until a fresh list agrees with what the controller has done and knows. */
async function converge({ cluster, namespace }: Stage, replica: ControllerProcess, within: number): Promise<number> {
  const begun = performance.now();
  await eventually(async () => assert.deepEqual(await differences(cluster, namespace, await scrapeOf(replica)), []), {
    describe: 'everything to converge',
    deadlineSeconds: within * patience + 10,
    intervalMilliseconds: 100,
  });
  const seconds = (performance.now() - begun) / 1_000;
  console.log(`      converged in ${seconds.toFixed(2)} s`);
  assert.ok(seconds <= within * patience, `it took ${seconds.toFixed(1)} s`);
  return seconds;
}

async function restarts(replica: ControllerProcess): Promise<Record<string, number>> {
  const series = seriesOf(await scrapeOf(replica), 'loyalty_controller_watch_restarts_total');
  return Object.fromEntries(series.map(({ labels, value }) => [`${labels['resource']} ${labels['reason']}`, value]));
}

describe('the controller when kube-apiserver is killed and started again', function () {
  this.timeout(180_000);
  let stage: Stage;
  let traffic: Traffic;
  let controller: ControllerProcess;

  before(async () => {
    stage = await startStage({ audit: false });
    controller = await stage.start();
    const { cluster, namespace, sources } = stage;
    traffic = createTraffic({ cluster, namespace, sources, credentials: 50, bystanders: 100, seed: 1 });
    await traffic.begin();
    await converge(stage, controller, 30);
  });

  after(async () => {
    if (controller?.process.exitCode === null) await controller.stop();
    await stage?.cluster.stop();
  });

  const apiServer = (): ApiServerControl => stage.cluster.controlPlane.apiServer;

  for (const [what, seconds] of [
    ['at once', 0],
    ['when the Lease has run out', 16],
  ] as const) {
    it(`has converged 5 s after it is ready: ${what}`, async () => {
      // Changes that the controller has not seen yet are what a restart could lose.
      await traffic.make(400);
      await apiServer().kill('SIGKILL');
      await sleep(seconds * 1_000);
      await apiServer().start();
      await traffic.make(400);
      await converge(stage, controller, 5);
    });
  }

  it('has converged after it was killed in the middle of the changes, three times', async () => {
    for (let time = 0; time < 3; time++) {
      const changing = traffic.make(2_000).catch(() => 'cut off');
      await sleep(500);
      await apiServer().kill('SIGKILL');
      await changing;
      await apiServer().start();
    }
    await converge(stage, controller, 5);
  });

  it('starts while it is away, and works when it comes', async () => {
    assert.equal(await controller.stop(), 0, controller.text());
    await traffic.make(200);
    await apiServer().kill('SIGKILL');
    controller = startControllerProcess(stage.environment);
    await controller.whenLogged('api_server.unavailable');
    await apiServer().start();
    await converge(stage, controller, 10);
    assert.equal((await controller.get('/readyz')).status, 200);
  });

  it('is the same process all the while, and no error escaped', async () => {
    console.log(`      ${JSON.stringify(await restarts(controller))}`);
    assert.equal(controller.process.exitCode, null);
    assert.deepEqual(
      controller.lines().filter(({ level }) => level === 'fatal'),
      [],
    );
  });
});

describe('the controller when etcd has compacted what it has not seen', function () {
  this.timeout(180_000);
  let stage: Stage;
  let proxy: FaultProxy;
  let controller: ControllerProcess;

  before(async () => {
    // Without its cache the server asks etcd for every watch, and etcd tells only what it has not compacted.
    const apiServerFlags = ['--etcd-compaction-interval=1s', '--watch-cache=false'];
    stage = await startStage({ audit: false, apiServerFlags });
    proxy = await startFaultProxy(stage.cluster.controlPlane);
    const KUBECONFIG = await stage.kubeconfigThrough(proxy);
    controller = await stage.start({ KUBECONFIG });
  });

  after(async () => {
    await stage?.stop();
    await proxy?.stop();
  });

  it('lists again after a real 410, and has converged 5 s after it', async () => {
    const { cluster, namespace, sources } = stage;
    const traffic = createTraffic({ cluster, namespace, sources, credentials: 50, bystanders: 100, seed: 2 });
    await traffic.begin();
    await converge(stage, controller, 30);
    await proxy.refuseConnections();
    proxy.resetConnections();
    await traffic.make(500);
    // Two compactions: the first notes the version that the second compacts.
    await sleep(3_000);
    await traffic.make(100);
    await proxy.acceptConnections();
    await converge(stage, controller, 5);
    const counted = await restarts(controller);
    console.log(`      ${JSON.stringify(counted)}`);
    assert.ok((counted['secrets expired'] ?? 0) > 0 && (counted['walletcredentials expired'] ?? 0) > 0, 'it saw 410');
  });
});
