import { randomBytes } from 'node:crypto';
import { toJsonFile } from './service-account.ts';

/** What people put where the service-account JSON belongs. Shapes as Google Cloud writes them; the secrets in them open nothing. */

const clientId = '100000000000-orionexample.apps.googleusercontent.com';

/** The download of an OAuth client, as the console names it `client_secret_….json`. */
export function oauthClient(application: 'installed' | 'web' = 'installed'): string {
  return toJsonFile({
    [application]: {
      client_id: clientId,
      project_id: 'orion-example',
      auth_uri: 'https://accounts.google.com/o/oauth2/auth',
      token_uri: 'https://oauth2.googleapis.com/token',
      auth_provider_x509_cert_url: 'https://www.googleapis.com/oauth2/v1/certs',
      client_secret: `GOCSPX-${randomText(21)}`,
      redirect_uris: [application === 'web' ? 'https://loyalty.example.com/callback' : 'http://localhost'],
    },
  });
}

/** What `gcloud auth application-default login` leaves behind. */
export function authorizedUser(): string {
  return toJsonFile({
    account: '',
    client_id: clientId,
    client_secret: randomText(18),
    quota_project_id: 'orion-example',
    refresh_token: `1//${randomText(48)}`,
    type: 'authorized_user',
    universe_domain: 'googleapis.com',
  });
}

/** A workload identity federation configuration. */
export function externalAccount(): string {
  return toJsonFile({
    universe_domain: 'googleapis.com',
    type: 'external_account',
    audience:
      '//iam.googleapis.com/projects/100000000000/locations/global/workloadIdentityPools/example/providers/example',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    token_url: 'https://sts.googleapis.com/v1/token',
    service_account_impersonation_url:
      'https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/wallet@orion-example.iam.gserviceaccount.com:generateAccessToken',
    credential_source: { file: '/var/run/secrets/tokens/gcp', format: { type: 'text' } },
  });
}

/** An API key: 39 characters that begin with AIza, and no JSON at all. */
export function apiKey(): string {
  return `AIza${randomText(35)}`;
}

function randomText(length: number): string {
  return randomBytes(length).toString('base64url').slice(0, length);
}
