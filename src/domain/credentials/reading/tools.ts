/** What the domain gets from outside: opening files that are encrypted with a passphrase. */

/** Work that was refused before it was done. */
export interface TooExpensive {
  outcome: 'too expensive';
  /** As in "10,000,000 iterations of key derivation; at most 600,000 are done". Numbers and fixed words only. */
  excess: string;
}

export type Pkcs12Reading =
  | {
      outcome: 'opened';
      /** DER, in the order of the file. */
      certificates: Uint8Array[];
      /** PKCS#8 in DER. Key material. */
      privateKey: Uint8Array;
    }
  | { outcome: 'malformed' | 'unsupported encryption' | 'wrong passphrase' | 'no key' | 'several keys' }
  | TooExpensive;

export type DecryptedKey =
  /** Unencrypted DER. Key material. */
  | { outcome: 'opened'; form: 'PKCS#8' | 'PKCS#1' | 'SEC1' | 'DSA'; der: Uint8Array }
  | { outcome: 'malformed' | 'unsupported encryption' | 'wrong passphrase' }
  | TooExpensive;

export type EncryptedKey =
  /** EncryptedPrivateKeyInfo of RFC 5958. */
  | { form: 'encrypted PKCS#8'; der: Uint8Array }
  /** PEM of RFC 1421 with the value of its `DEK-Info` header. */
  | { form: 'encrypted PKCS#1'; der: Uint8Array; encryptionHeader: string };

/**
 * Neither function throws, and both look at every cost that the file claims before they work.
 * The passphrases are tried in turn; none at all means the empty passphrase for PKCS#12, and that a key stays closed.
 */
export interface CredentialTools {
  readPkcs12: (file: Uint8Array, passphrases: readonly Uint8Array[]) => Pkcs12Reading;
  decryptPrivateKey: (key: EncryptedKey, passphrases: readonly Uint8Array[]) => DecryptedKey;
}
