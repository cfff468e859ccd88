import { liveSecretName } from '../../domain/credentials/promotion/decide.ts';
import type { WalletCredential } from '../../domain/credentials/wallet-credential.ts';
import type { Change } from './change.ts';

/** What `rollback -o json` prints. Every field is always there. */
export interface RollbackResult {
  namespace: string;
  name: string;
  /** As it was found. */
  before: { revision: number | null; rollbackTo: number | null };
  /** What spec.rollbackTo is to be; null: not set. */
  rollbackTo: number | null;
  dryRun: boolean;
  /** Whether something was written. */
  changed: boolean;
  /** The JSON merge patch; null when nothing is to be written. */
  patch: object | null;
  /** What is live after the wait; null when one did not wait. */
  live: { revision: number; secretName: string; since: string; expiresAt: string | null } | null;
  /** The commands that take it back, and that show what becomes of it. */
  undo: string;
  follow: string;
}

export function rollbackResult(
  { before, rollbackTo, patch }: Change,
  { dryRun, flags, after }: { dryRun: boolean; flags: string; after: WalletCredential | undefined },
): RollbackResult {
  const { namespace, name } = before.metadata;
  return {
    namespace,
    name,
    before: { revision: before.status?.live?.revision ?? null, rollbackTo: before.spec.rollbackTo ?? null },
    rollbackTo,
    dryRun,
    changed: patch !== undefined && !dryRun,
    patch: patch ?? null,
    live: after ? liveOf(after) : null,
    undo: `kubectl loyalty rollback ${name} --undo ${flags}`,
    follow: `kubectl loyalty status ${name} ${flags}`,
  };
}

function liveOf(credential: WalletCredential): RollbackResult['live'] {
  const { live, expiresAt = null } = credential.status ?? {};
  if (!live) return null;
  return {
    revision: live.revision,
    secretName: live.secretName ?? liveSecretName(credential),
    since: live.since,
    expiresAt,
  };
}
