import type { Condition, ConditionType, WalletCredential } from '../wallet-credential.ts';
import { type Advice, adviceOn } from './advice.ts';

/** Something that a person should know, and mostly do something about. */
export interface Problem extends Advice {
  /** critical: passes stop, or will within days. warning: somebody must act. info: it is as somebody wanted it, or passes by itself. */
  severity: 'critical' | 'warning' | 'info';
  /** The condition that says so; null for what only the CLI sees. */
  condition: ConditionType | null;
  reason: string;
  /** What was found. */
  message: string;
}

type Severity = Problem['severity'];
type Weigh = (condition: Condition, credential: WalletCredential) => Severity | undefined;

/** Reasons of SourceAccepted that somebody asked for, or that pass by themselves. */
const wanted = ['Pinned', 'Suspended', 'VerificationPending'];

/** How bad a condition is; undefined where it is none, or where another one says it better. */
const weights: Record<ConditionType, Weigh> = {
  Ready: (ready, credential) => {
    if (ready.status === 'True') return undefined;
    return ready.reason === 'NoLiveCredential' && sourceIsAtFault(credential) ? undefined : 'critical';
  },
  SourceAccepted: (accepted, { status }) => {
    if (accepted.status === 'True') return undefined;
    // The condition Ready says it with what to do.
    if (accepted.reason === 'LiveSecretConflict') return undefined;
    if (wanted.includes(accepted.reason)) return 'info';
    return status?.live ? 'warning' : 'critical';
  },
  ExpiringSoon: (expiring) => {
    // Expired is said by Ready.
    if (expiring.status !== 'True' || expiring.reason === 'Expired') return undefined;
    return expiring.reason === 'WithinCritical' ? 'critical' : 'warning';
  },
  RotationDue: (due) => (due.status === 'True' ? 'warning' : undefined),
  Verified: (verified) => {
    if (verified.status === 'False') return 'warning';
    return verified.reason === 'Unreachable' ? 'info' : undefined;
  },
};

/** The source has a problem of its own, of which it is only the effect that nothing is live. */
function sourceIsAtFault({ status }: WalletCredential): boolean {
  const accepted = status?.conditions?.find(({ type }) => type === 'SourceAccepted');
  return accepted?.status === 'False' && ![...wanted, 'LiveSecretConflict'].includes(accepted.reason);
}

/** The worst first. */
export function problemsOf(credential: WalletCredential, flags: string): Problem[] {
  const found = (credential.status?.conditions ?? []).flatMap((condition): Problem[] => {
    const { type, reason, message } = condition;
    const severity = weights[type]?.(condition, credential);
    return severity ? [{ severity, condition: type, reason, message, ...adviceOn(reason, credential, flags) }] : [];
  });
  const order: Severity[] = ['critical', 'warning', 'info'];
  const all = [...found, ...controllerProblems(credential, flags)];
  return all.toSorted((left, right) => order.indexOf(left.severity) - order.indexOf(right.severity));
}

/** What no condition can say: that nobody writes them. */
function controllerProblems(credential: WalletCredential, flags: string): Problem[] {
  const { status, metadata } = credential;
  const seen = status?.observedGeneration;
  if (seen !== undefined && seen >= metadata.generation) return [];
  const [reason, message] =
    seen === undefined
      ? ['NotLookedAt', 'The controller has not looked at it yet.']
      : [
          'NotActedOn',
          `The controller has not acted on the last change of the spec (generation ${metadata.generation}, it knows ${seen}).`,
        ];
  const severity = status?.live ? 'warning' : 'critical';
  return [{ severity, condition: null, reason, message, ...adviceOn(reason, credential, flags) }];
}
