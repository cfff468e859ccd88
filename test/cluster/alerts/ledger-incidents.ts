import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { plugin } from '../../kubectl-loyalty/plugin.ts';
import type { Incident } from './incident.ts';
import type { OperatedCluster } from './operated-cluster.ts';

/** What can happen to the ledger and to the jobs that work on it. */
export function ledgerIncidents(
  cluster: OperatedCluster,
): Record<'failed' | 'missed' | 'unverified' | 'imbalanced', Incident> {
  const { database, namespace, controlPlane } = cluster;

  async function runJob(task: 'expire-points' | 'verify-ledger', expected: number): Promise<void> {
    const { code, stderr } = await plugin([
      'rerun',
      task,
      '--wait',
      '-n',
      namespace,
      '--kubeconfig',
      controlPlane.kubeconfig,
    ]);
    assert.equal(code, expected, stderr);
  }

  /** While somebody holds a card with points that are due. */
  async function failForOne(): Promise<void> {
    await database.transaction(async (holder) => {
      const due = holder('lots').where('remaining', '>', 0).where('expires_at', '<', new Date());
      const { card_id: id } = await due.orderBy('card_id').first<{ card_id: string }>('card_id');
      await holder('cards').where({ id }).forUpdate();
      await runJob('expire-points', 10);
    });
  }

  async function tamper(): Promise<void> {
    const [one, other] = await database<{ merchant_id: string; card_id: string; id: string }>('lots')
      .where('remaining', '>', 1)
      .distinctOn('merchant_id', 'card_id')
      .orderBy('merchant_id')
      .orderBy('card_id')
      .limit(2);
    assert.ok(one && other && one.merchant_id === other.merchant_id, 'two cards of a merchant with points');
    await database('cards').where({ id: one.card_id }).increment('balance', 7);
    await database('lots').where({ id: other.id }).decrement('remaining', 1);
    await runJob('verify-ledger', 10);
  }

  return {
    failed: { alert: 'ExpirePointsFailed', severity: 'P1', labels: { namespace }, begin: failForOne },
    missed: {
      alert: 'ExpirePointsMissed',
      severity: 'P1',
      labels: { namespace, task: 'expire-points' },
      begin: async () => {
        const at = database.raw("now() - interval '27 hours'");
        const run = { task: 'expire-points', state: 'done', run_key: randomUUID(), as_of: at, full_run: true };
        await database('runs').insert({ ...run, actor: 'job', started_at: at, finished_at: at });
      },
    },
    unverified: {
      alert: 'LedgerNotVerified',
      severity: 'P2',
      labels: { namespace },
      begin: async () => {
        await database('ledger_verifications').update({ verified_at: database.raw("verified_at - interval '3 days'") });
        await database('merchants').update({ created_at: database.raw("created_at - interval '3 days'") });
      },
    },
    imbalanced: { alert: 'LedgerImbalanced', severity: 'P0', labels: { namespace }, begin: tamper },
  };
}
