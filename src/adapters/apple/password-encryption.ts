import { createDecipheriv, createHash, pbkdf2Sync, scryptSync } from 'node:crypto';
import { childrenOf, identifierOf, is, numberOf, octetsOf, tags } from '../../domain/credentials/der-values.ts';
import { malformed, type Element } from '../../domain/credentials/der.ts';
import { grouped, limits } from '../../domain/credentials/limits.ts';
import { deriveKey, passwordOctets, sha1 } from './pkcs12-key-derivation.ts';
import { decryptRc2 } from './rc2.ts';

/** How something is encrypted with a passphrase, as its AlgorithmIdentifier says. Reading it costs nothing. */
export interface PasswordEncryption {
  /** Rounds of key derivation; for scrypt 0. */
  iterations: number;
  /** Why it would cost too much. */
  excess?: string;
  /** Undefined: the passphrase does not fit, or the data are damaged. Does the work; never throws. */
  decrypt: (ciphertext: Uint8Array, passphrase: Passphrase) => Buffer | undefined;
}

/** A passphrase in both forms that are hashed. */
export interface Passphrase {
  /** As it is, for PBES2. */
  octets: Uint8Array;
  /** For the key derivation of PKCS#12. */
  pkcs12: Uint8Array;
}

export function passphraseOf(octets: Uint8Array): Passphrase {
  return { octets, pkcs12: passwordOctets(octets) };
}

/** "10,000,000 iterations of key derivation; at most 600,000 are done", or undefined. */
export function excessOfIterations(iterations: number, limit: number = limits.iterations): string | undefined {
  if (iterations <= limit) return undefined;
  const count = Number.isFinite(iterations) ? grouped(iterations) : 'countless';
  return `${count} iterations of key derivation; at most ${grouped(limit)} are done`;
}

/** A number of rounds: 1 at least. */
export function roundsOf(element: Element | undefined): number {
  const rounds = numberOf(element);
  return rounds >= 1 ? rounds : malformed();
}

type Decrypt = PasswordEncryption['decrypt'];

function withIterations(iterations: number, decrypt: Decrypt): PasswordEncryption {
  const excess = excessOfIterations(iterations);
  return { iterations, decrypt: quietly(decrypt), ...(excess === undefined ? {} : { excess }) };
}

/** OpenSSL throws when the padding is wrong: then the passphrase does not fit. */
function quietly(decrypt: Decrypt): Decrypt {
  return (ciphertext, passphrase) => {
    try {
      return decrypt(ciphertext, passphrase);
    } catch {
      return undefined;
    }
  };
}

/** Reads an AlgorithmIdentifier of PKCS#5 or PKCS#12. Undefined: not one that is read. Malformed DER is thrown. */
export function readPasswordEncryption(algorithm: Element | undefined): PasswordEncryption | undefined {
  const [type, parameters] = childrenOf(algorithm);
  const identifier = identifierOf(type);
  if (identifier === '1.2.840.113549.1.5.13') return readPbes2(parameters);
  const decryption = pkcs12Schemes.get(identifier) ?? pkcs5Schemes.get(identifier);
  if (!decryption) return undefined;
  const [salt, iterations] = childrenOf(parameters);
  const rounds = roundsOf(iterations);
  return withIterations(rounds, decryption(octetsOf(salt), rounds));
}

function decipher(name: string, key: Uint8Array, vector: Uint8Array, ciphertext: Uint8Array): Buffer {
  const cipher = createDecipheriv(name, key, vector);
  return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}

type Scheme = (salt: Uint8Array, iterations: number) => Decrypt;

/** PBES1 of PKCS#12 (RFC 7292 appendix C): key and initialization vector come from the passphrase. */
function pkcs12Scheme(
  keySize: number,
  open: (key: Buffer, vector: Buffer, ciphertext: Uint8Array) => Buffer | undefined,
): Scheme {
  return (salt, iterations) => (ciphertext, passphrase) => {
    const request = { digest: sha1, password: passphrase.pkcs12, salt, iterations };
    const key = deriveKey({ ...request, purpose: 'key', size: keySize });
    const vector = deriveKey({ ...request, purpose: 'initializationVector', size: 8 });
    return open(key, vector, ciphertext);
  };
}

const pkcs12Schemes = new Map<string, Scheme>([
  ['1.2.840.113549.1.12.1.3', pkcs12Scheme(24, (key, vector, text) => decipher('des-ede3-cbc', key, vector, text))],
  [
    '1.2.840.113549.1.12.1.4',
    pkcs12Scheme(16, (key, vector, text) =>
      decipher('des-ede3-cbc', Buffer.concat([key, key.subarray(0, 8)]), vector, text),
    ),
  ],
  ['1.2.840.113549.1.12.1.5', pkcs12Scheme(16, (key, vector, text) => decryptRc2(text, key, vector, 128))],
  ['1.2.840.113549.1.12.1.6', pkcs12Scheme(5, (key, vector, text) => decryptRc2(text, key, vector, 40))],
]);

