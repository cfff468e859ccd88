import assert from 'node:assert/strict';
import { runText } from '../../../src/kubectl-loyalty/runs/runs-text.ts';
import type { Run, RunMerchant } from '../../../src/kubectl-loyalty/runs/run.ts';

describe('a run as text', () => {
  const now = new Date('2026-03-01T02:05:00Z');
  const run: Run = {
    id: '019ab0c4-1f2a-7e00-8000-2b1d52c7a0ff',
    task: 'sync-wallets',
    key: 'k',
    name: null,
    state: 'partial',
    as_of: '2026-03-01T02:00:00.000Z',
    full_run: true,
    actor: 'job:sync-wallets',
    started_at: '2026-03-01T02:00:00.000Z',
    finished_at: '2026-03-01T02:00:04.000Z',
    merchants: { total: 1, pending: 0, done: 0, failed: 1, skipped: 0 },
    totals: { cards: 12_345, lots: 0, points: 0 },
  };
  const merchant: RunMerchant = {
    merchant_id: '019aafd2-7c1e-7d3b-9f00-6b1d52c7a001',
    merchant_name: 'Kiosk',
    state: 'failed',
    reason: 'CardRefused',
    message: 'no',
    advice: null,
    cards: 12_345,
    lots: 0,
    points: 0,
  };
  const text = (task: Run['task']): string => runText({ ...run, task }, [merchant], { now, width: 100, flags: '' });

  it('of sync-wallets counts passes', () => {
    assert.match(text('sync-wallets'), /\n {2}passes {5}12,345 up to date\n/);
    assert.match(text('sync-wallets'), /\nMERCHANT +STATE +PASSES\n\S{36} {2}failed +12,345\n {4}CardRefused: no\n/);
    assert.doesNotMatch(text('sync-wallets'), /points|lots/i);
  });

  it('of points counts points, lots and cards', () => {
    assert.match(text('expire-points'), /\n {2}points {5}0 of 0 lots on 12,345 cards\n/);
    assert.match(text('expire-points'), /\nMERCHANT +STATE +CARDS +LOTS +POINTS\n/);
  });
});
