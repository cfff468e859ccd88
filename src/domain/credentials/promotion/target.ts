import { describeSpan } from '../instants.ts';
import type { LiveState } from './live-state.ts';
import type { Observed, RevisionContent, RevisionMeta, Verification } from './observed.ts';
import { onlineReasons, type SourceAcceptedReason } from '../reasons.ts';
import { highestRevision } from './revisions.ts';
import type { Verdict } from '../verdict.ts';
import { dueAt } from './verification.ts';
import type { ConditionStatus } from '../wallet-credential.ts';

/** Something must be read before a decision is possible. */
export type Look = { look: 'source' } | { look: 'live' } | { look: 'revision'; revision: RevisionMeta };

/** Whether the source is what is live, and why not. */
export interface Acceptance {
  status: ConditionStatus;
  reason: SourceAcceptedReason;
  message: string;
}

/** What should be live, and what is said of the source. */
export interface Choice {
  /** undefined: nothing can be live. */
  target: { revision: number; fingerprint: string } | undefined;
  acceptance: Acceptance;
  /** False where nothing may be written but the status: suspended, or a conflict. */
  mayWrite: boolean;
  /** The fingerprint of a credential that the provider is to be asked about before it is promoted. */
  verifyFirst?: string;
  /** When the source is to be looked at again although nothing changed. */
  retryAt?: Date;
}

/** The order of precedence: suspension, conflict, pin, source. */
export function chooseTarget(observed: Observed, live: LiveState): Choice | Look {
  const { spec } = observed.resource;
  if (spec.suspend) return chooseSuspended(observed, live);
  if (observed.source.state === 'unread') return { look: 'source' };
  if (live.state === 'foreign') return chooseConflict(observed);
  return spec.rollbackTo === undefined ? chooseSource(observed, live) : choosePinned(observed, live, spec.rollbackTo);
}

function asIs(live: LiveState): Choice['target'] {
  return live.state === 'intact' ? { revision: live.revision, fingerprint: live.fingerprint } : undefined;
}

/** The last good credential: what is live, or what was and is still held by a revision or the live Secret, or the newest revision. */
function lastGood(observed: Observed, live: LiveState): Choice['target'] {
  if (live.state === 'intact') return asIs(live);
  const sound = observed.revisions.filter((kept) => !isDamaged(observed, kept));
  const was = observed.resource.status?.live;
  if (!was) return sound.find((kept) => kept.revision === observed.live?.revision) ?? sound.at(-1);
  const { revision, fingerprint } = was;
  const held =
    observed.liveContent?.fingerprint === fingerprint ||
    sound.some((kept) => kept.revision === revision && kept.fingerprint === fingerprint);
  return held ? { revision, fingerprint } : sound.at(-1);
}

/** Whether a hand has replaced what a revision Secret holds. */
function isDamaged({ revisionContents }: Observed, { revision, fingerprint }: RevisionMeta): boolean {
  const content = revisionContents.get(revision);
  return content !== undefined && content.fingerprint !== fingerprint;
}

function chooseSuspended(observed: Observed, live: LiveState): Choice {
  const known = observed.resource.status?.live;
  const target = live.state === 'foreign' ? undefined : (asIs(live) ?? known);
  const message = 'spec.suspend is true: the source is not looked at and nothing is written. Remove it to go on.';
  return { target, acceptance: { status: 'Unknown', reason: 'Suspended', message }, mayWrite: false };
}

function chooseConflict(observed: Observed): Choice {
  const rejected = rejection(observed);
  const message =
    'The source passes the checks, but the live Secret is not ours and is not touched; see the condition Ready.';
  return {
    target: undefined,
    acceptance: rejected?.acceptance ?? { status: 'False', reason: 'LiveSecretConflict', message },
    mayWrite: false,
    ...(rejected?.retryAt && { retryAt: rejected.retryAt }),
  };
}

/** Why the source itself does not pass, if it does not. */
function rejection({ source }: Observed): { acceptance: Acceptance; retryAt?: Date } | undefined {
  if (source.state === 'absent')
    return { acceptance: { status: 'False', reason: 'SecretNotFound', message: source.message } };
  if (source.state !== 'rejected') return undefined;
  const acceptance = { status: 'False' as const, reason: source.reason, message: source.message };
  return source.retryAt === undefined ? { acceptance } : { acceptance, retryAt: new Date(source.retryAt) };
}

function choosePinned(observed: Observed, live: LiveState, pin: number): Choice | Look {
  const kept = observed.revisions.find((candidate) => candidate.revision === pin);
  const target = kept ?? (live.state === 'intact' && live.revision === pin ? asIs(live) : undefined);
  if (!target) return refusePin(observed, live, 'RevisionNotFound', revisionNotFound(pin));
  const alreadyLive = live.state === 'intact' && live.revision === pin && live.fingerprint === target.fingerprint;
  if (!alreadyLive && kept) {
    const content = observed.revisionContents.get(pin);
    // A verdict of before says nothing about now: what passes is read again, and what would pass by now too.
    if (!content || (!content.files && mayPassNow(content.verdict, observed.now)))
      return { look: 'revision', revision: kept };
    const problem = problemOf(kept, content);
    if (problem)
      return refusePin(observed, live, 'RevisionInvalid', `${problem} ${pinAdvice}`, retryOf(content.verdict));
  }
  return { target, mayWrite: true, ...pinnedAcceptance(observed, pin, target.fingerprint) };
}

function mayPassNow(verdict: Verdict, now: Date): boolean {
  const retryAt = retryOf(verdict);
  return verdict.accepted || (retryAt !== undefined && retryAt <= now);
}

