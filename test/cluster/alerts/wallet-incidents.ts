import { randomUUID } from 'node:crypto';
import type { Incident } from './incident.ts';
import type { OperatedCluster } from './operated-cluster.ts';

interface Recorded {
  state: 'done' | 'partial';
  /** Ago. */
  hours: number;
  merchants?: Record<string, 'done' | 'failed'>;
}

/** What can happen to passes; runs of sync-wallets are written as it writes them. */
export function walletIncidents(cluster: OperatedCluster): Record<'stale' | 'missed' | 'failed', Incident> {
  const { database, namespace } = cluster;

  async function record({ state, hours, merchants = {} }: Recorded): Promise<string> {
    const at = new Date(Date.now() - hours * 3_600_000);
    const row = { task: 'sync-wallets', state, run_key: randomUUID(), as_of: at, full_run: true, actor: 'job' };
    const [made] = await database('runs').insert({ ...row, started_at: at, finished_at: at }).returning<{ id: string }[]>('id'); // prettier-ignore
    const run_id = made?.id ?? '';
    for (const [merchant_id, outcome] of Object.entries(merchants)) {
      const reason = outcome === 'failed' ? { reason: 'InvalidContent', message: '1 card failed' } : {};
      await database('run_merchants').insert({ run_id, merchant_id, state: outcome, ...reason });
    }
    return run_id;
  }

  const anyCard = async (): Promise<{ id: string; merchant_id: string }> => {
    const card = await database('cards').orderBy('id').first<{ id: string; merchant_id: string } | undefined>('id', 'merchant_id'); // prettier-ignore
    if (card === undefined) throw new Error('there is no card');
    return card;
  };

  async function failOne(): Promise<void> {
    const { id: card_id, merchant_id } = await anyCard();
    const run_id = await record({ state: 'partial', hours: 0, merchants: { [merchant_id]: 'failed' } });
    const message = 'Google answered 400: the object has no logo.';
    await database('run_failures').insert({ run_id, merchant_id, card_id, platform: 'google', reason: 'InvalidContent', message }); // prettier-ignore
  }

  return {
    stale: {
      alert: 'PassesStale',
      severity: 'P1',
      labels: { namespace, platform: 'google' },
      async begin() {
        const { id: card_id, merchant_id } = await anyCard();
        const stale_since = database.raw("now() - interval '2 hours'");
        await database('passes').insert({ merchant_id, card_id, platform: 'google', object_id: 'o', wanted_version: 2, stale_since }); // prettier-ignore
      },
      end: () => database('passes').update({ stale_since: null, synced_version: database.ref('wanted_version') }),
    },
    missed: {
      alert: 'SyncWalletsMissed',
      severity: 'P1',
      labels: { namespace, task: 'sync-wallets' },
      begin: () => record({ state: 'done', hours: 2 }),
      end: () => record({ state: 'done', hours: 0 }),
    },
    failed: {
      alert: 'WalletCardsFailed',
      severity: 'P2',
      labels: { namespace },
      begin: failOne,
      async end() {
        const { merchant_id } = await anyCard();
        await record({ state: 'done', hours: 0, merchants: { [merchant_id]: 'done' } });
      },
    },
  };
}
