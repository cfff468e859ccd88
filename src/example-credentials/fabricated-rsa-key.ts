import { createPrivateKey, randomBytes } from 'node:crypto';
import { integer, sequence } from './der.ts';
import { keyPairOf, type KeyPair } from './key-pair.ts';

/**
 * A pair that looks like an RSA key of so many bits and can neither sign nor decrypt: its numbers are random. Real keys beyond
 * 8192 bits take minutes to make, and only their size is of interest.
 * @param bits A multiple of 16.
 */
export function fabricateRsaKey(bits: number): KeyPair {
  const modulus = randomOddNumber(bits);
  const [d, p, q, dp, dq, qInverse] = [bits, bits / 2, bits / 2, bits / 2, bits / 2, bits / 2].map(randomOddNumber);
  const numbers = [0n, modulus, 65_537n, d, p, q, dp, dq, qInverse].map((number) => integer(number ?? 0n));
  return keyPairOf(createPrivateKey({ key: sequence(...numbers), format: 'der', type: 'pkcs1' }));
}

/** With the highest bit set, so that it has exactly so many. */
function randomOddNumber(bits: number): bigint {
  const random = BigInt(`0x${randomBytes(bits / 8).toString('hex')}`);
  return random | (1n << BigInt(bits - 1)) | 1n;
}
