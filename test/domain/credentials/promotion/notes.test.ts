import assert from 'node:assert/strict';
import { type Note, notesOf } from '../../../../src/domain/credentials/promotion/notes.ts';
import type { Condition, WalletCredentialStatus } from '../../../../src/domain/credentials/wallet-credential.ts';
import { decodeWalletCredential } from '../../../../src/adapters/kubernetes/wallet-credentials.ts';

type Status = WalletCredentialStatus;

/** `Ready=True/Live` → a condition; its message is the reason with a full stop. */
function conditions(...texts: string[]): { conditions: Condition[] } {
  return {
    conditions: texts.map((text) => {
      const [type, status, reason = ''] = text.split(/[=/]/);
      const lastTransitionTime = '2026-01-01T00:00:00Z';
      return { type: type as 'Ready', status: status as 'True', reason, message: `${reason}.`, lastTransitionTime };
    }),
  };
}

function live(revision: number, fingerprint = `f${revision}`): Pick<Status, 'live'> {
  return { live: { revision, fingerprint, since: '', secretName: 'apple-live', resourceVersion: '1' } };
}

function source(reason: string, message = `${reason}.`, resourceVersion = '5'): Pick<Status, 'source'> {
  return { source: { accepted: reason === 'Promoted', reason, message, resourceVersion } };
}

interface Given {
  before?: Status;
  after: Status;
  rollbackTo?: number;
  wroteLive?: boolean;
  tampered?: boolean;
}

function told({ before, after, rollbackTo, wroteLive = false, tampered = false }: Given): string[] {
  const spec = { secretRef: { name: 's' }, google: { issuerId: '1' }, ...(rollbackTo !== undefined && { rollbackTo }) };
  const metadata = { namespace: 'n', name: 'apple', uid: 'u', resourceVersion: '1', creationTimestamp: '' };
  const resource = decodeWalletCredential({ metadata, spec });
  return notesOf({ before, after, resource, wroteLive, tampered }).map(
    ({ kind, type, reason }: Note) => `${kind} ${type} ${reason}`,
  );
}

const calm = conditions(
  'Ready=True/Live',
  'ExpiringSoon=False/NotExpiring',
  'RotationDue=False/Fresh',
  'Verified=True/Verified',
);