function retryOf(verdict: Verdict): Date | undefined {
  return verdict.accepted || verdict.retryAt === undefined ? undefined : new Date(verdict.retryAt);
}

/** Why a kept revision cannot be made live, if it cannot. */
function problemOf({ revision, fingerprint, secretName }: RevisionMeta, content: RevisionContent): string | undefined {
  const { verdict } = content;
  if (content.fingerprint !== fingerprint)
    return `Secret ${secretName} does not hold what was promoted as revision ${revision}.`;
  return verdict.accepted ? undefined : `Revision ${revision} fails the check ${verdict.reason}: ${verdict.message}`;
}

const pinAdvice = 'What was live stays live. Set spec.rollbackTo to another revision, or remove it.';

/** Without their numbers: a message that changes with every revision would be a new Event each time. */
function revisionNotFound(pin: number): string {
  return `spec.rollbackTo names revision ${pin}, which is not kept; status.revisions lists those that are. ${pinAdvice}`;
}

function refusePin(
  observed: Observed,
  live: LiveState,
  reason: 'RevisionNotFound' | 'RevisionInvalid',
  message: string,
  retryAt?: Date,
): Choice {
  const acceptance: Acceptance = { status: 'False', reason, message };
  // The source may come to pass in the meantime, and its own state is reported too.
  const instants = [retryAt, rejection(observed)?.retryAt].filter((instant) => instant !== undefined).map(Number);
  const again = instants.length > 0 && { retryAt: new Date(Math.min(...instants)) };
  return { target: lastGood(observed, live), acceptance, mayWrite: true, ...again };
}

function pinnedAcceptance(
  observed: Observed,
  pin: number,
  fingerprint: string,
): Pick<Choice, 'acceptance' | 'retryAt'> {
  const rejected = rejection(observed);
  if (rejected) return rejected;
  const same = observed.source.state === 'accepted' && observed.source.fingerprint === fingerprint;
  if (same)
    return {
      acceptance: {
        status: 'True',
        reason: 'Promoted',
        message: `The source is live as revision ${pin}, which spec.rollbackTo pins.`,
      },
    };
  const message = `spec.rollbackTo pins revision ${pin}. The source passes the checks and is promoted when spec.rollbackTo is removed.`;
  return { acceptance: { status: 'False', reason: 'Pinned', message } };
}

function chooseSource(observed: Observed, live: LiveState): Choice | Look {
  const rejected = rejection(observed);
  if (rejected) return { target: lastGood(observed, live), mayWrite: true, ...rejected };
  if (observed.source.state !== 'accepted') return { look: 'source' };
  const { fingerprint } = observed.source;
  const isLive = live.state === 'intact' && live.fingerprint === fingerprint;
  const revision = isLive ? live.revision : revisionFor(observed, fingerprint);
  const promoted: Acceptance = {
    status: 'True',
    reason: 'Promoted',
    message: `The source is live as revision ${revision}.`,
  };
  const choice: Choice = { target: { revision, fingerprint }, acceptance: promoted, mayWrite: true };
  return isLive ? choice : (awaitProvider(observed, live, fingerprint) ?? choice);
}

/** A kept revision of the same content is made live again (a git revert works); else the next number is given that is not taken. */
function revisionFor(observed: Observed, fingerprint: string): number {
  const kept = observed.revisions.findLast((candidate) => candidate.fingerprint === fingerprint);
  if (kept) return kept.revision;
  const spoilt = observed.live?.fingerprint === fingerprint ? observed.live.revision : undefined;
  const taken = observed.revisions.some((candidate) => candidate.revision === spoilt);
  if (spoilt !== undefined && !taken) return spoilt;
  return Math.max(highestRevision(observed.revisions, observed.live), observed.takenRevision ?? 0) + 1;
}

/** With online verification, a new credential waits for the provider's answer; only a refusal stops it, an unreachable provider does not. */
function awaitProvider(observed: Observed, live: LiveState, fingerprint: string): Choice | undefined {
  const { spec } = observed.resource;
  if (!spec.verification.online) return undefined;
  const verification = observed.verifications.get(fingerprint);
  if (verification?.outcome === 'verified') return undefined;
  const waiting = { target: lastGood(observed, live), mayWrite: true, verifyFirst: fingerprint };
  if (verification?.outcome === 'refused') return { ...waiting, acceptance: refusal(observed, verification) };
  const refused = refusedBefore(observed, fingerprint);
  if (refused) return { ...waiting, acceptance: refused };
  if (verification) return undefined;
  const message = 'The source passes the checks; the provider is asked before it is promoted.';
  return { ...waiting, acceptance: { status: 'Unknown', reason: 'VerificationPending', message } };
}

/** A refusal stands until the provider takes the credential: neither a restart nor a provider that is away lifts it. */
function refusedBefore({ resource: { status } }: Observed, fingerprint: string): Acceptance | undefined {
  const source = status?.source;
  if (source?.fingerprint !== fingerprint || !(source.reason in onlineReasons)) return undefined;
  return { status: 'False', reason: source.reason as SourceAcceptedReason, message: source.message };
}

function refusal(observed: Observed, verification: Verification): Acceptance {
  const wait =
    dueAt(verification, observed.resource.spec.verification).getTime() - new Date(verification.checkedAt).getTime();
  const message = `${verification.message} It is tried again after ${describeSpan(wait)}, and when the source or the spec changes.`;
  return { status: 'False', reason: verification.reason as SourceAcceptedReason, message };
}
