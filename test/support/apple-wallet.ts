import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { appleFiles, plainFolder } from '../adapters/credential-folder/folders.ts';
import { createSources, type Sources } from './sources.ts';

/** Apple Wallet as a process is configured with it: a made-up authority, its credential in a folder, a token key. */
export interface AppleWalletSetup {
  sources: Sources;
  /** PEM of the made-up root. */
  rootPem: string;
  environment: Record<'APPLE_CREDENTIAL_DIR' | 'APPLE_ROOTS_FILE' | 'PASS_TOKEN_KEY_FILE' | 'PUBLIC_URL', string>;
}

/** What webServiceURL is in tests: the simulated iPhone is told where that is. */
export const publicUrl = 'https://loyalty.example.com';

let shared: AppleWalletSetup | undefined;

/** One for the process: making keys is slow. Removed when it ends. */
export function appleWalletSetup(): AppleWalletSetup {
  shared ??= createSetup();
  return shared;
}

function createSetup(): AppleWalletSetup {
  const folder = mkdtempSync(join(tmpdir(), 'orion-apple-wallet-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  const sources = createSources();
  const file = (name: string, content: string | Buffer): string => {
    const path = join(folder, name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  return {
    sources,
    rootPem: sources.rootPem,
    environment: {
      APPLE_CREDENTIAL_DIR: plainFolder(appleFiles(sources), folder),
      APPLE_ROOTS_FILE: file('roots.pem', sources.rootPem),
      PASS_TOKEN_KEY_FILE: file('pass-token-key', randomBytes(32)),
      PUBLIC_URL: publicUrl,
    },
  };
}
