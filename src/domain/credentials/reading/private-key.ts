import { createPrivateKey } from 'node:crypto';
import type { Certificate } from './certificate.ts';
import { attempt, readElement, type Element } from './der.ts';
import { childrenOf, identifierOf, magnitudeOf, numberOf, octetsOf } from './der-values.ts';
import type { DerForm } from './der-form.ts';
import { algorithmName, excessOf, rsaEncryption, rsaNumbers, type RsaNumbers } from './public-key.ts';

/** A private key in the one form that the live Secret has, or the name of a kind that is not RSA. */
export type PrivateKey = RsaPrivateKey | { kind: 'other'; name: string };

export interface RsaPrivateKey {
  kind: 'rsa';
  publicKey: RsaNumbers;
  /** PKCS#8, one PEM block. Key material. */
  pem: string;
}

export type PrivateKeyReading =
  | { outcome: 'read'; key: PrivateKey }
  | { outcome: 'malformed' }
  /** The numbers of the key do not belong together: it would sign, and nobody could verify it. */
  | { outcome: 'inconsistent' }
  | { outcome: 'too expensive'; excess: string };

/** Whether a certificate is for this key. Of keys that are not RSA only the kind is compared: they are refused anyway. */
export function belongsTo(certificate: Certificate, key: PrivateKey): boolean {
  const { publicKey } = certificate;
  if (key.kind !== 'rsa' || publicKey.kind !== 'rsa') return key.kind === publicKey.kind;
  return publicKey.identity === key.publicKey.identity;
}

/** Reads an unencrypted private key in DER. */
export function readPrivateKey(der: Uint8Array, form: DerForm): PrivateKeyReading {
  return attempt(() => readForm(der, form)) ?? { outcome: 'malformed' };
}

function readForm(der: Uint8Array, form: DerForm): PrivateKeyReading {
  if (form === 'PKCS#8') return readPkcs8(der);
  if (form === 'PKCS#1') return readRsa(der, der, 'pkcs1');
  if (form === 'SEC1' || form === 'DSA') {
    return { outcome: 'read', key: { kind: 'other', name: form === 'DSA' ? 'DSA' : 'ECDSA' } };
  }
  return { outcome: 'malformed' };
}

function readPkcs8(der: Uint8Array): PrivateKeyReading {
  const [, algorithm, key] = childrenOf(readElement(der));
  if (identifierOf(childrenOf(algorithm)[0]) !== rsaEncryption) {
    return { outcome: 'read', key: { kind: 'other', name: algorithmName(algorithm) } };
  }
  return readRsa(der, octetsOf(key), 'pkcs8');
}

/** @param rsa The RSAPrivateKey of RFC 8017; @param der the file around it, or itself. */
function readRsa(der: Uint8Array, rsa: Uint8Array, type: 'pkcs1' | 'pkcs8'): PrivateKeyReading {
  const [version, ...numbers] = childrenOf(readElement(rsa));
  // Keys of more than two primes have version 1; no authority certifies them.
  if (numberOf(version) !== 0 || numbers.length !== 8) return { outcome: 'malformed' };
  const publicKey = rsaNumbers(magnitudeOf(numbers[0]), magnitudeOf(numbers[1]));
  const excess = excessOf(publicKey);
  if (excess !== undefined) return { outcome: 'too expensive', excess };
  if (!belongTogether(numbers)) return { outcome: 'inconsistent' };
  const pem = toPkcs8Pem(der, type);
  return pem === undefined ? { outcome: 'malformed' } : { outcome: 'read', key: { kind: 'rsa', publicKey, pem } };
}

/**
 * Whether two primes' product is the modulus and the exponents fit them (RFC 8017 section 3.2). Much cheaper than
 * signing something, and of work that the size of the modulus bounds.
 */
function belongTogether(numbers: readonly Element[]): boolean {
  const magnitudes = numbers.map((number) => magnitudeOf(number));
  const size = magnitudes[0]?.length ?? 0;
  if (magnitudes.some((magnitude) => magnitude.length === 0 || magnitude.length > size)) return false;
  const [n = 0n, e = 0n, d = 0n, p = 0n, q = 0n, dp = 0n, dq = 0n, coefficient = 0n] = magnitudes.map(bigIntOf);
  if (p <= 2n || q <= 2n || p * q !== n) return false;
  const fits = (prime: bigint, exponent: bigint): boolean =>
    (e * exponent) % (prime - 1n) === 1n && d % (prime - 1n) === exponent % (prime - 1n);
  return fits(p, dp) && fits(q, dq) && (coefficient * q) % p === 1n;
}

function bigIntOf(magnitude: Uint8Array): bigint {
  return BigInt(`0x${Buffer.from(magnitude).toString('hex')}`);
}

function toPkcs8Pem(der: Uint8Array, type: 'pkcs1' | 'pkcs8'): string | undefined {
  try {
    const key = createPrivateKey({ key: Buffer.from(der), format: 'der', type });
    return key.export({ type: 'pkcs8', format: 'pem' }).toString();
  } catch {
    return undefined;
  }
}
