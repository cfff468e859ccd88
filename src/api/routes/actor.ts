import type { Principal } from '../operation.ts';

/**
 * Who did it, as entries and the audit say it: `key:` and the id of the API key. Stable: the key may be revoked, and its
 * name is no part of it.
 */
export function actorOf({ keyId }: Pick<Principal, 'keyId'>): string {
  return `key:${keyId}`;
}
