import type { Redacted } from '../redacted.ts';
import { conditionsOf } from './conditions.ts';
import { addDays, kubernetesTime } from './instants.ts';
import { type LiveFacts, liveFactsOf } from './live-facts.ts';
import { type LiveState, liveStateOf, metadata, sameMetadata } from './live-state.ts';
import { notesOf, type Note } from './notes.ts';
import type { LiveMetadata, Observed, RevisionMeta, Verification } from './observed.ts';
import { highestRevision, revisionSecretName, revisionsToPrune } from './revisions.ts';
import { type Choice, chooseTarget, type Look } from './target.ts';
import { dueAt } from './verification.ts';
import {
  providerOf,
  type RevisionSummary,
  type WalletCredential,
  type WalletCredentialStatus,
} from './wallet-credential.ts';

type Files = Redacted<Readonly<Record<string, string>>>;

export interface RevisionWrite {
  revision: number;
  fingerprint: string;
  files: Files;
  keyId: string | undefined;
  keyFirstSeen: string;
}

export interface LiveWrite {
  revision: number;
  files: Files;
  metadata: LiveMetadata;
  highestRevision: number;
}

/** What a reconcile does, in this order: revision, live Secret, pruning, status, Events. */
export interface Plan {
  createRevision?: RevisionWrite;
  writeLive?: LiveWrite;
  prune: RevisionMeta[];
  /** Whole; `live.resourceVersion` is that of before, and is replaced by the one that the write of the live Secret answers. */
  status: WalletCredentialStatus;
  notes: Note[];
  /** The credential that the provider is to be asked about now. */
  verify?: { fingerprint: string };
  /** The next instant at which something changes by itself. */
  wakeAt?: Date;
}

export type Step = Look | { plan: Plan };

/** Name of the Secret that pods mount. */
export function liveSecretName(resource: WalletCredential): string {
  return resource.spec.live?.secretName ?? `${resource.metadata.name}-live`;
}

/**
 * The promotion decision, pure: the same observation gives the same plan. What it needs and was not read yet it asks for
 * by a {@link Look}; after the look it is called again.
 */
export function decide(observed: Observed): Step {
  const live = liveStateOf(observed);
  if (live.state === 'unread') return { look: 'live' };
  const choice = chooseTarget(observed, live);
  if ('look' in choice) return choice;
  const facts = choice.target && liveFactsOf(observed, choice.target);
  if (facts && 'look' in facts) return facts;
  const writes = writesOf(observed, live, choice, facts);
  return 'look' in writes ? writes : { plan: planOf(observed, live, choice, facts, writes) };
}

type Writes = Pick<Plan, 'createRevision' | 'writeLive' | 'prune'>;

function writesOf(observed: Observed, live: LiveState, choice: Choice, facts: LiveFacts | undefined): Writes | Look {
  const { target } = choice;
  if (!target || !facts || !choice.mayWrite) return { prune: [] };
  const wanted = metadata(target.revision, target.fingerprint, facts.key.firstSeen, facts.rotateBy);
  const highest = Math.max(target.revision, highestRevision(observed.revisions, observed.live));
  const liveFits = contentFits(live, wanted) && marksFit(observed, highest);
  const kept = observed.revisions.some((candidate) => candidate.revision === target.revision);
  const prune = pruneOf(observed, target, kept);
  if (liveFits && kept) return { prune };
  const files = filesOf(observed, target);
  if ('look' in files) return files;
  const { firstSeen: keyFirstSeen, id: keyId } = facts.key;
  return {
    ...(!kept && { createRevision: { ...target, files, keyId, keyFirstSeen } }),
    ...(!liveFits && { writeLive: { revision: target.revision, files, metadata: wanted, highestRevision: highest } }),
    prune,
  };
}

function contentFits(live: LiveState, wanted: LiveMetadata): boolean {
  return live.state === 'intact' && sameMetadata(live.metadata, wanted);
}

/**
 * An owner makes the live Secret go with its WalletCredential: wanted with `deletionPolicy: Delete` only. And the highest number
 * is written down also where only a revision Secret tells of it (a promotion that was broken off, and whose source is another now):
 * a write of the live Secret that the leader of then has under way is refused by it.
 */
function marksFit({ resource, live }: Observed, highest: number): boolean {
  const owner = resource.spec.live?.deletionPolicy === 'Delete' ? resource.metadata.uid : undefined;
  return live?.ownerUid === owner && live?.highestRevision === highest;
}

function pruneOf(observed: Observed, target: { revision: number; fingerprint: string }, kept: boolean): RevisionMeta[] {
  const { revisionHistoryLimit, rollbackTo } = observed.resource.spec;
  const limit = kept ? revisionHistoryLimit : revisionHistoryLimit - 1;
  return revisionsToPrune(observed.revisions, limit, [target.revision, rollbackTo]);
}

/** The content to write, from whichever Secret was read and holds it. */
function filesOf(observed: Observed, target: { revision: number; fingerprint: string }): Files | Look {
  const { source, liveContent, revisionContents, revisions } = observed;
  if (source.state === 'accepted' && source.credential?.fingerprint === target.fingerprint)
    return source.credential.files;
  if (liveContent?.fingerprint === target.fingerprint) return liveContent.files;
  const content = revisionContents.get(target.revision);
  if (content?.files && content.fingerprint === target.fingerprint) return content.files;
  const revision = revisions.find((candidate) => candidate.revision === target.revision);
  if (revision && !content?.files) return { look: 'revision', revision };
  if (source.state === 'accepted' && source.fingerprint === target.fingerprint) return { look: 'source' };
  if (observed.live?.fingerprint === target.fingerprint && !liveContent) return { look: 'live' };
  // A target is what the source, the live Secret or an undamaged revision holds.
  throw new Error(`no Secret holds revision ${target.revision} of ${observed.resource.metadata.name}`);
}

