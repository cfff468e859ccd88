import { liveSecretName } from '../promotion/decide.ts';
import {
  type Condition,
  type ConditionStatus,
  type ConditionType,
  type Provider,
  providerOf,
  type RevisionSummary,
  type WalletCredential,
} from '../wallet-credential.ts';
import { daysLeft } from './days-left.ts';
import { type Problem, problemsOf } from './problems.ts';

/** What `status -o json` prints of a WalletCredential: every field is always there, null where it is not known. */
export interface CredentialSummary {
  namespace: string;
  name: string;
  provider: Provider;
  /** Of the condition Ready; Unknown before the controller has looked. */
  ready: ConditionStatus;
  live: { revision: number; secretName: string; since: string; fingerprint: string } | null;
  /** RFC 3339 UTC; null when nothing expires or nothing is live. */
  expiresAt: string | null;
  /** Whole days, downwards; negative after the end. */
  daysLeft: number | null;
  source: {
    secretName: string;
    /** Whether the source is what is live; null before the controller has looked. */
    accepted: boolean | null;
    reason: string | null;
    message: string | null;
  };
  rotateBy: string | null;
  /** spec.rollbackTo. */
  pinnedTo: number | null;
  suspended: boolean;
  /** Kept revisions, by number. */
  revisions: Pick<RevisionSummary, 'revision' | 'fingerprint' | 'createdAt'>[];
  problems: Problem[];
}

export function conditionOf({ status }: WalletCredential, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** @param flags what a shown command needs to reach the same namespace, as in `-n loyalty`. */
export function summaryOf(credential: WalletCredential, now: Date, flags: string): CredentialSummary {
  const { metadata, spec, status } = credential;
  const { live, source, expiresAt, rotateBy, revisions = [] } = status ?? {};
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    provider: providerOf(spec),
    ready: conditionOf(credential, 'Ready')?.status ?? 'Unknown',
    live: live
      ? {
          revision: live.revision,
          secretName: live.secretName ?? liveSecretName(credential),
          since: live.since,
          fingerprint: live.fingerprint,
        }
      : null,
    expiresAt: expiresAt ?? null,
    daysLeft: daysLeft(expiresAt, now),
    source: {
      secretName: spec.secretRef.name,
      accepted: source?.accepted ?? null,
      reason: source?.reason ?? null,
      message: source?.message ?? null,
    },
    rotateBy: rotateBy ?? null,
    pinnedTo: spec.rollbackTo ?? null,
    suspended: spec.suspend ?? false,
    revisions: revisions
      .map(({ revision, fingerprint, createdAt }) => ({ revision, fingerprint, createdAt }))
      .sort((left, right) => left.revision - right.revision),
    problems: problemsOf(credential, flags),
  };
}
