import { addDays, describeSpan, kubernetesTime } from '../instants.ts';
import type { LiveFacts } from './live-facts.ts';
import type { LiveState } from './live-state.ts';
import type { Verification } from './observed.ts';
import type { Acceptance } from './target.ts';
import {
  type Condition,
  conditionTypes,
  type ConditionStatus,
  type ConditionType,
  type WalletCredential,
} from '../wallet-credential.ts';

export interface ConditionInput {
  now: Date;
  resource: WalletCredential;
  liveState: LiveState['state'];
  liveSecretName: string;
  /** What is live after the writes of this reconcile; undefined: nothing. */
  live: { revision: number; facts: LiveFacts } | undefined;
  acceptance: Acceptance;
  verification: Verification | undefined;
  /** False while suspended: the live Secret may then be missing or changed. */
  mayWrite: boolean;
}

interface Finding {
  status: ConditionStatus;
  reason: string;
  message: string;
}

/** All five conditions, always; an instant of transition is kept as long as the status stays. */
export function conditionsOf(input: ConditionInput): Condition[] {
  const findings: Record<ConditionType, Finding> = {
    Ready: ready(input),
    SourceAccepted: input.acceptance,
    ExpiringSoon: expiringSoon(input),
    RotationDue: rotationDue(input),
    Verified: verified(input),
  };
  return conditionTypes.map((type) => ({ type, ...findings[type], ...transition(input, type, findings[type]) }));
}

function transition(
  input: ConditionInput,
  type: ConditionType,
  finding: Finding,
): Pick<Condition, 'lastTransitionTime' | 'observedGeneration'> {
  const previous = input.resource.status?.conditions?.find((condition) => condition.type === type);
  const same = previous?.status === finding.status;
  return {
    lastTransitionTime: same ? previous.lastTransitionTime : kubernetesTime(input.now),
    observedGeneration: input.resource.metadata.generation,
  };
}

/** True: a live credential exists and is valid now. */
function ready(input: ConditionInput): Finding {
  const { now, live, liveState, liveSecretName, acceptance } = input;
  if (liveState === 'foreign') {
    const message =
      `Secret ${liveSecretName} exists and does not carry the labels of this WalletCredential, so it is not touched. ` +
      'Delete it, or set spec.live.secretName to another name.';
    return { status: 'False', reason: 'LiveSecretConflict', message };
  }
  if (!live) {
    const message = `Nothing was promoted yet: the source is not accepted (${acceptance.reason}).`;
    return { status: 'False', reason: 'NoLiveCredential', message };
  }
  if (!input.mayWrite && liveState !== 'intact') return notPutBack(liveState, liveSecretName);
  const { expiresAt } = live.facts;
  if (expiresAt !== undefined && new Date(expiresAt) <= now) {
    const message = `Revision ${live.revision}, which is live in Secret ${liveSecretName}, expired at ${expiresAt}. Put a new credential into the source Secret.`;
    return { status: 'False', reason: 'Expired', message };
  }
  return { status: 'True', reason: 'Live', message: `Revision ${live.revision} is live in Secret ${liveSecretName}.` };
}

/** Suspended, and a hand has deleted or changed the live Secret. */
function notPutBack(liveState: LiveState['state'], liveSecretName: string): Finding {
  const advice = 'Remove spec.suspend to have it put back.';
  if (liveState === 'absent')
    return {
      status: 'False',
      reason: 'NoLiveCredential',
      message: `Secret ${liveSecretName} does not exist. ${advice}`,
    };
  const message = `Secret ${liveSecretName} was changed by another hand; what it holds was not promoted. ${advice}`;
  return { status: 'Unknown', reason: 'LiveSecretChanged', message };
}

/** Unknown where there is no date: Google keys carry none. */
function expiringSoon({ now, resource, live }: ConditionInput): Finding {
  if (!live) return { status: 'Unknown', reason: 'NoLiveCredential', message: 'Nothing is live.' };
  const { expiresAt } = live.facts;
  if (expiresAt === undefined)
    return { status: 'Unknown', reason: 'DoesNotExpire', message: 'The live credential carries no date of expiry.' };
  const left = new Date(expiresAt).getTime() - now.getTime();
  if (left <= 0) return { status: 'True', reason: 'Expired', message: `The live credential expired at ${expiresAt}.` };
  const { warningDays, criticalDays } = resource.spec.expiry;
  // In whole hours of the threshold, not of now: the message must not change with every look.
  const within = (days: number): boolean => now >= addDays(expiresAt, -days);
  const message = (days: number): string =>
    `The live credential expires at ${expiresAt}, within ${days} days. Put a new one into the source Secret.`;
  if (within(criticalDays)) return { status: 'True', reason: 'WithinCritical', message: message(criticalDays) };
  if (within(warningDays)) return { status: 'True', reason: 'WithinWarning', message: message(warningDays) };
  return { status: 'False', reason: 'NotExpiring', message: `The live credential expires at ${expiresAt}.` };
}

/** True: the key is older than spec.rotation.intervalDays. */
function rotationDue({ now, live }: ConditionInput): Finding {
  if (!live) return { status: 'Unknown', reason: 'NoLiveCredential', message: 'Nothing is live.' };
  const { rotateBy, key } = live.facts;
  if (rotateBy === undefined)
    return { status: 'Unknown', reason: 'NoInterval', message: 'No rotation interval is set.' };
  const since = key.createdAt === undefined ? `first seen at ${key.firstSeen}` : `made at ${key.createdAt}`;
  if (new Date(rotateBy) > now)
    return { status: 'False', reason: 'Fresh', message: `The key was ${since} and is to be replaced by ${rotateBy}.` };
  return {
    status: 'True',
    reason: 'IntervalExceeded',
    message: `The key was ${since} and was to be replaced by ${rotateBy}. Make a new one.`,
  };
}

/** Of the live credential; of the source while nothing is live. */
function verified({ resource, live, verification }: ConditionInput): Finding {
  const { online, intervalMinutes } = resource.spec.verification;
  if (live?.facts.unknownRoot !== undefined)
    return { status: 'False', reason: 'UnknownRoot', message: live.facts.unknownRoot };
  if (!online)
    return {
      status: 'Unknown',
      reason: 'Disabled',
      message: 'spec.verification.online is false: the provider is not asked.',
    };
  if (!verification) return { status: 'Unknown', reason: 'Pending', message: 'The provider was not asked yet.' };
  if (verification.outcome === 'unreachable')
    return { status: 'Unknown', reason: 'Unreachable', message: verification.message };
  if (verification.outcome === 'verified') {
    const message = `${verification.message} Asked again after ${describeSpan(intervalMinutes * 60_000)}.`;
    return { status: 'True', reason: 'Verified', message };
  }
  return { status: 'False', reason: verification.reason, message: verification.message };
}