function planOf(
  observed: Observed,
  live: LiveState,
  choice: Choice,
  facts: LiveFacts | undefined,
  writes: Writes,
): Plan {
  const verification = verificationFor(observed, choice);
  const status = statusOf(observed, live, choice, facts, writes, verification);
  const verify = verificationDue(observed, choice);
  const wakeAt = nextInstant(observed, choice, facts);
  return {
    ...writes,
    status,
    notes: notesOf({
      before: observed.resource.status,
      after: status,
      resource: observed.resource,
      wroteLive: writes.writeLive !== undefined,
      tampered: isTampered(observed, live),
    }),
    ...(verify && { verify }),
    ...(wakeAt && { wakeAt }),
  };
}

/** Whether another hand has changed or deleted the live Secret since the status was written. */
function isTampered({ resource: { status } }: Observed, live: LiveState): boolean {
  if (live.state !== 'intact') return true;
  if (!status?.live?.resourceVersion || status.key?.firstSeen === undefined) return false;
  const { revision, fingerprint } = status.live;
  return !sameMetadata(live.metadata, metadata(revision, fingerprint, status.key.firstSeen, status.rotateBy));
}

/** Of what is live; of the source while nothing is. */
function verificationFor({ verifications }: Observed, { target, verifyFirst }: Choice): Verification | undefined {
  const fingerprint = target?.fingerprint ?? verifyFirst;
  return fingerprint === undefined ? undefined : verifications.get(fingerprint);
}

function verificationDue(observed: Observed, choice: Choice): { fingerprint: string } | undefined {
  const { resource, verifications, now } = observed;
  const { verification: settings, suspend } = resource.spec;
  if (!settings.online || suspend) return undefined;
  const candidates = [choice.verifyFirst, choice.target?.fingerprint].filter(
    (fingerprint) => fingerprint !== undefined,
  );
  const fingerprint = candidates.find((candidate) => {
    const known = verifications.get(candidate);
    return !known || dueAt(known, settings) <= now || (known.outcome === 'refused' && changedSince(observed));
  });
  return fingerprint === undefined ? undefined : { fingerprint };
}

/** Whether the source or the spec is another than the status is about: what was refused is tried again then. */
function changedSince({ resource: { metadata, status }, source }: Observed): boolean {
  const version = 'resourceVersion' in source ? source.resourceVersion : undefined;
  return status?.observedGeneration !== metadata.generation || status.source?.resourceVersion !== version;
}

function statusOf(
  observed: Observed,
  live: LiveState,
  choice: Choice,
  facts: LiveFacts | undefined,
  writes: Writes,
  verification: Verification | undefined,
): WalletCredentialStatus {
  const { resource, now } = observed;
  const conditions = conditionsOf({
    now,
    resource,
    liveState: live.state,
    liveSecretName: liveSecretName(resource),
    live: choice.target && facts && { revision: choice.target.revision, facts },
    mayWrite: choice.mayWrite,
    acceptance: choice.acceptance,
    verification: resource.spec.verification.online ? verification : undefined,
  });
  const source = sourceStatus(observed, choice);
  return {
    observedGeneration: resource.metadata.generation,
    provider: providerOf(resource.spec),
    ...(choice.target && facts && liveStatus(observed, live, choice, choice.target, facts)),
    ...(source && { source }),
    ...(resource.spec.verification.online && verification && { verification: verificationStatus(verification) }),
    revisions: revisionsAfter(observed, writes),
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
  { resource, live, now }: Observed,
  liveState: LiveState,
  { mayWrite }: Choice,
  target: NonNullable<Choice['target']>,
  facts: LiveFacts,
): Partial<WalletCredentialStatus> {
  const known = resource.status?.live;
  const since =
    known?.revision === target.revision && known.fingerprint === target.fingerprint ? known.since : kubernetesTime(now);
  // Without a version the status does not vouch for the live Secret: it is read when writing is allowed again.
  const wanted = metadata(target.revision, target.fingerprint, facts.key.firstSeen, facts.rotateBy);
  const vouched = mayWrite || contentFits(liveState, wanted);
  return {
    live: {
      revision: target.revision,
      fingerprint: target.fingerprint,
      since,
      secretName: liveSecretName(resource),
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

function revisionsAfter({ revisions, resource, now }: Observed, { createRevision, prune }: Writes): RevisionSummary[] {
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

function nextInstant(observed: Observed, choice: Choice, facts: LiveFacts | undefined): Date | undefined {
  const { now, resource, verifications } = observed;
  const { expiry, verification: settings } = resource.spec;
  const instants: (Date | undefined)[] = [choice.retryAt];
  if (facts?.expiresAt !== undefined) {
    instants.push(
      new Date(facts.expiresAt),
      addDays(facts.expiresAt, -expiry.warningDays),
      addDays(facts.expiresAt, -expiry.criticalDays),
    );
  }
  if (facts?.rotateBy !== undefined) instants.push(new Date(facts.rotateBy));
  if (settings.online) {
    for (const fingerprint of [choice.verifyFirst, choice.target?.fingerprint]) {
      const known = fingerprint === undefined ? undefined : verifications.get(fingerprint);
      if (known) instants.push(dueAt(known, settings));
    }
  }
  const ahead = instants.filter((instant) => instant !== undefined && instant > now).map(Number);
  return ahead.length === 0 ? undefined : new Date(Math.min(...ahead));
}
