import { fabricateRsaKey } from './fabricated-rsa-key.ts';
import { generateEcKey, generateRsaKey } from './key-pair.ts';
import { privateKeyPem } from './private-key-encodings.ts';
import { tooLarge, type Flaw } from './flaw.ts';
import { apiKey, authorizedUser, externalAccount, oauthClient } from './mistaken-google-credentials.ts';
import { toJsonFile, type ServiceAccount } from './service-account.ts';

export interface GoogleFlawDefinition extends Flaw {
  /** The file's content made from a good account; undefined: there is no file. */
  file: (account: ServiceAccount) => string | undefined;
}

function withFields(account: ServiceAccount, fields: Partial<ServiceAccount>): string {
  return toJsonFile({ ...account, ...fields });
}

const definitions = {
  'missing-key': {
    description: 'no service-account file in the Secret',
    reason: 'DataKeyMissing',
    file: () => undefined,
  },
  'too-large': {
    description: 'a service-account file of 128 KiB',
    reason: 'TooLarge',
    file: () => tooLarge,
  },
  'malformed-json': {
    description: 'half of a service-account file',
    reason: 'MalformedJson',
    file: (account) => toJsonFile(account).slice(0, 400),
  },
  'twice-encoded': {
    description: 'a file that was base64-encoded twice',
    reason: 'MalformedJson',
    file: (account) => Buffer.from(toJsonFile(account)).toString('base64'),
  },
  'api-key': {
    description: 'an API key instead of the service account',
    reason: 'MalformedJson',
    file: apiKey,
  },
  'oauth-client': {
    description: 'an OAuth client of a desktop application',
    reason: 'NotServiceAccount',
    file: () => oauthClient('installed'),
  },
  'oauth-web-client': {
    description: 'an OAuth client of a web application',
    reason: 'NotServiceAccount',
    file: () => oauthClient('web'),
  },
  'authorized-user': {
    description: "a person's own credentials",
    reason: 'NotServiceAccount',
    file: authorizedUser,
  },
  'external-account': {
    description: 'a workload identity federation configuration',
    reason: 'NotServiceAccount',
    file: externalAccount,
  },
  'missing-field': {
    description: 'a service account without its e-mail address',
    reason: 'FieldMissing',
    file: (account) => toJsonFile({ ...account, client_email: undefined }),
  },
  'malformed-key': {
    description: 'half of a private key',
    reason: 'MalformedPrivateKey',
    file: (account) =>
      withFields(account, { private_key: account.private_key.slice(0, account.private_key.length / 2) }),
  },
  'ecdsa-key': {
    description: 'an ECDSA key',
    reason: 'UnsupportedKeyType',
    file: (account) => withFields(account, { private_key: privateKeyPem(generateEcKey().privateKey) }),
  },
  'weak-key': {
    description: 'an RSA key of 1024 bits',
    reason: 'WeakKey',
    file: (account) => withFields(account, { private_key: privateKeyPem(generateRsaKey(1024).privateKey) }),
  },
  'huge-key': {
    description: 'an RSA key of 16384 bits',
    reason: 'TooExpensive',
    file: (account) => withFields(account, { private_key: privateKeyPem(fabricateRsaKey(16_384).privateKey) }),
  },
  'json-bomb': {
    description: 'JSON of 30,000 arrays in each other',
    reason: 'TooExpensive',
    file: () => '['.repeat(30_000) + ']'.repeat(30_000),
  },
  'other-universe': {
    description: 'an account of another universe than googleapis.com',
    reason: 'UnknownUniverse',
    file: (account) => withFields(account, { universe_domain: 'example.com' }),
  },
  'other-token-uri': {
    description: "a token URI that is not Google's",
    reason: 'UnknownTokenUri',
    file: (account) => withFields(account, { token_uri: 'https://oauth2.example.com/token' }),
  },
} satisfies Record<string, GoogleFlawDefinition>;

export type GoogleFlaw = keyof typeof definitions;
export const googleFlaws: Readonly<Record<GoogleFlaw, GoogleFlawDefinition>> = definitions;
