import type { Redacted } from '../../redacted.ts';
import type { SourceReason } from '../reasons.ts';
import type { Credential, Verdict, Warning } from '../verdict.ts';
import type { WalletCredential } from '../wallet-credential.ts';

/** What is known of the source Secret and of the verdict on it. */
export type SourceView =
  | { state: 'absent'; message: string }
  /** It changed, or the spec did, since it was last checked. */
  | { state: 'unread'; resourceVersion: string }
  | { state: 'rejected'; resourceVersion: string; reason: SourceReason; message: string; retryAt?: string }
  /** `credential` is there only when the Secret was read in this reconcile: key material is not kept. */
  | { state: 'accepted'; resourceVersion: string; fingerprint: string; warnings: Warning[]; credential?: Credential };

/** metadata.json of the live Secret (a mounted Secret shows no annotations). */
export interface LiveMetadata {
  revision: number;
  fingerprint: string;
  keyFirstSeen: string;
  rotateBy?: string;
}

/** The metadata of the Secret that stands where the live Secret belongs. */
export interface LiveMeta {
  uid: string;
  resourceVersion: string;
  /** Whether its labels say that it is the live Secret of this WalletCredential. */
  ours: boolean;
  /** The uid of the WalletCredential that owns it, with `deletionPolicy: Delete`. */
  ownerUid?: string;
  revision?: number;
  fingerprint?: string;
  /** The highest revision number ever given, so that none is given twice after the newest was pruned. */
  highestRevision?: number;
}

/** What the live Secret holds, as read. `fingerprint` and `metadata` are undefined where a hand has spoilt them. */
export interface LiveContent {
  resourceVersion: string;
  fingerprint: string;
  metadata: LiveMetadata | undefined;
  files: Redacted<Readonly<Record<string, string>>>;
}

export interface RevisionMeta {
  revision: number;
  fingerprint: string;
  secretName: string;
  uid: string;
  resourceVersion: string;
  createdAt: string;
  keyId?: string;
  keyFirstSeen?: string;
}

/** What a revision Secret holds, as read, and the verdict of the checks on it. */
export interface RevisionContent {
  /** Computed from the data; another one than the Secret's annotation says that it is damaged. */
  fingerprint: string;
  /** Only when the Secret was read in this reconcile: key material is not kept. */
  files?: Redacted<Readonly<Record<string, string>>>;
  /** At the present instant, as for a new source. */
  verdict: Verdict;
  /** At the instant at which the revision was made: says what is in it even after it has expired. */
  verdictWhenMade: Verdict;
}

/** The last answer of the provider on the credential of this fingerprint. */
export interface Verification {
  fingerprint: string;
  checkedAt: string;
  outcome: 'verified' | 'refused' | 'unreachable';
  /** Verified, Unreachable or the OnlineReason. */
  reason: string;
  message: string;
  /** How often in a row the provider was not reached. */
  attempts: number;
  key?: { createdAt?: string; expiresAt?: string };
}

/** Everything that a decision rests on, gathered before it. */
export interface Observed {
  now: Date;
  resource: WalletCredential;
  source: SourceView;
  live: LiveMeta | undefined;
  /** Absent when it was not read: then its resourceVersion tells whether it is as the status says. */
  liveContent?: LiveContent | undefined;
  /** Ascending. */
  revisions: readonly RevisionMeta[];
  /** The highest number whose Secret stands, and belonged to a deleted WalletCredential of this name: it goes when the garbage collector comes. */
  takenRevision?: number;
  revisionContents: ReadonlyMap<number, RevisionContent>;
  /** By fingerprint. */
  verifications: ReadonlyMap<string, Verification>;
}
