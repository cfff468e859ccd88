import { liveSecretName } from '../promotion/decide.ts';
import { onlineReasons } from '../reasons.ts';
import { providerOf, type WalletCredential } from '../wallet-credential.ts';

/** What to do about a problem. */
export interface Advice {
  advice: string;
  /** A command line to copy; null where none is the right one. */
  command: string | null;
}

/** What a problem is about, and the flags that reach its namespace. */
type Advise = (credential: WalletCredential, flags: string) => Advice;

function keptLive({ status }: WalletCredential): string {
  return status?.live
    ? `Revision ${status.live.revision} stays live meanwhile.`
    : 'Nothing is live: pods have no credential until one passes.';
}

const replaceSource: Advise = (credential) => ({
  advice: `${keptLive(credential)} Put a good credential into Secret ${credential.spec.secretRef.name}; try it before you apply it:`,
  command: 'kubectl loyalty check -f FILE',
});

const askTheProvider: Advise = (credential) => {
  const where =
    providerOf(credential.spec) === 'google'
      ? 'Google (IAM, and Users in the Google Pay and Wallet console)'
      : 'Apple (developer.apple.com, Certificates)';
  const { name } = credential.spec.secretRef;
  return {
    advice: `${keptLive(credential)} Set it right at ${where}, or put another credential into Secret ${name}.`,
    command: null,
  };
};

const renew: Advise = ({ spec }) => ({
  advice: `Put a new credential into Secret ${spec.secretRef.name}: it is checked, and pods take it up without a restart.`,
  command: null,
});

const unpin: Advise = ({ metadata }, flags) => ({
  advice: 'To follow the source again:',
  command: `kubectl loyalty rollback ${metadata.name} --undo ${flags}`,
});

const otherRevision: Advise = ({ metadata, status }, flags) => {
  const kept = (status?.revisions ?? []).map(({ revision }) => revision).join(', ') || 'none';
  return {
    advice: `Kept revisions: ${kept}. Name one of them, or follow the source again with --undo in place of --to N:`,
    command: `kubectl loyalty rollback ${metadata.name} --to N ${flags}`,
  };
};

const lookAtController: Advise = ({ metadata }) => ({
  advice: `Is the controller running, and does it watch namespace ${metadata.namespace}?`,
  command: 'kubectl get deployments -A -l app.kubernetes.io/component=controller',
});

const resume: Advise = ({ metadata }, flags) => ({
  advice: 'To go on:',
  command: `kubectl patch wcred ${metadata.name} ${flags} --type=merge -p '{"spec":{"suspend":null}}'`,
});

const nothing =
  (advice: string): Advise =>
  () => ({ advice, command: null });

/** By reason; what is not here is a source that fails a check. */
const special: Readonly<Record<string, Advise>> = {
  Pinned: unpin,
  RevisionNotFound: otherRevision,
  RevisionInvalid: otherRevision,
  Suspended: resume,
  LiveSecretChanged: resume,
  VerificationPending: nothing('Wait: it is promoted when the provider takes it, or cannot be reached.'),
  LiveSecretConflict: (credential, flags) => ({
    advice: 'See whose it is:',
    command: `kubectl get secret ${liveSecretName(credential)} --show-labels ${flags}`,
  }),
  NoLiveCredential: (credential, flags) =>
    credential.spec.suspend ? resume(credential, flags) : nothing('See what is said of the source.')(credential, flags),
  NotLookedAt: lookAtController,
  NotActedOn: lookAtController,
  Expired: renew,
  WithinWarning: renew,
  WithinCritical: renew,
  IntervalExceeded: ({ spec }) => ({
    advice: `Make a new key, put it into Secret ${spec.secretRef.name}, and delete the old one at the provider when the new one is live.`,
    command: null,
  }),
  UnknownRoot: ({ spec }) => ({
    advice: `Put the WWDR certificate that Apple publishes (apple.com/certificateauthority) into Secret ${spec.secretRef.name}.`,
    command: null,
  }),
  Unreachable: nothing('Nothing to do: what is live stays, and the provider is asked again.'),
};

/** What to do about a reason of a condition. */
export function adviceOn(reason: string, credential: WalletCredential, flags: string): Advice {
  const fallback = Object.hasOwn(onlineReasons, reason) ? askTheProvider : replaceSource;
  const advise = Object.hasOwn(special, reason) ? special[reason] : fallback;
  return (advise ?? fallback)(credential, flags);
}
