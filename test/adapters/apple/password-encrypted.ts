import { createCipheriv, createHash, createHmac, pbkdf2Sync, randomBytes, scryptSync } from 'node:crypto';
import { explicit, integer, nullValue, octetString, oid, sequence } from '../../../src/example-credentials/der.ts';

/** Forms of encryption that the example credentials do not make and people's tools do. */

export interface ScryptParameters {
  cost: number;
  blockSize: number;
  parallelization: number;
}

function aes256(key: Buffer, vector: Buffer, contents: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-cbc', key, vector);
  return Buffer.concat([cipher.update(contents), cipher.final()]);
}

function pbes2(derivation: Buffer, vector: Buffer): Buffer {
  const cipher = sequence(oid('2.16.840.1.101.3.4.1.42'), octetString(vector));
  return sequence(oid('1.2.840.113549.1.5.13'), sequence(derivation, cipher));
}

/** EncryptedPrivateKeyInfo as `openssl pkcs8 -topk8 -scrypt` writes it; with `work` false one that claims more than was done. */
export function scryptEncrypted(pkcs8: Buffer, passphrase: string, claimed: ScryptParameters, work = true): Buffer {
  const [salt, vector] = [randomBytes(16), randomBytes(16)];
  const key = work ? scryptSync(passphrase, salt, 32, { ...claimed, maxmem: 2 ** 27 }) : randomBytes(32);
  const numbers = [claimed.cost, claimed.blockSize, claimed.parallelization].map(integer);
  const derivation = sequence(oid('1.3.6.1.4.1.11591.4.11'), sequence(octetString(salt), ...numbers));
  return sequence(pbes2(derivation, vector), octetString(aes256(key, vector, pkcs8)));
}

const hmacs = {
  sha1: '1.2.840.113549.2.7',
  sha256: '1.2.840.113549.2.9',
  sha384: '1.2.840.113549.2.10',
  sha512: '1.2.840.113549.2.11',
};
export type Hmac = keyof typeof hmacs;

/** PBKDF2-params, with the HMAC left out where it is the default. */
function pbkdf2Parameters(salt: Buffer, iterations: number, hmac: Hmac, keySize?: number): Buffer {
  const named = hmac === 'sha1' ? [] : [sequence(oid(hmacs[hmac]), nullValue())];
  const size = keySize === undefined ? [] : [integer(keySize)];
  return sequence(oid('1.2.840.113549.1.5.12'), sequence(octetString(salt), integer(iterations), ...size, ...named));
}

/** EncryptedPrivateKeyInfo with DES, as `openssl pkcs8 -topk8` wrote it before 1.1. */
export function desEncrypted(pkcs8: Buffer, passphrase: string, iterations: number, digest: 'md5' | 'sha1'): Buffer {
  const salt = randomBytes(8);
  let block = createHash(digest).update(passphrase).update(salt).digest();
  for (let round = 1; round < iterations; round += 1) block = createHash(digest).update(block).digest();
  const key = block.subarray(0, 8);
  // OpenSSL 3 has no single DES; triple DES with one key three times is the same.
  const cipher = createCipheriv('des-ede3-cbc', Buffer.concat([key, key, key]), block.subarray(8, 16));
  const contents = Buffer.concat([cipher.update(pkcs8), cipher.final()]);
  const type = digest === 'md5' ? '1.2.840.113549.1.5.3' : '1.2.840.113549.1.5.10';
  return sequence(sequence(oid(type), sequence(octetString(salt), integer(iterations))), octetString(contents));
}

/** EncryptedPrivateKeyInfo of an encryption that nobody knows. */
export function unknownEncrypted(pkcs8: Buffer): Buffer {
  const algorithm = sequence(oid('1.2.3.4'), sequence(octetString(Buffer.alloc(8)), integer(1)));
  return sequence(algorithm, octetString(pkcs8));
}

/** EncryptedPrivateKeyInfo with PBKDF2. */
export function pbkdf2Encrypted(
  pkcs8: Buffer,
  passphrase: string,
  iterations: number,
  hmac: Hmac,
  claimed = iterations,
): Buffer {
  const [salt, vector] = [randomBytes(16), randomBytes(16)];
  const key = pbkdf2Sync(passphrase, salt, iterations, 32, hmac);
  return sequence(pbes2(pbkdf2Parameters(salt, claimed, hmac), vector), octetString(aes256(key, vector, pkcs8)));
}

function dataContent(contents: Buffer): Buffer {
  return sequence(oid('1.2.840.113549.1.7.1'), explicit(0, octetString(contents)));
}

/** A PKCS#12 file of these bags in plain, with the MAC of RFC 9579 as OpenSSL 3.4 writes it. */
export function pkcs12WithPbmac1(bags: Buffer, passphrase: string, iterations: number, claimed = iterations): Buffer {
  const authenticatedSafe = sequence(dataContent(bags));
  const salt = randomBytes(8);
  const key = pbkdf2Sync(passphrase, salt, iterations, 32, 'sha256');
  const mac = createHmac('sha256', key).update(authenticatedSafe).digest();
  const scheme = sequence(oid(hmacs.sha256), nullValue());
  const parameters = sequence(pbkdf2Parameters(salt, claimed, 'sha256', 32), scheme);
  const digestInfo = sequence(sequence(oid('1.2.840.113549.1.5.14'), parameters), octetString(mac));
  const macData = sequence(digestInfo, octetString(Buffer.from('NOT USED')), integer(1));
  return sequence(integer(3), dataContent(authenticatedSafe), macData);
}

/** SafeContents of a key and certificates in plain. */
export function plainBags(pkcs8: Buffer | undefined, ...certificates: Buffer[]): Buffer {
  const bags = certificates.map((der) => {
    const value = sequence(oid('1.2.840.113549.1.9.22.1'), explicit(0, octetString(der)));
    return sequence(oid('1.2.840.113549.1.12.10.1.3'), explicit(0, value));
  });
  const keys = pkcs8 ? [sequence(oid('1.2.840.113549.1.12.10.1.1'), explicit(0, pkcs8))] : [];
  return sequence(...keys, ...bags);
}

/** A PKCS#12 file of these SafeContents, without a MAC. */
export function pkcs12Of(bags: Buffer): Buffer {
  return sequence(integer(3), dataContent(sequence(dataContent(bags))));
}

/** A bag that holds bags. */
export function nestedBags(bags: Buffer): Buffer {
  return sequence(sequence(oid('1.2.840.113549.1.12.10.1.6'), explicit(0, bags)));
}
