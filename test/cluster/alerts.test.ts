import assert from 'node:assert/strict';
import { alertsOf, renderMonitoring, type RenderedMonitoring } from '../deploy/alerts/rules.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy/fault-proxy.ts';
import { type Monitoring, startMonitoring } from '../support/prometheus/prometheus.ts';
import { startServiceTargets } from '../support/prometheus/service-targets.ts';
import { eventually } from '../support/wait.ts';
import { apiIncidents, sendGarbage } from './alerts/api-incidents.ts';
import { controllerIncidents, keepChanging, leadThrough } from './alerts/controller-incidents.ts';
import { credentialIncidents } from './alerts/credential-incidents.ts';
import { type Incident, live } from './alerts/incident.ts';
import { ledgerIncidents } from './alerts/ledger-incidents.ts';
import { assertData, queriesOf } from './alerts/dashboard-queries.ts';
import { expirePoints, manageCertificates, syncWallets } from './alerts/procedures.ts';
import { walletIncidents } from './alerts/wallet-incidents.ts';
import { type OperatedCluster, startOperatedCluster } from './alerts/operated-cluster.ts';

/** The real ones are shown by promtool, in alert-rules.test.ts. */
const shorter = {
  keepFiringFor: '1s',
  notReadyFor: '1s',
  rejectedFor: '1s',
  controllerDownFor: '2s',
  reconcileStuckSeconds: 3,
  queueStuckSeconds: 60,
  watchSilentSeconds: 15,
  apiDownFor: '2s',
  burnFastShort: '6s',
  burnFastLong: '10s',
  burnSlowShort: '8s',
  burnSlowLong: '12s',
  latencyP99Seconds: 0.5,
  latencyWindow: '10s',
  latencyFor: '0s',
  latencyRequests: 1,
  syncWalletsMissedFor: '0s',
  complaintsWindow: '10s',
};

/** What is awaited by a test of its own. */
interface Step {
  says: string;
  does: () => Promise<unknown>;
}

describe('alerts of an operated cluster', function () {
  // Most of it waits, so there are two lanes; a test ends when its step has.
  this.timeout(300_000);
  let cluster: OperatedCluster;
  let rendered: RenderedMonitoring;
  let monitoring: Monitoring;
  let proxy: FaultProxy;
  const endings: (() => unknown)[] = [];
  const ready = Promise.withResolvers<void>();

  before(async () => {
    cluster = await startOperatedCluster();
    endings.push(() => cluster.stop());
    proxy = await startFaultProxy(cluster.controlPlane);
    endings.push(() => proxy.stop());
    rendered = await renderMonitoring(shorter);
    const targets = await startServiceTargets(cluster.client, rendered.serviceMonitors);
    endings.push(() => targets.stop());
    monitoring = await startMonitoring({ rules: rendered.rules, scrapes: targets.scrapes });
    endings.push(() => monitoring.stop(), keepChanging(cluster));
    ready.resolve();
  });
  after(async () => {
    for (const end of endings.toReversed()) await end();
  });

  const through = (...incidents: Incident[]): Promise<void> => live(incidents, { cluster, monitoring });
  const show = (file: string): Promise<void> => assertData(monitoring, queriesOf(rendered, file));

  /** Each step begins when the one before has ended, however that was. */
  function lane(...steps: Step[]): void {
    let before: Promise<unknown> = ready.promise;
    for (const { says, does } of steps) {
      const done = before.then(does);
      before = done.catch(() => {});
      it(says, () => done.then(() => {}));
    }
  }

  lane(
    { says: 'can rely on the procedure for wallet certificates', does: () => manageCertificates(cluster) },
    {
      says: 'tell of every credential that expires, is refused, missing or old, and their pages set it right',
      does: () => through(...credentialIncidents(cluster)),
    },
    { says: 'come with a dashboard of the credentials that shows them', does: () => show('wallet-credentials.json') },
    {
      says: 'tell of a controller that is down, stuck or deaf, and their pages set it right',
      async does() {
        const { down, stuck, silent } = controllerIncidents(cluster, () => proxy);
        await through(down);
        await leadThrough(proxy, cluster);
        await through(stuck);
        await through(silent);
      },
    },
  );

  lane(
    {
      says: 'tell of jobs that failed or were missed, and of a platform that refuses us, and their pages set it right',
      async does() {
        const { failed, missed, unverified } = ledgerIncidents(cluster);
        const { stopped, missed: syncMissed } = walletIncidents(cluster);
        await through(failed, missed, unverified, stopped, syncMissed);
      },
    },
    {
      says: 'tell of a ledger that does not add up, of passes that are stale, failed or dead, and of iPhones that complain',
      async does() {
        const { stale, dead, failed } = walletIncidents(cluster);
        const { complaints } = apiIncidents(cluster);
        await through(complaints, ledgerIncidents(cluster).imbalanced, stale, dead, failed);
      },
    },
    { says: 'come with a dashboard of the jobs that shows them', does: () => show('loyalty-jobs.json') },
    {
      says: 'can rely on the procedures for points and for the wallet sync',
      does: () => Promise.all([expirePoints(cluster), syncWallets(cluster)]),
    },
    {
      says: 'tell of an API that fails or is slow, and their pages set it right',
      async does() {
        const { failing, failingSlowly, slow } = apiIncidents(cluster);
        await through(failing, failingSlowly);
        await through(slow);
      },
    },
    {
      says: 'come with a dashboard of the API that shows it',
      async does() {
        await sendGarbage(cluster);
        await show('api.json');
      },
    },
    {
      says: 'tell of an API that is down, and the page sets it right',
      does: () => through(apiIncidents(cluster).down),
    },
  );

  it('are silent in the end', () =>
    eventually(
      async () => {
        const known = new Set(alertsOf(rendered.rules).map(({ alert }) => alert));
        const left = (await monitoring.alerts()).filter(({ labels }) => known.has(labels['alertname'] ?? ''));
        assert.deepEqual(left.map(({ labels }) => labels), []); // prettier-ignore
      },
      { describe: 'silence', deadlineSeconds: 40 },
    ));
});
