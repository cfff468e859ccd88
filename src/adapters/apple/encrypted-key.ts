import { createDecipheriv, createHash } from 'node:crypto';
import { derFormOf } from '../../domain/credentials/reading/der-form.ts';
import { attempt, readElement } from '../../domain/credentials/reading/der.ts';
import type { CredentialTools, DecryptedKey, EncryptedKey } from '../../domain/credentials/reading/tools.ts';
import { passphraseOf } from './passphrase-work.ts';
import { decipherDes } from './pbes1.ts';
import { readEncryptedKey } from './pkcs12-contents.ts';
import { readPkcs12 } from './pkcs12.ts';

/** What checkSource needs from outside the domain. */
export const credentialTools: CredentialTools = { readPkcs12, decryptPrivateKey };

/** Decrypts a private key: EncryptedPrivateKeyInfo, or PEM with a `DEK-Info` header. */
export function decryptPrivateKey(key: EncryptedKey, passphrases: readonly Uint8Array[]): DecryptedKey {
  return key.form === 'encrypted PKCS#8' ? decryptPkcs8(key.der, passphrases) : decryptTraditional(key, passphrases);
}

function decryptPkcs8(der: Uint8Array, passphrases: readonly Uint8Array[]): DecryptedKey {
  const encrypted = attempt(() => readEncryptedKey(readElement(der)));
  if (!encrypted) return { outcome: 'malformed' };
  const { encryption, ciphertext } = encrypted;
  if (encryption === 'unsupported') return { outcome: 'unsupported encryption' };
  if (encryption.excess !== undefined) return { outcome: 'too expensive', excess: encryption.excess };
  for (const passphrase of passphrases) {
    const plain = encryption.decrypt(ciphertext, passphraseOf(passphrase));
    // One wrong passphrase in 256 leaves padding that looks right.
    if (plain && derFormOf(plain) === 'PKCS#8') return { outcome: 'opened', form: 'PKCS#8', der: plain };
  }
  return { outcome: 'wrong passphrase' };
}

const traditionalCiphers: Readonly<Record<string, number>> = {
  'aes-128-cbc': 16,
  'aes-192-cbc': 24,
  'aes-256-cbc': 32,
  'des-ede3-cbc': 24,
  'des-cbc': 8,
};

/** PEM encryption of OpenSSL before PKCS#8 (RFC 1421): one round of MD5, so that it costs nothing. */
function decryptTraditional(
  { der, encryptionHeader }: Extract<EncryptedKey, { form: 'encrypted PKCS#1' }>,
  passphrases: readonly Uint8Array[],
): DecryptedKey {
  const [, cipher = '', vector = ''] =
    /^([A-Z0-9-]{1,20}),([0-9A-Fa-f]{16}|[0-9A-Fa-f]{32})$/.exec(encryptionHeader) ?? [];
  const name = cipher.toLowerCase();
  const keySize = Object.hasOwn(traditionalCiphers, name) ? traditionalCiphers[name] : undefined;
  if (keySize === undefined) return { outcome: 'unsupported encryption' };
  const initializationVector = Buffer.from(vector, 'hex');
  for (const passphrase of passphrases) {
    const key = bytesToKey(passphrase, initializationVector.subarray(0, 8), keySize);
    const plain = decipher(name, key, initializationVector, der);
    const form = plain && derFormOf(plain);
    if (plain && (form === 'PKCS#1' || form === 'SEC1' || form === 'DSA'))
      return { outcome: 'opened', form, der: plain };
  }
  return { outcome: 'wrong passphrase' };
}

/** EVP_BytesToKey of OpenSSL with MD5 and one round. */
function bytesToKey(passphrase: Uint8Array, salt: Uint8Array, size: number): Buffer {
  let key = Buffer.alloc(0);
  let block = Buffer.alloc(0);
  while (key.length < size) {
    block = createHash('md5').update(block).update(passphrase).update(salt).digest();
    key = Buffer.concat([key, block]);
  }
  return key.subarray(0, size);
}

function decipher(name: string, key: Buffer, vector: Buffer, ciphertext: Uint8Array): Buffer | undefined {
  try {
    if (name === 'des-cbc') return decipherDes(key, vector, ciphertext);
    const cipher = createDecipheriv(name, key, vector);
    return Buffer.concat([cipher.update(ciphertext), cipher.final()]);
  } catch {
    return undefined;
  }
}
