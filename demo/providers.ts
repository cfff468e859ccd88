import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ServiceAccount } from '../src/example-credentials/service-account.ts';
import { type FakeApns, startFakeApns } from '../test/support/fake-apple/fake-apns.ts';
import { type FakeGoogle, startFakeGoogle } from '../test/support/fake-google/fake-google.ts';
import { testAuthority } from '../test/support/test-authority.ts';

/** What the demo has in place of Google and Apple: the fakes of the tests, on the wire, as strict as the real ones. */
export interface Providers {
  google: FakeGoogle;
  apns: FakeApns;
  /** Where they are, for the processes of the demo. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

export interface ProvidersOptions {
  /** For a file of NODE_EXTRA_CA_CERTS. */
  directory: string;
  /** PEM of the root under which the demo's Apple credential was made. */
  rootPem: string;
  /** Folder of the live Google credential, whose account is known to Google then. */
  googleFolder: string;
}

export async function startProviders({ directory, rootPem, googleFolder }: ProvidersOptions): Promise<Providers> {
  const trusted = join(directory, 'authority-of-the-fakes.pem');
  await writeFile(trusted, testAuthority().certificate.pem);
  const google = await startFakeGoogle();
  const apns = await startFakeApns({ clientAuthorities: [rootPem] });
  const account = JSON.parse(await readFile(join(googleFolder, 'google-wallet-sa.json'), 'utf8')) as ServiceAccount;
  const issuerId = (await readFile(join(googleFolder, 'issuer-id'), 'utf8')).trim();
  google.accounts.register(account);
  google.issuers.set(issuerId, new Set([account.client_email]));
  return {
    google,
    apns,
    environment: {
      NODE_EXTRA_CA_CERTS: trusted,
      GOOGLE_TOKEN_URL: google.tokenUrl,
      GOOGLE_WALLET_URL: google.walletUrl,
      GOOGLE_CALLBACK_KEYS_URL: google.callbackKeysUrl,
      APNS_URL: apns.url,
    },
    close: async () => void (await Promise.all([google.close(), apns.close()])),
  };
}
