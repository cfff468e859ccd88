import type { Verification } from './observed.ts';
import type { OnlineVerdict } from '../verdict.ts';
import { kubernetesTime } from '../instants.ts';
import type { WalletCredentialSpec, WalletCredentialStatus } from '../wallet-credential.ts';

const minute = 60_000;

/** When the provider is asked again: at the interval, or sooner (30 s, doubling) while it cannot be reached. */
export function dueAt(verification: Verification, settings: WalletCredentialSpec['verification']): Date {
  const interval = settings.intervalMinutes * minute;
  const failures = Math.min(Math.max(verification.attempts, 1), 20);
  const retry = Math.min(interval, (minute / 2) * 2 ** (failures - 1));
  return new Date(
    new Date(verification.checkedAt).getTime() + (verification.outcome === 'unreachable' ? retry : interval),
  );
}

/** The record of an answer; failures to reach the provider are counted in a row. */
export function verificationOf(
  fingerprint: string,
  verdict: OnlineVerdict,
  now: Date,
  previous: Verification | undefined,
): Verification {
  const record = { fingerprint, checkedAt: kubernetesTime(now), outcome: verdict.outcome, message: verdict.message };
  switch (verdict.outcome) {
    case 'verified':
      return { ...record, reason: 'Verified', attempts: 0, ...(verdict.key && { key: verdict.key }) };
    case 'refused':
      return { ...record, reason: verdict.reason, attempts: 0 };
    case 'unreachable': {
      const known = previous?.key ? { key: previous.key } : {};
      return { ...record, reason: 'Unreachable', attempts: (previous?.attempts ?? 0) + 1, ...known };
    }
  }
}

/** The record that a status keeps over a restart. */
export function verificationFromStatus(status: WalletCredentialStatus | undefined): Verification | undefined {
  const known = status?.verification;
  if (!known) return undefined;
  const outcome = known.reason === 'Verified' ? 'verified' : known.reason === 'Unreachable' ? 'unreachable' : 'refused';
  const createdAt = status.live?.fingerprint === known.fingerprint ? status.key?.createdAt : undefined;
  return { ...known, outcome, attempts: 0, ...(createdAt !== undefined && { key: { createdAt } }) };
}
