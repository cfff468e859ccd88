import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGoogleSource } from '../../src/example-credentials/google-source.ts';
import type { ServiceAccount } from '../../src/example-credentials/service-account.ts';
import { toBytes } from '../../src/example-credentials/source-data.ts';
import { plainFolder } from '../adapters/credential-folder/folders.ts';
import type { SignedCallback } from './fake-google/callback-signer.ts';
import { type FakeGoogle, startFakeGoogle } from './fake-google/fake-google.ts';
import { issuerId } from './sources.ts';
import { testAuthority } from './test-authority.ts';

/** Google Wallet as a process is configured with it: a fake Google, and a credential that it takes in a folder. */
export interface GoogleWalletSetup {
  google: FakeGoogle;
  account: ServiceAccount;
  environment: Record<string, string>;
  /** A new callback for this issuer. @param objectId absent: of an object that nobody knows */
  callback(eventType: 'save' | 'del', objectId?: string): SignedCallback;
}

let shared: Promise<GoogleWalletSetup> | undefined;

/** One for the process; its folder is removed when that ends. */
export function googleWalletSetup(): Promise<GoogleWalletSetup> {
  shared ??= createGoogleWalletSetup();
  return shared;
}

/** One of its own. */
export async function createGoogleWalletSetup(): Promise<GoogleWalletSetup> {
  const folder = mkdtempSync(join(tmpdir(), 'orion-google-wallet-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const { data, account } = createGoogleSource();
  const google = await startFakeGoogle();
  google.accounts.register(account);
  google.issuers.set(issuerId, new Set([account.client_email]));
  const trusted = join(folder, 'authority-of-the-fake.pem');
  writeFileSync(trusted, testAuthority().certificate.pem);
  const files = { 'google-wallet-sa.json': toBytes(data['google-wallet-sa.json']), 'issuer-id': issuerId };
  return {
    google,
    account,
    environment: {
      GOOGLE_CREDENTIAL_DIR: plainFolder(files, folder),
      GOOGLE_WALLET_URL: google.walletUrl,
      GOOGLE_TOKEN_URL: google.tokenUrl,
      GOOGLE_CALLBACK_KEYS_URL: google.callbackKeysUrl,
      GOOGLE_RATE_PER_SECOND: '1000',
      NODE_EXTRA_CA_CERTS: trusted,
      PUBLIC_URL: 'https://loyalty.example.com',
    },
    callback: (eventType, objectId = `${issuerId}.nobody`) =>
      google.callbacks.sign(google.callbacks.event({ classId: `${issuerId}.c`, objectId, eventType }), {
        recipient: issuerId,
      }),
  };
}
