import type {
  Condition,
  ConditionType,
  WalletCredential,
  WalletCredentialSpec,
  WalletCredentialStatus,
} from '../../src/domain/credentials/wallet-credential.ts';
import { decodeWalletCredential } from '../../src/adapters/kubernetes/wallet-credentials.ts';
import { completeStatus } from '../deploy/complete-credential.ts';
import { appleSpec } from '../support/sources.ts';

export const instant = '2026-06-01T12:00:00Z';

type Finding = [status: Condition['status'], reason: string, message?: string];

const healthy: Record<ConditionType, Finding> = {
  Ready: ['True', 'Live', 'Revision 3 is live in Secret apple-live.'],
  SourceAccepted: ['True', 'Promoted', 'The source is live as revision 3.'],
  ExpiringSoon: ['False', 'NotExpiring', 'The live credential expires at 2027-12-22T10:00:00Z.'],
  RotationDue: ['Unknown', 'NoInterval', 'No rotation interval is set.'],
  Verified: ['Unknown', 'Disabled', 'spec.verification.online is false: the provider is not asked.'],
};

/** All five conditions, as of a healthy credential but for what is given. */
export function conditions(changes: Partial<Record<ConditionType, Finding>> = {}): Condition[] {
  return Object.entries({ ...healthy, ...changes }).map(([type, [status, reason, message = `It is ${reason}.`]]) => ({
    type: type as ConditionType,
    status,
    reason,
    message,
    lastTransitionTime: instant,
    observedGeneration: 1,
  }));
}

/** Revisions 1 to 3 are kept and 3 is live. */
export function healthyStatus(changes: Partial<WalletCredentialStatus> = {}): WalletCredentialStatus {
  const { rotateBy: _rotateBy, verification: _verification, ...complete } = completeStatus;
  const [kept] = complete.revisions;
  const revisions = [1, 2, 3].map((revision) => ({ ...kept!, revision, secretName: `apple-rev-${revision}` }));
  const source = { accepted: true, reason: 'Promoted', message: 'The source is live as revision 3.' };
  return { ...complete, source, observedGeneration: 1, revisions, conditions: conditions(), ...changes };
}

export function appleCredential(
  status: WalletCredentialStatus | undefined = healthyStatus(),
  spec: Partial<Record<keyof WalletCredentialSpec, unknown>> = {},
  metadata: object = {},
): WalletCredential {
  const usual = { namespace: 'loyalty', name: 'apple', uid: 'u', resourceVersion: '42', generation: 1 };
  return decodeWalletCredential({
    metadata: { ...usual, creationTimestamp: instant, ...metadata },
    spec: appleSpec('apple-source', spec),
    status,
  });
}
