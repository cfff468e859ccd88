import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { deadAfter } from '../../../src/domain/wallet/retry.ts';
import { objectIdOf } from '../../../src/domain/wallet/google/ids.ts';
import { plugin } from '../../kubectl-loyalty/plugin.ts';
import { googleError } from '../../support/fake-google/google-error.ts';
import { issuerId } from '../../support/sources.ts';
import { eventually } from '../../support/wait.ts';
import type { Incident } from './incident.ts';
import type { OperatedCluster } from './operated-cluster.ts';

type WalletIncident = 'stopped' | 'stale' | 'missed' | 'failed' | 'dead';

interface StaleCard {
  merchantId: string;
  cardId: string;
  objectId: string;
}

/** What can happen to passes of Google Wallet, each to the pass of a card of its own. */
export function walletIncidents(cluster: OperatedCluster): Record<WalletIncident, Incident> {
  const { database, namespace, google, run } = cluster;
  const ofGoogle = { namespace, platform: 'google' };

  return {
    stopped: {
      alert: 'WalletPlatformStopped',
      severity: 'P0',
      labels: ofGoogle,
      async begin() {
        google.issuers.set(issuerId, new Set());
        await syncOne(cluster, await makeStale(cluster, 0), 10);
      },
      reader: () => ({
        before: { Mitigation: () => google.issuers.set(issuerId, new Set([google.clientEmail])) },
      }),
    },
    stale: {
      alert: 'PassesStale',
      severity: 'P1',
      labels: ofGoogle,
      begin: () => makeStale(cluster, 1, { stale_since: database.raw("now() - interval '2 hours'") }),
    },
    missed: {
      alert: 'SyncWalletsMissed',
      severity: 'P1',
      labels: { namespace, task: 'sync-wallets' },
      begin: () => recordRun(cluster, 2),
      // Resumed by the page, the CronJob starts it by itself.
      async end() {
        const hasRun = async (): Promise<boolean> => {
          const latest = database('runs').where({ task: 'sync-wallets', full_run: true }).orderBy('id', 'desc');
          const { name, state } = await latest.first<{ name: string | null; state: string }>('name', 'state');
          return name !== null && state === 'done';
        };
        await eventually(hasRun, { describe: 'a run of the CronJob', deadlineSeconds: 90 });
        await run('patch', 'cronjob/sync-wallets', '-p', '{"spec":{"suspend":true}}');
        // Another one that it has started by now would send what the next incident is about.
        await eventually(() => allJobsEnded(cluster), { describe: 'the end of the Jobs', deadlineSeconds: 60 });
      },
    },
    failed: {
      alert: 'WalletCardsFailed',
      severity: 'P2',
      labels: { namespace },
      begin: () => refuseOne(cluster, 2),
      reader: () => ({ before: { Mitigation: () => acceptAll(cluster) } }),
    },
    dead: {
      alert: 'DeadPasses',
      severity: 'P2',
      labels: ofGoogle,
      begin: () =>
        makeStale(cluster, 3, {
          stale_since: database.raw("now() - interval '6 days'"),
          attempts: deadAfter,
          next_attempt_at: database.raw("now() + interval '1 day'"),
          last_reason: 'Unavailable',
          last_error: 'Google answered 503.',
        }),
    },
  };
}

/** Google refuses the object of a card as invalid until `acceptAll`; a run has failed of it. */
export async function refuseOne(cluster: OperatedCluster, index: number): Promise<void> {
  const card = await makeStale(cluster, index);
  cluster.google.interfere = ({ id }) => (id === card.objectId ? { reply: googleError('badRequest') } : undefined);
  await syncOne(cluster, card, 10);
}

export function acceptAll({ google }: OperatedCluster): void {
  google.interfere = () => undefined;
}

/** The saved pass of a card is stale. */
async function makeStale({ database }: OperatedCluster, index: number, more: object = {}): Promise<StaleCard> {
  const cards = database('cards').where({ status: 'active' }).orderBy('id').offset(index);
  const card = await cards.first<{ id: string; merchant_id: string } | undefined>('id', 'merchant_id');
  assert.ok(card, 'a card');
  const { id: cardId, merchant_id: merchantId } = card;
  const objectId = objectIdOf(issuerId, { merchantId, cardId });
  const key = { merchant_id: merchantId, card_id: cardId, platform: 'google' };
  const stale_since = database.raw('now()');
  await database('passes').insert({
    ...key,
    object_id: objectId,
    wanted_version: 2,
    saved: true,
    stale_since,
    ...more,
  });
  return { merchantId, cardId, objectId };
}

async function syncOne({ namespace, controlPlane }: OperatedCluster, card: StaleCard, expected: number): Promise<void> {
  const { kubeconfig } = controlPlane;
  const flags = ['--card', card.cardId, '--wait', '-n', namespace, '--kubeconfig', kubeconfig];
  const { code, stderr } = await plugin(['rerun', 'sync-wallets', ...flags]);
  assert.equal(code, expected, stderr);
}

async function allJobsEnded({ run }: OperatedCluster): Promise<boolean> {
  const listed = await run('get', 'jobs', '-l', 'app.kubernetes.io/component=sync-wallets', '-o', 'json');
  const { items } = JSON.parse(listed) as { items: { status: { conditions?: { type: string }[] } }[] };
  const isEnd = ({ type }: { type: string }): boolean => type === 'Complete' || type === 'Failed';
  return items.every(({ status: { conditions = [] } }) => conditions.some(isEnd));
}

/** The last run of all merchants ended so many hours ago. */
async function recordRun({ database }: OperatedCluster, hours: number): Promise<void> {
  const at = new Date(Date.now() - hours * 3_600_000);
  const run = { task: 'sync-wallets', state: 'done', run_key: randomUUID(), as_of: at, full_run: true, actor: 'job' };
  await database('runs').insert({ ...run, started_at: at, finished_at: at });
}
