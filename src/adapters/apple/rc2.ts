import { createRequire } from 'node:module';

/** The part of node-forge's RC2 that is used; its data are strings of octets. */
interface ForgeRc2 {
  createDecryptionCipher(
    key: string,
    effectiveBits: number,
  ): {
    start(initializationVector: string): void;
    update(input: unknown): void;
    finish(): boolean;
    output: { getBytes(): string };
  };
}
interface ForgeUtil {
  createBuffer(octets: string): unknown;
}

const require = createRequire(import.meta.url);

/**
 * RC2-CBC with PKCS#7 padding, which node:crypto does not have and old PKCS#12 files do.
 * Loaded when the first such file comes, so that other credentials do not wait for it. Undefined: the key does not fit.
 */
export function decryptRc2(
  ciphertext: Uint8Array,
  key: Uint8Array,
  initializationVector: Uint8Array,
  effectiveBits: number,
): Buffer | undefined {
  const rc2 = require('node-forge/lib/rc2.js') as ForgeRc2;
  const util = require('node-forge/lib/util.js') as ForgeUtil;
  const cipher = rc2.createDecryptionCipher(octetString(key), effectiveBits);
  cipher.start(octetString(initializationVector));
  cipher.update(util.createBuffer(octetString(ciphertext)));
  return cipher.finish() ? Buffer.from(cipher.output.getBytes(), 'latin1') : undefined;
}

function octetString(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
