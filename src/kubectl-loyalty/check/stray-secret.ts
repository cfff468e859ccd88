import { cleaned } from '../../domain/credentials/reading/quote.ts';
import type { Provider } from '../../domain/credentials/wallet-credential.ts';
import { resultOf } from './check-credential.ts';
import type { CheckResult } from './check-result.ts';
import type { ManifestObject } from './manifest-object.ts';
import { madeByController } from './manifest-set.ts';

/** Data keys that a wallet credential has by default, and hardly anything else. */
const usualKeys: Record<Provider, readonly string[]> = {
  apple: ['signer.pem', 'signer.p12', 'signer.key', 'wwdr.pem'],
  google: ['google-wallet-sa.json'],
};

/** A Secret that no WalletCredential names, if it is obviously one for wallets. */
export function strayResult(secret: ManifestObject): CheckResult | undefined {
  const owner = madeByController(secret);
  const known = { ...resultOf(secret), reason: 'NoWalletCredential' as const };
  if (owner !== undefined) {
    const message = `The controller made this Secret, for WalletCredential ${cleaned(owner)}: it does not belong into files, least of all into Git.`;
    return { ...known, message };
  }
  const keys = keysOf(secret);
  const provider = (['apple', 'google'] as const).find((each) => usualKeys[each].some((key) => keys.has(key)));
  if (provider === undefined) return undefined;
  const usual = usualKeys[provider].find((key) => keys.has(key));
  const message = `It has ${usual}, but no WalletCredential among the files names it: add the file of the WalletCredential to check it.`;
  return { ...known, provider, message };
}

function keysOf({ body }: ManifestObject): Set<string> {
  return new Set([body['data'], body['stringData']].flatMap((map) => Object.keys(map ?? {})));
}
