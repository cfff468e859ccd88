import { randomUUID } from 'node:crypto';
import type { LiveCredential } from '../../../../src/adapters/credential-folder/live-credential.ts';
import {
  type GoogleWallet,
  type GoogleWalletOptions,
  openGoogleWallet,
} from '../../../../src/adapters/google/wallet/google-wallet.ts';
import { classIdOf, objectIdOf } from '../../../../src/domain/wallet/google/ids.ts';
import type { PassContent } from '../../../../src/domain/wallet/pass-content.ts';
import type { ProgramContent } from '../../../../src/domain/wallet/program-content.ts';
import type { WalletResult } from '../../../../src/domain/wallet/wallet-result.ts';
import { generateRsaKey } from '../../../../src/example-credentials/key-pair.ts';
import { createServiceAccount, type ServiceAccount } from '../../../../src/example-credentials/service-account.ts';
import { type FakeGoogle, type FakeGoogleOptions, startFakeGoogle } from '../../../support/fake-google/fake-google.ts';
import { googleCredential } from '../../../support/fake-google/google-credential.ts';
import { issuerId } from '../../../support/sources.ts';

export { issuerId };

export function exampleProgram(more: Partial<ProgramContent> = {}): ProgramContent {
  return {
    merchantId: '0197a000-0000-7000-8000-000000000001',
    programId: '0197a000-0000-7000-8000-000000000002',
    version: 1,
    merchantName: 'Bäckerei Vogel',
    programName: 'Vogel Karte',
    pointsName: 'Körner',
    walletClass: null,
    appearance: { logo_url: 'https://example.com/logo.png' },
    ...more,
  };
}

export function exampleContent(more: Partial<PassContent> = {}, program = exampleProgram()): PassContent {
  const { merchantId, programId, merchantName, programName, pointsName, appearance } = program;
  return {
    merchantId,
    programId,
    cardId: randomUUID(),
    version: 1,
    merchantName,
    programName,
    pointsName,
    timezone: 'Europe/Berlin',
    appearance,
    number: '6004870014327719',
    customerName: 'Ada Lovelace',
    state: 'active',
    points: 120,
    nextExpiry: null,
    ...more,
  };
}

export const exampleKey = generateRsaKey();

/** A fake Google and a client of it that waits for nothing. */
export interface WalletWorld {
  google: FakeGoogle;
  account: ServiceAccount;
  wallet: GoogleWallet;
  /** Milliseconds that were waited before a request was tried again, and that all were held back by Retry-After. */
  waits: number[];
  postponed: number[];
  /** Requests that the pacer let through. */
  paced: () => number;
  /** Replaces the credential that is current. */
  use(credential: LiveCredential): void;
  open(more?: Partial<GoogleWalletOptions>): GoogleWallet;
  sync(
    content: PassContent,
    more?: { notify?: boolean; program?: ProgramContent; signal?: AbortSignal },
  ): Promise<WalletResult>;
  end(): Promise<void>;
}

export function liveCredential(
  account: ServiceAccount,
  fingerprint = '0'.repeat(64),
  issuer = issuerId,
): LiveCredential {
  return { ...googleCredential(account, issuer), fingerprint, warnings: [] };
}

export async function startWalletWorld(options: FakeGoogleOptions = {}): Promise<WalletWorld> {
  const google = await startFakeGoogle(options);
  const account = createServiceAccount({ privateKey: exampleKey.privateKey });
  google.accounts.register(account);
  google.issuers.set(issuerId, new Set([account.client_email]));
  let credential = liveCredential(account);
  let paced = 0;
  const waits: number[] = [];
  const postponed: number[] = [];
  const opened: GoogleWallet[] = [];
  const open: WalletWorld['open'] = (more = {}) => {
    const wallet = openGoogleWallet({
      credential: () => credential,
      renew: () => credential,
      endpoints: google,
      pace: async () => {
        paced += 1;
        return Infinity;
      },
      postpone: async (milliseconds) => void postponed.push(milliseconds),
      sleep: async (milliseconds) => void waits.push(milliseconds),
      random: () => 0.5,
      ...more,
    });
    opened.push(wallet);
    return wallet;
  };
  const wallet = open();
  return {
    google,
    account,
    wallet,
    waits,
    postponed,
    paced: () => paced,
    use: (next) => void (credential = next),
    open,
    sync: (content, { notify = false, program = exampleProgram(), signal = new AbortController().signal } = {}) =>
      wallet.syncObject(content, { objectId: objectIdOf(issuerId, content), program, notify }, signal),
    async end() {
      for (const each of opened) await each.close();
      await google.close();
    },
  };
}

export function idOf(content: PassContent): string {
  return objectIdOf(issuerId, content);
}

export const exampleClassId = classIdOf(issuerId, exampleProgram());
