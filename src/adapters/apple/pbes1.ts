import { createHash } from 'node:crypto';
import { decipher, type Decrypt } from './passphrase-work.ts';
import { deriveKey, sha1 } from './pkcs12-key-derivation.ts';
import { decryptRc2 } from './rc2.ts';

/** An encryption whose parameters are a salt and a number of rounds. */
export type Scheme = (salt: Uint8Array, iterations: number) => Decrypt;

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

/** The encryptions of PKCS#5 version 1 and of PKCS#12, by object identifier. */
export const pbes1Schemes: ReadonlyMap<string, Scheme> = new Map([...pkcs12Schemes, ...pkcs5Schemes]);
