/** A WalletCredential as somebody writes it. */
export interface WrittenCredential {
  apiVersion: string;
  kind: string;
  metadata: { name: string };
  spec: Record<string, unknown>;
}

export function appleCredential(spec: Record<string, unknown> = {}, name = 'apple'): WrittenCredential {
  const apple = { passTypeIdentifier: 'pass.com.example.loyalty', teamIdentifier: 'ABCDE12345' };
  return written(name, { secretRef: { name: 'apple-wallet-source' }, apple, ...spec });
}

export function googleCredential(spec: Record<string, unknown> = {}, name = 'google'): WrittenCredential {
  return written(name, {
    secretRef: { name: 'google-wallet-source' },
    google: { issuerId: '3388000000012345678' },
    ...spec,
  });
}

function written(name: string, spec: Record<string, unknown>): WrittenCredential {
  // undefined: as if it had not been written.
  const given = Object.fromEntries(Object.entries(spec).filter(([, value]) => value !== undefined));
  return { apiVersion: 'loyalty.orion.dev/v1alpha1', kind: 'WalletCredential', metadata: { name }, spec: given };
}
