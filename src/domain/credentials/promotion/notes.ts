import { onlineReasons, promotionReasons } from '../reasons.ts';
import type { Condition, ConditionType, WalletCredential, WalletCredentialStatus } from '../wallet-credential.ts';

/** Something worth telling: one Kubernetes Event, one log line, and where it is one, a count. */
export interface Note {
  kind:
    | 'promoted'
    | 'rolled_back'
    | 'restored'
    | 'rejected'
    | 'refused'
    | 'conflict'
    | 'expiring'
    | 'rotation_due'
    | 'unknown_root';
  type: 'Normal' | 'Warning';
  /** Reason of the Event. */
  reason: string;
  message: string;
}

interface NoteInput {
  before: WalletCredentialStatus | undefined;
  after: WalletCredentialStatus;
  resource: WalletCredential;
  wroteLive: boolean;
  /** Whether another hand had changed or deleted the live Secret. */
  tampered: boolean;
}

/**
 * Derived from the difference between the status before and after, so that a crash between the writes and the status loses no
 * note and repeats none. One source change makes at most one: what is wrong with a credential that becomes live stands in that.
 */
export function notesOf(input: NoteInput): Note[] {
  const aboutLive = liveNote(input);
  const becameLive = aboutLive?.kind === 'promoted' || aboutLive?.kind === 'rolled_back';
  const alone = becameLive ? [] : [expiryNote(input), rotationNote(input), verifiedNote(input)];
  const notes = [aboutLive ?? sourceNote(input), pinNote(input), conflictNote(input), ...alone];
  return notes.filter((note) => note !== undefined);
}

function conditionOf(status: WalletCredentialStatus | undefined, type: ConditionType): Condition | undefined {
  return status?.conditions?.find((condition) => condition.type === type);
}

/** Whether the condition now has a status and reason that it did not have before. */
function turned({ before, after }: NoteInput, type: ConditionType): Condition | undefined {
  const now = conditionOf(after, type);
  const then = conditionOf(before, type);
  return now && (now.status !== then?.status || now.reason !== then.reason) ? now : undefined;
}

function liveNote(input: NoteInput): Note | undefined {
  const { before, after, resource, wroteLive, tampered } = input;
  if (!after.live) return undefined;
  const { revision, secretName } = after.live;
  const previous = before?.live;
  if (previous?.revision === revision && previous.fingerprint === after.live.fingerprint) {
    if (!wroteLive || !tampered) return undefined;
    const message = `Secret ${secretName} was changed or deleted by another hand: revision ${revision} was put back.`;
    return { kind: 'restored', type: 'Warning', reason: 'LiveSecretRestored', message };
  }
  const back = (previous !== undefined && revision < previous.revision) || resource.spec.rollbackTo === revision;
  const said = `Revision ${revision} is live in Secret ${secretName}${previous ? `; before it was revision ${previous.revision}` : ''}.`;
  const warnings = warningsOf(input);
  const type = warnings.length > 0 ? 'Warning' : 'Normal';
  const message = [said, ...warnings.map((warning) => warning.message)].join(' ');
  if (back) return { kind: 'rolled_back', type, reason: 'RolledBack', message };
  return { kind: 'promoted', type, reason: warnings[0]?.reason ?? 'Promoted', message };
}

/** What is wrong with a credential that has just become live. */
function warningsOf(input: NoteInput): Note[] {
  const fresh = { ...input, before: undefined };
  return [verifiedNote(fresh), expiryNote(fresh), rotationNote(fresh)].filter((note) => note !== undefined);
}

function sourceNote({ before, after }: NoteInput): Note | undefined {
  const { source } = after;
  if (!source || source.accepted || source.reason in promotionReasons) return undefined;
  const same =
    before?.source?.reason === source.reason &&
    before.source.message === source.message &&
    before.source.resourceVersion === source.resourceVersion;
  if (same) return undefined;
  const live = after.live ? ` Revision ${after.live.revision} stays live.` : '';
  const kind = source.reason in onlineReasons ? 'refused' : 'rejected';
  return { kind, type: 'Warning', reason: source.reason, message: `The source is rejected: ${source.message}${live}` };
}

function pinNote({ before, after }: NoteInput): Note | undefined {
  const now = conditionOf(after, 'SourceAccepted');
  const then = conditionOf(before, 'SourceAccepted');
  const refused = now?.reason === 'RevisionNotFound' || now?.reason === 'RevisionInvalid';
  if (!refused || now.message === then?.message) return undefined;
  return { kind: 'rejected', type: 'Warning', reason: now.reason, message: now.message };
}

function conflictNote(input: NoteInput): Note | undefined {
  const ready = turned(input, 'Ready');
  if (ready?.reason !== 'LiveSecretConflict') return undefined;
  return { kind: 'conflict', type: 'Warning', reason: ready.reason, message: ready.message };
}

function expiryNote(input: NoteInput): Note | undefined {
  const expiring = turned(input, 'ExpiringSoon');
  if (expiring?.status !== 'True') return undefined;
  return { kind: 'expiring', type: 'Warning', reason: expiring.reason, message: expiring.message };
}

function rotationNote(input: NoteInput): Note | undefined {
  const due = turned(input, 'RotationDue');
  if (due?.status !== 'True') return undefined;
  return { kind: 'rotation_due', type: 'Warning', reason: 'RotationDue', message: due.message };
}

/** Of what is live: while nothing is, Verified is about the source, and the note about that says it. */
function verifiedNote(input: NoteInput): Note | undefined {
  const verified = input.after.live && turned(input, 'Verified');
  if (verified?.status !== 'False') return undefined;
  const kind = verified.reason === 'UnknownRoot' ? 'unknown_root' : 'refused';
  return { kind, type: 'Warning', reason: verified.reason, message: verified.message };
}
