import type { Provider } from '../../domain/credentials/wallet-credential.ts';

/** The setting that names the folder. */
export const folderSettings: Record<Provider, string> = {
  google: 'GOOGLE_CREDENTIAL_DIR',
  apple: 'APPLE_CREDENTIAL_DIR',
};

/** {revision, fingerprint, keyFirstSeen, rotateBy}, which the controller writes; a plain folder may do without. */
export const metadataFile = 'metadata.json';

/** What a folder must hold: the keys of the live Secret (contract), with words for messages. */
export const requiredFiles: Record<Provider, Readonly<Record<string, string>>> = {
  google: {
    'google-wallet-sa.json': 'the JSON key file of the service account',
    'issuer-id': 'the issuer id, as in 3388000000012345678',
  },
  apple: {
    'signer.pem': 'the Pass Type ID certificate',
    'signer.key': 'its private key (PKCS#8, no passphrase)',
    'wwdr.pem': 'the Apple WWDR certificate that issued it',
    'pass-type-identifier': 'the pass type identifier, as in pass.com.example.loyalty',
    'team-identifier': 'the team identifier, as in ABCDE12345',
  },
};

/** Files with key material: in a plain folder nobody else may read or write them. */
export const keyFiles: readonly string[] = ['google-wallet-sa.json', 'signer.key'];

export function filesOf(provider: Provider): string[] {
  return [...Object.keys(requiredFiles[provider]), metadataFile];
}
