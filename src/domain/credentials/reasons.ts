/**
 * Why a source is not accepted, in the order of the checks: the first that fails is the reason.
 * Each is a condition reason (CamelCase, stable) of `SourceAccepted`; the text is its documentation.
 */
export const sourceReasons = {
  // The Secret.
  SecretNotFound: 'The source Secret does not exist.',
  DataKeyMissing: 'The source Secret lacks a data key that the WalletCredential names, or the key is empty.',
  TooLarge: 'A value is larger than any credential of its kind.',
  AmbiguousSource: 'The source Secret holds a PKCS#12 file and PEM files, and they cannot both be meant.',
  TooExpensive: 'Reading the source would take more work than any honest credential needs.',
  // Google: a service-account JSON.
  MalformedJson: 'The service-account file is not JSON.',
  NotServiceAccount: 'The JSON is a credential of another kind, such as an OAuth client.',
  FieldMissing: 'The service-account JSON lacks a field.',
  // Apple: certificates and key.
  MalformedCertificate: 'A certificate cannot be read.',
  MalformedPkcs12: 'The PKCS#12 file cannot be read.',
  // Both.
  MalformedPrivateKey: 'The private key cannot be read.',
  WrongPassphrase: 'The passphrase is missing or does not open the private key or the PKCS#12 file.',
  UnsupportedKeyType: 'The key is of a kind that the provider does not take: RSA is wanted.',
  WeakKey: 'The RSA key is shorter than 2048 bits.',
  // Apple: does it fit together, and is it the right one.
  KeyMismatch: 'The private key does not belong to the signer certificate.',
  NotAPassCertificate: 'The certificate is not a Pass Type ID certificate.',
  PassTypeMismatch: 'The certificate is for another pass type identifier.',
  TeamMismatch: 'The certificate is of another team.',
  WwdrMismatch: 'The WWDR certificate did not issue the signer certificate.',
  WwdrNotCa: 'The WWDR certificate may not issue certificates.',
  NotYetValid: 'A certificate is not valid yet; it is tried again at that instant.',
  Expired: 'A certificate has expired.',
  // Google: where the key would be sent.
  UnknownUniverse: 'The service account is of another universe than googleapis.com.',
  UnknownTokenUri: 'The token URI is not one of Google; it is never called.',
} as const;
export type SourceReason = keyof typeof sourceReasons;

/** Why a provider refused a credential that passed every offline check. */
export const onlineReasons = {
  InvalidGrant: 'Google refuses the service-account key: it was deleted or disabled.',
  PermissionDenied: 'The service account may not read the issuer.',
  IssuerNotFound: 'Google knows no issuer of this id.',
  CertificateRevoked: 'Apple has revoked the certificate.',
  CertificateRefused: 'APNs does not take the certificate.',
} as const;
export type OnlineReason = keyof typeof onlineReasons;

/** Why an accepted source is nevertheless not live, or nothing can be. */
export const promotionReasons = {
  Promoted: 'The source is what is live.',
  Pinned: 'spec.rollbackTo pins a revision; the source is evaluated, not promoted.',
  RevisionNotFound: 'spec.rollbackTo names a revision that is not kept.',
  RevisionInvalid: 'The revision that spec.rollbackTo names does not pass the checks.',
  Suspended: 'spec.suspend is true; the source is not looked at.',
  VerificationPending: 'The provider is being asked before the credential is promoted.',
  LiveSecretConflict: 'The live Secret exists and is not ours; it is not touched.',
} as const;
export type PromotionReason = keyof typeof promotionReasons;

export type SourceAcceptedReason = SourceReason | OnlineReason | PromotionReason;
