import type { Redacted } from '../redacted.ts';
import type { CertificateSummary, KeySummary, Provider } from './wallet-credential.ts';
import type { OnlineReason, SourceReason } from './reasons.ts';

/** A credential that passed every offline check, in the one form that the live Secret has, whatever form the source had. */
export interface Credential {
  provider: Provider;
  /**
   * The data of the live Secret without `metadata.json`: data key to content.
   * Google: `google-wallet-sa.json`, `issuer-id`. Apple: `signer.pem`, `signer.key` (PKCS#8 PEM, no passphrase), `wwdr.pem`,
   * `pass-type-identifier`, `team-identifier`. PEM is normalized: one block, LF, nothing around it.
   */
  files: Redacted<Readonly<Record<string, string>>>;
  /** SHA-256 over `files`, lower-case hexadecimal. */
  fingerprint: string;
  certificates: CertificateSummary[];
  key?: Pick<KeySummary, 'id' | 'clientEmail'>;
  /** The earliest notAfter that matters; absent for Google, whose keys carry no date. */
  expiresAt?: string;
}

/** A remark on an accepted credential. */
export interface Warning {
  reason: 'UnknownRoot';
  message: string;
}

export type Verdict =
  | { accepted: true; credential: Credential; warnings: Warning[] }
  | {
      accepted: false;
      reason: SourceReason;
      /** What was found, what was expected, what to do; quotes only certificate names and dates, data-key names, sizes, positions and JSON fields of a fixed list. */
      message: string;
      /** RFC 3339: when the same source may pass (NotYetValid at its notBefore). */
      retryAt?: string;
    };

/** What a provider says of a credential. */
export type OnlineVerdict =
  | { outcome: 'verified'; message: string; key?: { createdAt?: string; expiresAt?: string } }
  | { outcome: 'refused'; reason: OnlineReason; message: string }
  | { outcome: 'unreachable'; message: string };
