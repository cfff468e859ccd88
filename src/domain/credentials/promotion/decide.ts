import type { Redacted } from '../../redacted.ts';
import { addDays } from '../instants.ts';
import { type LiveFacts, liveFactsOf } from './live-facts.ts';
import { contentFits, type LiveState, liveStateOf, metadata, sameMetadata } from './live-state.ts';
import { notesOf, type Note } from './notes.ts';
import type { LiveMetadata, Observed, RevisionMeta, Verification } from './observed.ts';
import { highestRevision, revisionsToPrune } from './revisions.ts';
import { statusOf } from './status.ts';
import { type Choice, chooseTarget, type Look } from './target.ts';
import { dueAt } from './verification.ts';
import type { WalletCredential, WalletCredentialStatus } from '../wallet-credential.ts';

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

/**
 * An owner makes the live Secret go with its WalletCredential: wanted with `deletionPolicy: Delete` only. And the highest number
 * is written down also where only a revision Secret tells of it (a promotion that was broken off, and whose source is another now):
 * a write of the live Secret that the leader of then has under way is refused by it.
 */
function marksFit({ resource, live }: Observed, highest: number): boolean {
  const owner = resource.spec.live?.deletionPolicy === 'Delete' ? resource.metadata.uid : undefined;
  return live?.ownerUid === owner && Math.max(live?.revision ?? 0, live?.highestRevision ?? 0) === highest;
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
  const secretName = liveSecretName(observed.resource);
  const status = statusOf({ observed, live, choice, facts, writes, verification, liveSecretName: secretName });
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
function isTampered({ resource }: Observed, live: LiveState): boolean {
  const { status } = resource;
  if (status?.live?.secretName !== liveSecretName(resource)) return false;
  if (live.state !== 'intact') return true;
  if (status.live.resourceVersion === '' || status.key?.firstSeen === undefined) return false;
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
