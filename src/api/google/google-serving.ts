import type { Knex } from 'knex';
import type { CredentialFolder } from '../../adapters/credential-folder/credential-folder.ts';
import { type CallbackKeys, openCallbackKeys } from '../../adapters/google/wallet/callback-keys.ts';
import { type GoogleWallet, openGoogleWallet } from '../../adapters/google/wallet/google-wallet.ts';
import { createPacer } from '../../adapters/postgres/wallet/pacer.ts';
import { serviceAccountOf } from '../../adapters/google/service-account.ts';

/** What the API needs for Google Wallet. */
export interface GoogleServing {
  wallet: GoogleWallet;
  callbackKeys: CallbackKeys;
  /** Origins of the pages that show save links. */
  origins: readonly string[];
}

export interface GoogleServingOptions {
  database: Knex;
  folder: CredentialFolder;
  walletUrl: string;
  tokenUrl: string;
  callbackKeysUrl: string;
  ratePerSecond: number;
  publicUrl: string | undefined;
  origins: readonly string[];
}

/** Opens it: requests to Google take their turn among those of all other processes on this database. */
export function openGoogleServing(options: GoogleServingOptions): GoogleServing {
  const { database, folder, ratePerSecond, publicUrl, origins } = options;
  const account = (): string => serviceAccountOf(folder.current()).issuerId;
  const pacer = createPacer({ database, platform: 'google', account, ratePerSecond });
  const wallet = openGoogleWallet({
    credential: () => folder.current(),
    renew: () => folder.refresh(),
    endpoints: options,
    publicUrl,
    pace: (signal) => pacer.pace(signal),
    postpone: (milliseconds) => pacer.postpone(milliseconds),
  });
  return { wallet, callbackKeys: openCallbackKeys({ url: options.callbackKeysUrl }), origins };
}
