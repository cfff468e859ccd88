import { hash } from 'node:crypto';
import { sha1Rounds } from './sha1-rounds.ts';
import { sha256Rounds } from './sha256-rounds.ts';

/** Digests of PKCS#12 MACs and key derivations, by object identifier: name at OpenSSL, octets of input block and output. */
export interface Digest {
  name: string;
  blockSize: number;
  size: number;
}

export const digests: ReadonlyMap<string, Digest> = new Map([
  ['1.3.14.3.2.26', { name: 'sha1', blockSize: 64, size: 20 }],
  ['2.16.840.1.101.3.4.2.4', { name: 'sha224', blockSize: 64, size: 28 }],
  ['2.16.840.1.101.3.4.2.1', { name: 'sha256', blockSize: 64, size: 32 }],
  ['2.16.840.1.101.3.4.2.2', { name: 'sha384', blockSize: 128, size: 48 }],
  ['2.16.840.1.101.3.4.2.3', { name: 'sha512', blockSize: 128, size: 64 }],
]);

export const sha1: Digest = { name: 'sha1', blockSize: 64, size: 20 };

/** The `ID` octet of RFC 7292 appendix B.3. */
export const purposes = { key: 1, initializationVector: 2, mac: 3 } as const;

export interface DerivationRequest {
  digest: Digest;
  purpose: keyof typeof purposes;
  /** As {@link passwordOctets} writes it. */
  password: Uint8Array;
  salt: Uint8Array;
  iterations: number;
  /** Octets wanted. */
  size: number;
}

/**
 * Key derivation of RFC 7292 appendix B.2: node:crypto has no function for it, and node-forge's takes 12 s for a million
 * rounds. The caller has bounded the iterations.
 */
export function deriveKey({ digest, purpose, password, salt, iterations, size }: DerivationRequest): Buffer {
  const { name, blockSize } = digest;
  const diversifier = Buffer.alloc(blockSize, purposes[purpose]);
  const input = Buffer.concat([repeated(salt, blockSize), repeated(password, blockSize)]);
  const output: Buffer[] = [];
  for (let length = 0; length < size; length += digest.size) {
    const block = hashRounds(name, hash(name, Buffer.concat([diversifier, input]), 'buffer'), iterations - 1);
    output.push(block);
    addToBlocks(input, repeated(block, blockSize).subarray(0, blockSize), blockSize);
  }
  return Buffer.concat(output).subarray(0, size);
}

function hashRounds(name: string, digest: Buffer, rounds: number): Buffer {
  if (name === 'sha1') return sha1Rounds(digest, rounds);
  if (name === 'sha256') return sha256Rounds(digest, rounds);
  let block = digest;
  for (let round = 0; round < rounds; round += 1) block = hash(name, block, 'buffer');
  return block;
}

/** Repeated up to a multiple of the block size; nothing stays nothing. */
function repeated(bytes: Uint8Array, blockSize: number): Buffer {
  const size = Math.ceil(bytes.length / blockSize) * blockSize;
  return Buffer.from(Array.from({ length: size }, (_, index) => bytes[index % bytes.length] ?? 0));
}

/** Adds `addend` + 1 to each block of `input`, as big-endian numbers modulo their size. */
function addToBlocks(input: Buffer, addend: Buffer, blockSize: number): void {
  for (let start = 0; start < input.length; start += blockSize) {
    let carry = 1;
    for (let index = blockSize - 1; index >= 0; index -= 1) {
      const sum = (input[start + index] ?? 0) + (addend[index] ?? 0) + carry;
      input[start + index] = sum & 0xff;
      carry = sum >> 8;
    }
  }
}

/**
 * A passphrase as PKCS#12 hashes it: UTF-16, big-endian, with two zero octets behind it (RFC 7292 appendix B.1).
 * One that is not UTF-8 counts as Latin-1, as for OpenSSL.
 */
export function passwordOctets(passphrase: Uint8Array): Buffer {
  const bytes = Buffer.from(passphrase);
  const utf8 = bytes.toString('utf8');
  const text = Buffer.from(utf8).equals(bytes) ? utf8 : bytes.toString('latin1');
  return Buffer.from(`${text}\0`, 'utf16le').swap16();
}
