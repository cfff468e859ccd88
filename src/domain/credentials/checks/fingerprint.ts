import { createHash } from 'node:crypto';

/**
 * SHA-256 over everything that the live Secret holds, in lower-case hexadecimal. Names and contents are hashed with
 * their lengths, in the order of the names, so that no two different Secrets have the same input.
 */
export function fingerprintOf(files: Readonly<Record<string, string>>): string {
  const hash = createHash('sha256');
  for (const name of Object.keys(files).toSorted()) {
    const content = files[name] ?? '';
    hash.update(`${Buffer.byteLength(name)}:${name}:${Buffer.byteLength(content)}:${content}`);
  }
  return hash.digest('hex');
}
