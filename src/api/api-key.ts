import { createHash, randomBytes } from 'node:crypto';

/** What an API key looks like: `olk_` and 256 random bits in base64url. */
export const apiKeyPattern = /^olk_[A-Za-z0-9_-]{43}$/;

/** A new API key. It is shown once; only its hash is stored. */
export function newApiKey(): string {
  return `olk_${randomBytes(32).toString('base64url')}`;
}

/** What is stored of a key and looked up by: SHA-256, 32 bytes. A key has 256 random bits, so a slow hash would add nothing. */
export function apiKeyHash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
