import type { Finding, Reading } from '../reading/finding.ts';
import { isObject, mistakenJsonOf } from './google-kinds.ts';
import { leastRsaBits } from '../reading/limits.ts';
import type { PrivateKey } from '../reading/private-key.ts';
import { listed } from '../reading/quote.ts';

/** What is asked: the parsed file, and what its private key is. */
export interface GoogleCandidate {
  /** As in "google-wallet-sa.json of Secret google-wallet-source". */
  where: string;
  json: unknown;
  /** Undefined: there is none to read. */
  privateKey: Reading<PrivateKey> | undefined;
}

type Check = (candidate: GoogleCandidate) => Finding | undefined;

/** Fields without which no token can be had, in the order in which they are asked for. */
const wantedFields = ['client_email', 'private_key', 'private_key_id', 'project_id', 'token_uri'] as const;

/** Fields that are shown in the status have to look like what they are: a key pasted into one must not be shown. */
const shapes: Partial<Record<(typeof wantedFields)[number], RegExp>> = {
  client_email: /^[\w.+-]{1,128}@[a-z0-9.-]{1,128}$/i,
  private_key_id: /^[\w-]{1,64}$/,
};

const universe = 'googleapis.com';

/** Where Google takes signed assertions for tokens: today's address, and those of older key files. */
const tokenUris: readonly unknown[] = [
  'https://oauth2.googleapis.com/token',
  'https://oauth2.mtls.googleapis.com/token',
  'https://accounts.google.com/o/oauth2/token',
  'https://www.googleapis.com/oauth2/v3/token',
  'https://www.googleapis.com/oauth2/v4/token',
];

export function fieldOf(json: unknown, name: string): unknown {
  return isObject(json) && Object.hasOwn(json, name) ? json[name] : undefined;
}

export function textOf(json: unknown, name: string): string | undefined {
  const value = fieldOf(json, name);
  return typeof value === 'string' && value.trim() !== '' ? value : undefined;
}

const checkKind: Check = ({ where, json }) => {
  const kind = mistakenJsonOf(json);
  if (kind === undefined) return undefined;
  const message = `${where} holds ${kind}; expected the JSON key file of a service account (type service_account). Create a service account, download a JSON key for it, and give it access to the issuer in the Google Pay and Wallet console.`;
  return { reason: 'NotServiceAccount', message };
};

const checkFields: Check = ({ where, json }) => {
  const absent = wantedFields.filter((name) => textOf(json, name) === undefined);
  if (absent.length > 0) {
    const message = `${where} lacks ${listed(absent)}; expected the whole JSON key file of a service account. Download a new key, or copy the whole file.`;
    return { reason: 'FieldMissing', message };
  }
  const misshapen = wantedFields.filter((name) => shapes[name]?.test(textOf(json, name) ?? '') === false);
  if (misshapen.length === 0) return undefined;
  const message = `${where} has something else in ${listed(misshapen)} than what the name says; expected a field as the Google Cloud console writes it. Download a new key, or copy the file again.`;
  return { reason: 'FieldMissing', message };
};

const checkReadable: Check = ({ privateKey }) =>
  privateKey && 'finding' in privateKey ? privateKey.finding : undefined;

const checkKeyType: Check = ({ where, privateKey }) => {
  if (!privateKey || 'finding' in privateKey || privateKey.value.kind === 'rsa') return undefined;
  const message = `private_key of ${where} is of type ${privateKey.value.name}; Google's service accounts have RSA keys. Download a new key.`;
  return { reason: 'UnsupportedKeyType', message };
};

const checkKeyLength: Check = ({ where, privateKey }) => {
  if (!privateKey || 'finding' in privateKey || privateKey.value.kind !== 'rsa') return undefined;
  const { modulusBits } = privateKey.value.publicKey;
  if (modulusBits >= leastRsaBits) return undefined;
  const message = `private_key of ${where} is an RSA key of ${modulusBits} bits; at least ${leastRsaBits} are expected. Create a new key for the service account.`;
  return { reason: 'WeakKey', message };
};

const checkUniverse: Check = ({ where, json }) => {
  const value = fieldOf(json, 'universe_domain');
  if (value === undefined || value === universe) return undefined;
  const message = `universe_domain of ${where} is not ${universe}; Google Wallet is in no other universe. Use a service account of the public Google Cloud.`;
  return { reason: 'UnknownUniverse', message };
};

const checkTokenUri: Check = ({ where, json }) => {
  if (tokenUris.includes(fieldOf(json, 'token_uri'))) return undefined;
  const message = `token_uri of ${where} is not an address of Google; expected https://oauth2.googleapis.com/token, and no other is called. Download a new key, or copy the file again.`;
  return { reason: 'UnknownTokenUri', message };
};

export const googleChecks: readonly Check[] = [
  checkKind,
  checkFields,
  checkReadable,
  checkKeyType,
  checkKeyLength,
  checkUniverse,
  checkTokenUri,
];
