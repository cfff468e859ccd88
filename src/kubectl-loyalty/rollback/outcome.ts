import type { Condition, ConditionType, WalletCredential } from '../../domain/credentials/wallet-credential.ts';

/** How far the controller is with a change of spec.rollbackTo. */
export type Outcome =
  | { state: 'done' }
  /** It will not happen before somebody does something. */
  | { state: 'refused'; reason: string; message: string }
  /** In words that complete "after 30 s". */
  | { state: 'waiting'; message: string };

function conditionOf({ status }: WalletCredential, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** The status speaks of the spec as it is now. */
function isCurrent({ status, metadata }: WalletCredential): boolean {
  return (status?.observedGeneration ?? 0) >= metadata.generation;
}

const notActedOn: Outcome = {
  state: 'waiting',
  message:
    'the controller has not acted on it. Is it running? kubectl get deployments -A -l app.kubernetes.io/component=controller',
};

/** Whether a revision that spec.rollbackTo names is live. */
export function outcomeOfRollback(credential: WalletCredential, target: number): Outcome {
  if (!isCurrent(credential)) return notActedOn;
  const refusal = refusalOf(credential);
  if (refusal) return refusal;
  if (credential.status?.live?.revision === target) return { state: 'done' };
  const accepted = conditionOf(credential, 'SourceAccepted');
  return {
    state: 'waiting',
    message: `SourceAccepted is ${accepted?.status ?? 'not there'}: ${accepted?.message ?? ''}`,
  };
}

/** Whether the source is live again; a rejected source is done, too: what was live stays live. */
export function outcomeOfUndo(credential: WalletCredential): Outcome {
  if (!isCurrent(credential)) return notActedOn;
  const refusal = refusalOf(credential);
  if (refusal) return refusal;
  const accepted = conditionOf(credential, 'SourceAccepted');
  if (accepted?.status === 'True') return { state: 'done' };
  if (accepted?.status === 'False') return { state: 'refused', reason: accepted.reason, message: accepted.message };
  return { state: 'waiting', message: `the source is not promoted: ${accepted?.message ?? 'it was not looked at'}` };
}

function refusalOf(credential: WalletCredential): Outcome | undefined {
  const stops: [ConditionType, string[]][] = [
    ['Ready', ['LiveSecretConflict']],
    ['SourceAccepted', ['RevisionNotFound', 'RevisionInvalid', 'Suspended']],
  ];
  for (const [type, reasons] of stops) {
    const condition = conditionOf(credential, type);
    if (condition && reasons.includes(condition.reason))
      return { state: 'refused', reason: condition.reason, message: condition.message };
  }
  return undefined;
}
