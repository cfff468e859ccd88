/**
 * What reading a credential may cost. Whoever writes the Secret chooses the work, so each bound is looked at before the
 * work, and each leaves honest credentials a wide margin (what is usual stands beside it).
 */
export const limits = {
  /** Bytes of one value. A service-account JSON has 2,400, a PKCS#12 with its chain 5,000. */
  valueBytes: 65_536,
  /** Bytes of a passphrase. */
  passphraseBytes: 1_024,
  /** Certificates in one file. A chain has 3, all WWDR generations are 8. */
  certificates: 10,
  /** PEM blocks of any kind in one file. */
  pemBlocks: 40,
  /** Rounds of one key derivation. OpenSSL writes 2,048, OWASP advises 600,000. */
  iterations: 600_000,
  /** Rounds of all key derivations of one file together: a MAC, the certificates and the key at the limit above. */
  totalIterations: 1_800_000,
  /** Bytes of memory of scrypt (128·N·r). OpenSSL's default takes 16 MiB. */
  scryptBytes: 64 * 1024 * 1024,
  /** N·r·p of scrypt. OpenSSL's default is 131,072. */
  scryptWork: 2_097_152,
  /** Bits of an RSA modulus. Apple issues 2048. */
  rsaModulusBits: 8_192,
  /** Bits of an RSA public exponent, as OpenSSL bounds it for large moduli. Everybody's has 17. */
  rsaExponentBits: 64,
  /** Levels of arrays and objects in a JSON. A service account has 1. */
  jsonDepth: 32,
} as const;

/** The shortest RSA key that is taken, in bits. */
export const leastRsaBits = 2_048;

/** 600,000 with its comma; `toLocaleString` loads tables of all languages first, which takes 30 ms. */
export function grouped(count: number): string {
  return String(count).replaceAll(/\B(?=(\d{3})+$)/g, ',');
}
