/**
 * The WalletCredential resource, `loyalty.orion.dev/v1alpha1`, as the API server hands it out: the CRD in
 * `deploy/crds` has filled in the defaults. Instants are RFC 3339 UTC with whole seconds, as everywhere in Kubernetes.
 */

export const group = 'loyalty.orion.dev';
export const version = 'v1alpha1';
export const kind = 'WalletCredential';
export const plural = 'walletcredentials';

/** Labels and annotations on the live Secret and on revision Secrets. */
export const credentialLabel = 'loyalty.orion.dev/credential';
export const roleLabel = 'loyalty.orion.dev/role';
export const revisionAnnotation = 'loyalty.orion.dev/revision';
export const fingerprintAnnotation = 'loyalty.orion.dev/fingerprint';
/** On revision Secrets: when this Google key was first seen by the controller, so that losing the status loses nothing. */
export const keyFirstSeenAnnotation = 'loyalty.orion.dev/key-first-seen';
/** On revision Secrets: `private_key_id` of the service account, so that the same key in another revision is not taken for a new one. */
export const keyIdAnnotation = 'loyalty.orion.dev/key-id';
/** On the live Secret: the highest revision number ever given, so that none is given twice after the newest was pruned. */
export const highestRevisionAnnotation = 'loyalty.orion.dev/highest-revision';

export type Provider = 'google' | 'apple';

export interface AppleSpec {
  passTypeIdentifier: string;
  teamIdentifier: string;
  /** Data keys of the source Secret. */
  keys: { wwdr: string; signerCertificate: string; signerKey: string; passphrase: string; pkcs12: string };
}

export interface GoogleSpec {
  /** Decimal digits; a string because it does not fit a JSON number. */
  issuerId: string;
  /** Data key of the source Secret that holds the service-account JSON. */
  key: string;
}

export interface WalletCredentialSpec {
  secretRef: { name: string };
  apple?: AppleSpec;
  google?: GoogleSpec;
  expiry: { warningDays: number; criticalDays: number };
  /** Absent: 90 days for google, no interval for apple. */
  rotation?: { intervalDays?: number };
  verification: { online: boolean; intervalMinutes: number };
  /** secretName absent: `<metadata.name>-live`. */
  live?: { secretName?: string; deletionPolicy?: 'Retain' | 'Delete' };
  revisionHistoryLimit: number;
  rollbackTo?: number;
  suspend?: boolean;
}

export type ConditionStatus = 'True' | 'False' | 'Unknown';
export const conditionTypes = ['Ready', 'SourceAccepted', 'ExpiringSoon', 'RotationDue', 'Verified'] as const;
export type ConditionType = (typeof conditionTypes)[number];

/** metav1.Condition. */
export interface Condition {
  type: ConditionType;
  status: ConditionStatus;
  reason: string;
  message: string;
  lastTransitionTime: string;
  observedGeneration?: number;
}

export type CertificateRole = 'signer' | 'wwdr';

export interface CertificateSummary {
  role: CertificateRole;
  /** RFC 4514-like, as in `CN=Pass Type ID: pass.com.example, OU=ABCDE12345`. */
  subject: string;
  issuer: string;
  /** Upper-case hexadecimal. */
  serialNumber: string;
  notBefore: string;
  notAfter: string;
  /** SHA-256 of the DER, lower-case hexadecimal. */
  fingerprint: string;
}

export interface KeySummary {
  /** `private_key_id` of a Google service account. */
  id?: string;
  clientEmail?: string;
  /** When the controller first saw this key. */
  firstSeen?: string;
  /** notBefore of the key's public certificate at Google, known when verification is online. */
  createdAt?: string;
}

export interface RevisionSummary {
  revision: number;
  fingerprint: string;
  secretName: string;
  createdAt: string;
}

export interface WalletCredentialStatus {
  observedGeneration?: number;
  provider?: Provider;
  live?: {
    revision: number;
    fingerprint: string;
    since: string;
    secretName: string;
    /** Of the live Secret as the controller wrote it: another one means that somebody else touched it. */
    resourceVersion: string;
  };
  source?: { resourceVersion?: string; fingerprint?: string; accepted: boolean; reason: string; message: string };
  /** Of the live credential. */
  certificates?: CertificateSummary[];
  key?: KeySummary;
  /** The earliest end of validity that matters; absent when nothing expires. */
  expiresAt?: string;
  rotateBy?: string;
  /** Of the last answer of the provider; absent when verification is off. */
  verification?: { fingerprint: string; checkedAt: string; reason: string; message: string };
  revisions?: RevisionSummary[];
  /** What `kubectl get` prints: the day of expiresAt and rotateBy (UTC), and the first 12 digits of the live fingerprint. */
  summary?: { expires?: string; rotateBy?: string; fingerprint?: string };
  conditions?: Condition[];
}

export interface ObjectMeta {
  namespace: string;
  name: string;
  uid: string;
  resourceVersion: string;
  generation: number;
  creationTimestamp: string;
  deletionTimestamp?: string;
}

export interface WalletCredential {
  apiVersion: string;
  kind: string;
  metadata: ObjectMeta;
  spec: WalletCredentialSpec;
  status?: WalletCredentialStatus;
}

export function providerOf(spec: WalletCredentialSpec): Provider {
  return spec.google ? 'google' : 'apple';
}
