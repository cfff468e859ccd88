import { pbkdf2Sync, scryptSync } from 'node:crypto';
import { childrenOf, identifierOf, is, numberOf, octetsOf, tags } from '../../domain/credentials/reading/der-values.ts';
import { malformed, type Element } from '../../domain/credentials/reading/der.ts';
import { grouped, limits } from '../../domain/credentials/reading/limits.ts';
import { decipher, quietly, roundsOf, withIterations, type PasswordEncryption } from './passphrase-work.ts';

const ciphers = new Map([
  ['2.16.840.1.101.3.4.1.2', { name: 'aes-128-cbc', keySize: 16 }],
  ['2.16.840.1.101.3.4.1.22', { name: 'aes-192-cbc', keySize: 24 }],
  ['2.16.840.1.101.3.4.1.42', { name: 'aes-256-cbc', keySize: 32 }],
  ['1.2.840.113549.3.7', { name: 'des-ede3-cbc', keySize: 24 }],
]);

/** PBES2 of RFC 8018: PBKDF2 or scrypt, with AES or triple DES. */
export function readPbes2(parameters: Element | undefined): PasswordEncryption | undefined {
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
