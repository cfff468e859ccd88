import { randomBytes, type KeyObject } from 'node:crypto';
import { generateRsaKey } from './key-pair.ts';

/** The JSON that the Google Cloud console hands out for a service-account key; names and order are Google's. */
export interface ServiceAccount {
  type: string;
  project_id: string;
  private_key_id: string;
  /** PKCS#8 PEM. */
  private_key: string;
  client_email: string;
  client_id: string;
  auth_uri: string;
  token_uri: string;
  auth_provider_x509_cert_url: string;
  client_x509_cert_url: string;
  universe_domain: string;
}

export interface ServiceAccountRequest {
  /** Default: a new RSA key of 2048 bits. */
  privateKey?: KeyObject;
  /** 40 hexadecimal digits. Default: random. */
  privateKeyId?: string;
  projectId?: string;
  accountName?: string;
}

/** A service account as Google writes it, with a key that no Google knows. */
export function createServiceAccount(request: ServiceAccountRequest = {}): ServiceAccount {
  const { privateKey = generateRsaKey().privateKey, projectId = 'orion-example', accountName = 'wallet' } = request;
  const clientEmail = `${accountName}@${projectId}.iam.gserviceaccount.com`;
  return {
    type: 'service_account',
    project_id: projectId,
    private_key_id: request.privateKeyId ?? randomBytes(20).toString('hex'),
    private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    client_email: clientEmail,
    client_id: '100000000000000000000',
    auth_uri: 'https://accounts.google.com/o/oauth2/auth',
    token_uri: 'https://oauth2.googleapis.com/token',
    auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
    client_x509_cert_url: `https://www.googleapis.com/robot/v1/metadata/x509/${encodeURIComponent(clientEmail)}`,
    universe_domain: 'googleapis.com',
  };
}

/** Two spaces and a line end at the end, as Google writes the file. */
export function toJsonFile(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
