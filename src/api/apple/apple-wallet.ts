import type { Knex } from 'knex';
import type { CredentialFolder } from '../../adapters/credential-folder/credential-folder.ts';
import { readPassContents } from '../../adapters/postgres/wallet/pass-content.ts';
import type { Pass } from '../../adapters/postgres/wallet/passes.ts';
import type { Redacted } from '../../domain/redacted.ts';
import { passJson } from '../../domain/wallet/apple/pass-json.ts';
import { makePkpass } from '../../domain/wallet/apple/pkpass.ts';
import { passSignerOf } from '../../domain/wallet/apple/signature.ts';
import { hasPassToken, passToken } from '../../domain/wallet/apple/token.ts';
import { createProgramFiles } from './program-files.ts';

/** With what Apple Wallet is configured. */
export interface AppleWalletSettings {
  folder: CredentialFolder;
  /** PASS_TOKEN_KEY_FILE. */
  tokenKey: Redacted<Buffer>;
  /** PUBLIC_URL. */
  publicUrl: string;
}

/** Makes passes for Apple Wallet, with the credential that is live at the moment. */
export interface AppleWallet {
  passTypeIdentifier(): string;
  /** Whether an Authorization header has the token of the pass with this serial number. */
  isHolder(serialNumber: string, authorization: string | undefined): boolean;
  /** The signed pass as it is to be shown now, and which version of it that is; undefined: the card is gone. */
  make(database: Knex, pass: Pass, now: Date | undefined): Promise<{ pkpass: Buffer; version: number } | undefined>;
}

export function createAppleWallet({ folder, tokenKey, publicUrl }: AppleWalletSettings): AppleWallet {
  const programFiles = createProgramFiles();
  const webServiceURL = publicUrl.replace(/\/+$/, '');
  return {
    passTypeIdentifier: () => passSignerOf(folder.current()).passTypeIdentifier,
    isHolder: (serialNumber, authorization) => hasPassToken(tokenKey, serialNumber, authorization),
    async make(database, pass, now) {
      const { objectId: serialNumber } = pass;
      const [content] = await readPassContents(database, 'apple', [pass], now);
      if (content === undefined) return undefined;
      const files = await programFiles.of(database, content);
      // One object for all of it: whatever goes live meanwhile is for the next pass.
      const signer = passSignerOf(folder.current());
      const { passTypeIdentifier, teamIdentifier } = signer;
      const authenticationToken = passToken(tokenKey, serialNumber);
      const identity = { passTypeIdentifier, teamIdentifier, serialNumber, authenticationToken, webServiceURL };
      const pkpass = await makePkpass(passJson(content, identity), files, { signer, now: now ?? new Date() });
      return { pkpass, version: content.version };
    },
  };
}
