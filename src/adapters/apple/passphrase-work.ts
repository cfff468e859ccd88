import { createDecipheriv } from 'node:crypto';
import { numberOf } from '../../domain/credentials/reading/der-values.ts';
import { malformed, type Element } from '../../domain/credentials/reading/der.ts';
import { grouped, limits } from '../../domain/credentials/reading/limits.ts';
import { passwordOctets } from './pkcs12-key-derivation.ts';

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

export type Decrypt = PasswordEncryption['decrypt'];

/** What costs so many rounds of key derivation. */
export function withIterations(iterations: number, decrypt: Decrypt): PasswordEncryption {
  const excess = excessOfIterations(iterations);
  return { iterations, decrypt: quietly(decrypt), ...(excess === undefined ? {} : { excess }) };
}

/** OpenSSL throws when the padding is wrong: then the passphrase does not fit. */
export function quietly(decrypt: Decrypt): Decrypt {
  return (ciphertext, passphrase) => {
    try {
      return decrypt(ciphertext, passphrase);
    } catch {
      return undefined;
    }
  };
}

export function decipher(name: string, key: Uint8Array, vector: Uint8Array, ciphertext: Uint8Array): Buffer {
  const cipher = createDecipheriv(name, key, vector);
  return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
}
