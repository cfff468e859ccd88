import { createCipheriv, pbkdf2Sync, randomBytes } from 'node:crypto';
import forge from 'node-forge';
import { integer, nullValue, octetString, oid, sequence, type Der } from './der.ts';

/**
 * How a PKCS#12 file is encrypted:
 * `rc2` is what Keychain Access and OpenSSL before 3 write (RC2-40 for certificates, 3DES for the key, SHA-1 MAC),
 * `3des` the same with 3DES for both, `aes` what OpenSSL 3 writes (PBES2, AES-256-CBC, HMAC-SHA-256), `none` is plain.
 */
export const pkcs12Encryptions = ['rc2', '3des', 'aes', 'none'] as const;
export type Pkcs12Encryption = (typeof pkcs12Encryptions)[number];

export interface PassphraseWork {
  /** Null derives from zero octets, as Windows does without a passphrase; the empty text is its terminator, as in OpenSSL. */
  passphrase: string | null;
  /** Rounds of key derivation that are really done. */
  iterations: number;
  /** Rounds that the file says are needed: more than were done makes a file that nobody can open, and costs nothing to write. */
  claimedIterations: number;
}

export interface Encrypted {
  algorithm: Der;
  contents: Buffer;
}

export type Encrypt = (contents: Buffer, work: PassphraseWork) => Encrypted;

function toBinary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}

export type Purpose = 'key' | 'initialization vector' | 'mac';
const purposeIds: Record<Purpose, number> = { key: 1, 'initialization vector': 2, mac: 3 };

/** Key derivation of RFC 7292 appendix B.2. Returns `size` octets. */
export function derive(
  digest: 'sha1' | 'sha256',
  purpose: Purpose,
  salt: Buffer,
  size: number,
  { passphrase, iterations }: PassphraseWork,
): Buffer {
  const bytes = forge.pkcs12.generateKey(
    passphrase,
    forge.util.createBuffer(toBinary(salt)),
    purposeIds[purpose],
    iterations,
    size,
    forge.md[digest].create(),
  );
  return Buffer.from(bytes.getBytes(), 'latin1');
}

function pbeParameters(type: string, salt: Buffer, work: PassphraseWork): Der {
  return sequence(oid(type), sequence(octetString(salt), integer(work.claimedIterations)));
}

/** pbeWithSHAAnd40BitRC2-CBC. OpenSSL 3 has RC2 in its legacy provider only, hence node-forge's. */
function encryptRc2(contents: Buffer, work: PassphraseWork): Encrypted {
  const salt = randomBytes(8);
  const key = derive('sha1', 'key', salt, 5, work);
  const cipher = forge.rc2.createEncryptionCipher(toBinary(key), 40);
  cipher.start(toBinary(derive('sha1', 'initialization vector', salt, 8, work)));
  cipher.update(forge.util.createBuffer(toBinary(contents)));
  cipher.finish();
  const algorithm = pbeParameters('1.2.840.113549.1.12.1.6', salt, work);
  return { algorithm, contents: Buffer.from(cipher.output.getBytes(), 'latin1') };
}

function encipher(algorithm: string, key: Buffer, vector: Buffer, contents: Buffer): Buffer {
  const cipher = createCipheriv(algorithm, key, vector);
  return Buffer.concat([cipher.update(contents), cipher.final()]);
}

/** pbeWithSHAAnd3-KeyTripleDES-CBC. */
function encryptTripleDes(contents: Buffer, work: PassphraseWork): Encrypted {
  const salt = randomBytes(8);
  const key = derive('sha1', 'key', salt, 24, work);
  const vector = derive('sha1', 'initialization vector', salt, 8, work);
  const algorithm = pbeParameters('1.2.840.113549.1.12.1.3', salt, work);
  return { algorithm, contents: encipher('des-ede3-cbc', key, vector, contents) };
}

/** PBES2 of RFC 8018 with PBKDF2-HMAC-SHA-256 and AES-256-CBC. */
function encryptAes(contents: Buffer, work: PassphraseWork): Encrypted {
  const salt = randomBytes(16);
  const vector = randomBytes(16);
  const key = pbkdf2Sync(work.passphrase ?? '', salt, work.iterations, 32, 'sha256');
  const pseudoRandomFunction = sequence(oid('1.2.840.113549.2.9'), nullValue());
  const derivation = sequence(
    oid('1.2.840.113549.1.5.12'),
    sequence(octetString(salt), integer(work.claimedIterations), pseudoRandomFunction),
  );
  const cipher = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(vector));
  const algorithm = sequence(oid('1.2.840.113549.1.5.13'), sequence(derivation, cipher));
  return { algorithm, contents: encipher('aes-256-cbc', key, vector, contents) };
}

/** What encrypts certificates and keys, and the digest of the MAC. */
export const pkcs12Algorithms: Record<
  Exclude<Pkcs12Encryption, 'none'>,
  { certificates: Encrypt; key: Encrypt; digest: 'sha1' | 'sha256' }
> = {
  rc2: { certificates: encryptRc2, key: encryptTripleDes, digest: 'sha1' },
  '3des': { certificates: encryptTripleDes, key: encryptTripleDes, digest: 'sha1' },
  aes: { certificates: encryptAes, key: encryptAes, digest: 'sha256' },
};