const rows: Record<string, [given: Given, notes: string[]]> = {
  'nothing changed': [{ before: { ...live(1), ...calm }, after: { ...live(1), ...calm } }, []],
  'the first promotion': [{ after: live(1), wroteLive: true }, ['promoted Normal Promoted']],
  'the first promotion, whose status was not written': [{ after: live(1) }, ['promoted Normal Promoted']],
  'a rotation': [{ before: live(1), after: live(2), wroteLive: true }, ['promoted Normal Promoted']],
  'a git revert': [{ before: live(2), after: live(1), wroteLive: true }, ['rolled_back Normal RolledBack']],
  'a pin to an earlier revision': [
    { before: live(2), after: live(1), rollbackTo: 1 },
    ['rolled_back Normal RolledBack'],
  ],
  'a pin to a later revision': [{ before: live(1), after: live(2), rollbackTo: 2 }, ['rolled_back Normal RolledBack']],
  'a live Secret put back': [
    { before: live(1), after: live(1), wroteLive: true, tampered: true },
    ['restored Warning LiveSecretRestored'],
  ],
  'metadata.json brought up to date': [{ before: live(1), after: live(1), wroteLive: true }, []],
  'a hand that was seen while nothing may be written': [{ before: live(1), after: live(1), tampered: true }, []],
  'a promotion under an unknown root': [
    { after: { ...live(1), ...conditions('Verified=False/UnknownRoot') } },
    ['promoted Warning UnknownRoot'],
  ],
  'a promotion of what ends soon': [
    { after: { ...live(1), ...conditions('ExpiringSoon=True/WithinCritical') } },
    ['promoted Warning WithinCritical'],
  ],
  'a rejected source': [{ before: live(1), after: { ...live(1), ...source('Expired') } }, ['rejected Warning Expired']],
  'a rejected first source': [{ after: source('Expired') }, ['rejected Warning Expired']],
  'the same rejected source': [{ before: source('Expired'), after: source('Expired') }, []],
  'the same rejected source after its status said that the provider is asked': [
    { before: source('VerificationPending'), after: source('InvalidGrant') },
    ['refused Warning InvalidGrant'],
  ],
  'a rejected source, written again': [
    { before: source('Expired'), after: source('Expired', 'Expired.', '6') },
    ['rejected Warning Expired'],
  ],
  'a source rejected for something else': [
    { before: source('Expired'), after: source('KeyMismatch') },
    ['rejected Warning KeyMismatch'],
  ],
  'a rejected source with another flaw of the same kind': [
    { before: source('FieldMissing', 'no token_uri'), after: source('FieldMissing', 'no project_id') },
    ['rejected Warning FieldMissing'],
  ],
  'a deleted source': [
    { before: source('Promoted'), after: { source: { accepted: false, reason: 'SecretNotFound', message: 'm' } } },
    ['rejected Warning SecretNotFound'],
  ],
  'a source that waits: pinned': [{ before: live(1), after: { ...live(1), ...source('Pinned') } }, []],
  'a source that waits: suspended': [{ before: live(1), after: { ...live(1), ...source('Suspended') } }, []],
  'a source that waits: verification': [{ after: source('VerificationPending') }, []],
  'a pin that is not found': [
    {
      before: live(1),
      after: { ...live(1), ...source('RevisionNotFound'), ...conditions('SourceAccepted=False/RevisionNotFound') },
    },
    ['rejected Warning RevisionNotFound'],
  ],
  'the same pin that is not found, with another source': [
    {
      before: { ...live(1), ...source('RevisionNotFound'), ...conditions('SourceAccepted=False/RevisionNotFound') },
      after: {
        ...live(1),
        ...source('RevisionNotFound', '', '6'),
        ...conditions('SourceAccepted=False/RevisionNotFound'),
      },
    },
    [],
  ],
  'a conflict': [{ after: conditions('Ready=False/LiveSecretConflict') }, ['conflict Warning LiveSecretConflict']],
  'the same conflict': [
    { before: conditions('Ready=False/LiveSecretConflict'), after: conditions('Ready=False/LiveSecretConflict') },
    [],
  ],
  'a conflict beside a rejected source': [
    { after: { ...source('Expired'), ...conditions('Ready=False/LiveSecretConflict') } },
    ['rejected Warning Expired', 'conflict Warning LiveSecretConflict'],
  ],
  'the warning days': [
    { before: { ...live(1), ...calm }, after: { ...live(1), ...conditions('ExpiringSoon=True/WithinWarning') } },
    ['expiring Warning WithinWarning'],
  ],
  'the critical days after the warning days': [
    {
      before: { ...live(1), ...conditions('ExpiringSoon=True/WithinWarning') },
      after: { ...live(1), ...conditions('ExpiringSoon=True/WithinCritical') },
    },
    ['expiring Warning WithinCritical'],
  ],
  'the end of the warning days by longer validity': [
    {
      before: { ...live(1), ...conditions('ExpiringSoon=True/WithinWarning') },
      after: { ...live(1), ...conditions('ExpiringSoon=False/NotExpiring') },
    },
    [],
  ],
  'a key past its interval': [
    { before: { ...live(1), ...calm }, after: { ...live(1), ...conditions('RotationDue=True/IntervalExceeded') } },
    ['rotation_due Warning RotationDue'],
  ],
  'a live credential that the provider comes to refuse': [
    { before: { ...live(1), ...calm }, after: { ...live(1), ...conditions('Verified=False/CertificateRevoked') } },
    ['refused Warning CertificateRevoked'],
  ],
  'a provider that cannot be reached': [
    { before: { ...live(1), ...calm }, after: { ...live(1), ...conditions('Verified=Unknown/Unreachable') } },
    [],
  ],
  'a refused source and a refused first credential are one': [
    { after: { ...source('InvalidGrant'), ...conditions('Verified=False/InvalidGrant') } },
    ['refused Warning InvalidGrant'],
  ],
};

describe('notes', () => {
  for (const [what, [given, notes]] of Object.entries(rows)) {
    it(`${what}: ${notes.length === 0 ? 'none' : notes.join(', ')}`, () => assert.deepEqual(told(given), notes));
  }
});
