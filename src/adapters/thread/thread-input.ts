import type { SourceInput } from '../../domain/credentials/checks/check-source.ts';
import type { WalletCredentialSpec } from '../../domain/credentials/wallet-credential.ts';

type Input = Omit<SourceInput, 'appleRoots'>;

/**
 * A copy whose bytes can be handed over to the thread. Each value gets memory of its own: a Buffer may be a view into a
 * pool that holds other Secrets. Values that the spec does not name are not looked at, so only their names go.
 */
export function copyForThread({ name, spec, data, now }: Input): Input {
  const named = namedKeys(spec);
  const copies = Object.entries(data).map(
    ([key, bytes]) => [key, new Uint8Array(named.has(key) ? bytes : [])] as const,
  );
  return { name, spec: { ...spec }, data: Object.fromEntries(copies), now };
}

function namedKeys({ apple, google }: WalletCredentialSpec): ReadonlySet<string> {
  return new Set([...(apple ? Object.values(apple.keys) : []), ...(google ? [google.key] : [])]);
}
