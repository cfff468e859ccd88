import { conditionsOf } from './conditions.ts';
import { kubernetesTime } from '../instants.ts';
import type { LiveFacts } from './live-facts.ts';
import { contentFits, type LiveState, metadata } from './live-state.ts';
import type { Observed, RevisionMeta, Verification } from './observed.ts';
import { revisionSecretName } from './revisions.ts';
import type { Choice } from './target.ts';
import { providerOf, type RevisionSummary, type WalletCredentialStatus } from '../wallet-credential.ts';

export interface StatusInput {
  observed: Observed;
  live: LiveState;
  choice: Choice;
  /** Of the target, when there is one. */
  facts: LiveFacts | undefined;
  writes: { createRevision?: { revision: number; fingerprint: string }; prune: readonly RevisionMeta[] };
  verification: Verification | undefined;
  liveSecretName: string;
}

/** The whole status after the writes of this reconcile. */
export function statusOf(input: StatusInput): WalletCredentialStatus {
  const { observed, live, choice, facts, verification } = input;
  const { resource, now } = observed;
  const conditions = conditionsOf({
    now,
    resource,
    liveState: live.state,
    liveSecretName: input.liveSecretName,
    live: choice.target && facts && { revision: choice.target.revision, facts },
    mayWrite: choice.mayWrite,
    acceptance: choice.acceptance,
    verification: resource.spec.verification.online ? verification : undefined,
  });
  const source = sourceStatus(observed, choice);
  return {
    observedGeneration: resource.metadata.generation,
    provider: providerOf(resource.spec),
    ...(choice.target && facts && liveStatus(input, choice.target, facts)),
    ...(source && { source }),
    ...(resource.spec.verification.online && verification && { verification: verificationStatus(verification) }),
    revisions: revisionsAfter(observed, input.writes),
    conditions,
  };
}

function verificationStatus({
  fingerprint,
  checkedAt,
  reason,
  message,
}: Verification): NonNullable<WalletCredentialStatus['verification']> {
  return { fingerprint, checkedAt, reason, message };
}

function liveStatus(
  { observed, live: liveState, choice, liveSecretName }: StatusInput,
  target: NonNullable<Choice['target']>,
  facts: LiveFacts,
): Partial<WalletCredentialStatus> {
  const { resource, live, now } = observed;
  const known = resource.status?.live;
  const since =
    known?.revision === target.revision && known.fingerprint === target.fingerprint ? known.since : kubernetesTime(now);
  // Without a version the status does not vouch for the live Secret: it is read when writing is allowed again.
  const wanted = metadata(target.revision, target.fingerprint, facts.key.firstSeen, facts.rotateBy);
  const vouched = choice.mayWrite || contentFits(liveState, wanted);
  return {
    live: {
      revision: target.revision,
      fingerprint: target.fingerprint,
      since,
      secretName: liveSecretName,
      resourceVersion: (vouched && live?.resourceVersion) || '',
    },
    certificates: facts.certificates,
    key: facts.key,
    ...(facts.expiresAt !== undefined && { expiresAt: facts.expiresAt }),
    ...(facts.rotateBy !== undefined && { rotateBy: facts.rotateBy }),
    summary: {
      ...(facts.expiresAt !== undefined && { expires: facts.expiresAt.slice(0, 10) }),
      ...(facts.rotateBy !== undefined && { rotateBy: facts.rotateBy.slice(0, 10) }),
      fingerprint: target.fingerprint.slice(0, 12),
    },
  };
}

function sourceStatus({ source, resource }: Observed, choice: Choice): WalletCredentialStatus['source'] {
  switch (source.state) {
    case 'unread':
      // Suspended: what was last known of it.
      return resource.status?.source;
    case 'absent':
      return { accepted: false, reason: 'SecretNotFound', message: source.message };
    case 'rejected':
      return {
        resourceVersion: source.resourceVersion,
        accepted: false,
        reason: source.reason,
        message: source.message,
      };
    case 'accepted': {
      const { status, reason, message } = choice.acceptance;
      const { resourceVersion, fingerprint } = source;
      return { resourceVersion, fingerprint, accepted: status === 'True', reason, message };
    }
  }
}

function revisionsAfter(
  { revisions, resource, now }: Observed,
  { createRevision, prune }: StatusInput['writes'],
): RevisionSummary[] {
  const { name } = resource.metadata;
  const made = createRevision && {
    ...createRevision,
    secretName: revisionSecretName(name, createRevision.revision),
    createdAt: kubernetesTime(now),
  };
  const kept = [...revisions.filter((revision) => !prune.includes(revision)), ...(made ? [made] : [])];
  return kept
    .map(({ revision, fingerprint, secretName, createdAt }) => {
      const known = resource.status?.revisions?.find((other) => other.revision === revision);
      // Said once, the instant stays: the API server's clock is not ours, and a Secret that was deleted is made anew.
      const since = known?.fingerprint === fingerprint ? known.createdAt : createdAt;
      return { revision, fingerprint, secretName, createdAt: since };
    })
    .sort((left, right) => left.revision - right.revision);
}
