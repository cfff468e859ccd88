import { decodeWalletCredential } from '../../../../src/adapters/kubernetes/wallet-credentials.ts';
import type {
  Observed,
  RevisionContent,
  RevisionMeta,
  Verification,
} from '../../../../src/domain/credentials/promotion/observed.ts';
import type { Verdict } from '../../../../src/domain/credentials/verdict.ts';
import type { WalletCredentialStatus } from '../../../../src/domain/credentials/wallet-credential.ts';
import { Redacted } from '../../../../src/domain/redacted.ts';

/** Observations made of a few words: fingerprints are letters, `a` is what revision 1 holds, `b` revision 2, and so on. */

export const now = new Date('2026-06-01T00:00:00Z');

function numberOf(fingerprint: string): number {
  return fingerprint.charCodeAt(0) - 96;
}

export function revision(fingerprint: string, number = numberOf(fingerprint)): RevisionMeta {
  return {
    revision: number,
    fingerprint,
    secretName: `apple-rev-${number}`,
    uid: `u${number}`,
    resourceVersion: `${number}00`,
    createdAt: '2026-01-01T00:00:00Z',
    keyFirstSeen: '2026-05-01T00:00:00Z',
  };
}

export function verdict(fingerprint: string): Verdict {
  const credential = {
    provider: 'google' as const,
    files: new Redacted({ it: fingerprint }),
    fingerprint,
    certificates: [],
  };
  return { accepted: true, credential, warnings: [] };
}

/** What a revision Secret holds, read just now; another fingerprint says that it is damaged. */
export function content(fingerprint: string, judged: Verdict = verdict(fingerprint)): RevisionContent {
  return {
    fingerprint,
    files: new Redacted({ it: fingerprint }),
    verdict: judged,
    verdictWhenMade: verdict(fingerprint),
  };
}

export function source(fingerprint: string): Observed['source'] {
  const judged = verdict(fingerprint);
  if (!judged.accepted) throw new Error('unreachable');
  return { state: 'accepted', resourceVersion: '500', fingerprint, warnings: [], credential: judged.credential };
}

export const rejected: Observed['source'] = {
  state: 'rejected',
  resourceVersion: '500',
  reason: 'KeyMismatch',
  message: 'They do not fit.',
};
export const absent: Observed['source'] = { state: 'absent', message: 'It does not exist.' };
export const unread: Observed['source'] = { state: 'unread', resourceVersion: '500' };

export function answer(fingerprint: string, outcome: Verification['outcome'], reason: string): Verification {
  return { fingerprint, checkedAt: '2026-06-01T00:00:00Z', outcome, reason, message: 'Said.', attempts: 1 };
}

/** The status of a WalletCredential with this revision live, as it was written. */
export function statusOf(fingerprint: string): WalletCredentialStatus {
  return {
    observedGeneration: 1,
    live: {
      revision: numberOf(fingerprint),
      fingerprint,
      since: '2026-05-01T00:00:00Z',
      secretName: 'apple-live',
      resourceVersion: '400',
    },
    certificates: [],
    key: { firstSeen: '2026-05-01T00:00:00Z' },
    rotateBy: '2026-07-30T00:00:00Z',
  };
}

export interface Given {
  spec?: object;
  source: Observed['source'];
  /** Live as the status says; absent: nothing is. */
  live?: string;
  /** What else stands where the live Secret belongs. */
  liveMeta?: Observed['live'];
  liveContent?: Observed['liveContent'];
  /** Fingerprints of the kept revisions. */
  kept?: string;
  takenRevision?: number;
  contents?: Record<number, RevisionContent>;
  verifications?: Verification[];
  status?: WalletCredentialStatus;
}

export function observe(given: Given): Observed {
  const { live, kept = '', contents = {}, verifications = [] } = given;
  const metadata = {
    namespace: 'n',
    name: 'apple',
    uid: 'u',
    resourceVersion: '1',
    generation: 1,
    creationTimestamp: '',
  };
  const status = given.status ?? (live === undefined ? undefined : statusOf(live));
  const spec = { secretRef: { name: 's' }, google: { issuerId: '1' }, ...given.spec };
  const meta = live === undefined ? undefined : marks(live);
  return {
    now,
    resource: decodeWalletCredential({ metadata, spec, status }),
    source: given.source,
    live: 'liveMeta' in given ? given.liveMeta : meta,
    liveContent: given.liveContent,
    revisions: kept.split('').map((fingerprint) => revision(fingerprint)),
    ...(given.takenRevision !== undefined && { takenRevision: given.takenRevision }),
    revisionContents: new Map(Object.entries(contents).map(([number, found]) => [Number(number), found])),
    verifications: new Map(verifications.map((verification) => [verification.fingerprint, verification])),
  };
}

export function marks(fingerprint: string, resourceVersion = '400'): NonNullable<Observed['live']> {
  const number = numberOf(fingerprint);
  return { uid: 'l', resourceVersion, ours: true, revision: number, fingerprint, highestRevision: number };
}
