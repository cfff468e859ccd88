import { html } from 'hono/html';
import type { Problem } from '../../domain/credentials/summary/problems.ts';
import type { Markup } from './markup.ts';

/** The runbooks that pages lead to: files of `runbooks/`: of the alert of the same trouble, or a procedure. */
export const runbooks = [
  'WalletCredentialExpired',
  'WalletCredentialNotReady',
  'WalletCredentialExpiresWithin7Days',
  'WalletCredentialExpiresWithin30Days',
  'RotationDue',
  'WalletSourceRejected',
  'ControllerReconcileStuck',
  'wallet-sync',
  'WalletCardsFailed',
  'PassesStale',
  'ExpirePointsFailed',
  'ExpirePointsMissed',
  'SyncWalletsMissed',
  'LedgerImbalanced',
  'LedgerNotVerified',
] as const;
export type Runbook = (typeof runbooks)[number];

export function runbookLink(base: string, runbook: Runbook): Markup {
  return html`<a href="${base}/${runbook}.md" rel="noreferrer">Runbook ${runbook}</a>`;
}

const byReason: Readonly<Record<string, Runbook>> = {
  Expired: 'WalletCredentialExpired',
  WithinCritical: 'WalletCredentialExpiresWithin7Days',
  WithinWarning: 'WalletCredentialExpiresWithin30Days',
  IntervalExceeded: 'RotationDue',
  NotLookedAt: 'ControllerReconcileStuck',
  NotActedOn: 'ControllerReconcileStuck',
};

/** Of a problem of a WalletCredential. */
export function runbookOf({ reason, condition }: Problem): Runbook {
  const own = Object.hasOwn(byReason, reason) ? byReason[reason] : undefined;
  return own ?? (condition === 'Ready' ? 'WalletCredentialNotReady' : 'WalletSourceRejected');
}
