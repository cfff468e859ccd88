/** Many-to-many: which WalletCredentials (by key) look at which Secrets (by key). */
export interface References {
  /** Replaces what a WalletCredential looks at. */
  set(credential: string, secrets: readonly string[]): void;
  delete(credential: string): void;
  /** The WalletCredentials that look at this Secret. */
  of(secret: string): Iterable<string>;
}

export function createReferences(): References {
  const bySecret = new Map<string, Set<string>>();
  const byCredential = new Map<string, readonly string[]>();

  function remove(credential: string): void {
    for (const secret of byCredential.get(credential) ?? []) {
      const credentials = bySecret.get(secret);
      credentials?.delete(credential);
      if (credentials?.size === 0) bySecret.delete(secret);
    }
    byCredential.delete(credential);
  }

  function set(credential: string, secrets: readonly string[]): void {
    remove(credential);
    byCredential.set(credential, secrets);
    for (const secret of secrets) {
      const credentials = bySecret.get(secret) ?? new Set();
      bySecret.set(secret, credentials.add(credential));
    }
  }

  return { set, delete: remove, of: (secret) => bySecret.get(secret) ?? [] };
}