/** PBES1 with DES (RFC 8018 section 6.1), which `openssl pkcs8 -topk8` wrote before 1.1. */
function pkcs5Scheme(digest: 'md5' | 'sha1'): Scheme {
  return (salt, iterations) => (ciphertext, passphrase) => {
    let block = createHash(digest).update(passphrase.octets).update(salt).digest();
    for (let round = 1; round < iterations; round += 1) block = createHash(digest).update(block).digest();
    return decipherDes(block.subarray(0, 8), block.subarray(8, 16), ciphertext);
  };
}

/** Single DES, which OpenSSL 3 no longer has, is triple DES with one key three times. */
export function decipherDes(key: Uint8Array, vector: Uint8Array, ciphertext: Uint8Array): Buffer {
  return decipher('des-ede3-cbc', Buffer.concat([key, key, key]), vector, ciphertext);
}

const pkcs5Schemes = new Map<string, Scheme>([
  ['1.2.840.113549.1.5.3', pkcs5Scheme('md5')],
  ['1.2.840.113549.1.5.10', pkcs5Scheme('sha1')],
]);

const ciphers = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keySize: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keySize: 24 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keySize: 32 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keySize: 24 }],
]);

/** PBES2 of RFC 8018: PBKDF2 or scrypt, with AES or triple DES. */
function readPbes2(parameters: Element | undefined): PasswordEncryption | undefined {
  const [derivation, scheme] = childrenOf(parameters);
  const [cipherType, vector] = childrenOf(scheme);
  const cipher = ciphers.get(identifierOf(cipherType));
  const [type, derivationParameters] = childrenOf(derivation);
  if (!cipher) return undefined;
  const initializationVector = octetsOf(vector);
  const open = (key: Buffer, ciphertext: Uint8Array): Buffer =>
    decipher(cipher.name, key, initializationVector, ciphertext);
  switch (identifierOf(type)) {
    case '1.2.840.113549.1.5.12':
      return readPbkdf2Encryption(derivationParameters, cipher.keySize, open);
    case '1.3.6.1.4.1.11591.4.11':
      return readScrypt(derivationParameters, cipher.keySize, open);
    default:
      return undefined;
  }
}

type Open = (key: Buffer, ciphertext: Uint8Array) => Buffer;

function readPbkdf2Encryption(
  parameters: Element | undefined,
  keySize: number,
  open: Open,
): PasswordEncryption | undefined {
  const derivation = readPbkdf2(parameters);
  if (!derivation) return undefined;
  return withIterations(derivation.iterations, (ciphertext, { octets }) =>
    open(derivation.derive(octets, keySize), ciphertext),
  );
}

/** HMACs by object identifier. */
export const pseudoRandomFunctions: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.2.7', 'sha1'],
  ['1.2.840.113549.2.8', 'sha224'],
  ['1.2.840.113549.2.9', 'sha256'],
  ['1.2.840.113549.2.10', 'sha384'],
  ['1.2.840.113549.2.11', 'sha512'],
]);

export interface Pbkdf2 {
  iterations: number;
  derive: (passphrase: Uint8Array, size: number) => Buffer;
}

/** PBKDF2-params of RFC 8018 appendix A.2; HMAC-SHA-1 where none is named. Undefined: another HMAC. */
export function readPbkdf2(parameters: Element | undefined): Pbkdf2 | undefined {
  const [salt, count, ...options] = childrenOf(parameters);
  const named = options.find((option) => is(option, tags.sequence));
  const digest = pseudoRandomFunctions.get(named ? identifierOf(childrenOf(named)[0]) : '1.2.840.113549.2.7');
  if (digest === undefined) return undefined;
  const iterations = roundsOf(count);
  const octets = octetsOf(salt);
  return { iterations, derive: (passphrase, size) => pbkdf2Sync(passphrase, octets, iterations, size, digest) };
}

/** scrypt-params of RFC 7914 section 7. */
function readScrypt(parameters: Element | undefined, keySize: number, open: Open): PasswordEncryption {
  const [salt, ...numbers] = childrenOf(parameters);
  const [cost = 0, blockSize = 0, parallelization = 0] = numbers.slice(0, 3).map(numberOf);
  if (cost < 2 || blockSize < 1 || parallelization < 1) return malformed();
  const octets = octetsOf(salt);
  const memory = 128 * cost * blockSize;
  const excessive = memory > limits.scryptBytes || cost * blockSize * parallelization > limits.scryptWork;
  const options = { cost, blockSize, parallelization, maxmem: 2 * limits.scryptBytes };
  const decrypt = quietly((ciphertext, passphrase) =>
    open(scryptSync(passphrase.octets, octets, keySize, options), ciphertext),
  );
  const megabytes = limits.scryptBytes / 1024 / 1024;
  const excess = `scrypt parameters beyond ${megabytes} MiB or ${grouped(limits.scryptWork)} blocks`;
  return { iterations: 0, decrypt, ...(excessive ? { excess } : {}) };
}
