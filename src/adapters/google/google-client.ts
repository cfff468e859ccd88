import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { auth as GoogleAuth } from 'googleapis/build/src/apis/walletobjects/index.js';
import { z } from 'zod';
import type { ServiceAccount } from './service-account.ts';

export interface GoogleEndpoints {
  /** GOOGLE_TOKEN_URL, such as https://oauth2.googleapis.com/token: the whole address. The `token_uri` of the key file is never called. */
  tokenUrl: string;
  /** GOOGLE_WALLET_URL, such as https://walletobjects.googleapis.com: an origin, a path is ignored. */
  walletUrl: string;
  /** GOOGLE_CERTS_URL, such as https://www.googleapis.com/service_accounts/v1/metadata/x509: `/` and the client e-mail are appended. */
  certsUrl: string;
}

/** An HTTP answer, whatever its status; the body is not validated yet. */
export interface GoogleAnswer {
  status: number;
  /** Parsed JSON, or the text when it is not JSON. */
  body: unknown;
  /** The server's clock, from the Date header. */
  date: Date | undefined;
}

/** The calls that verifying a service account takes. They throw when there is no answer, and give back whatever answer there is. */
export interface GoogleClient {
  /** JWT bearer grant (RFC 7523). The token stays in the client for `issuer`. */
  token(): Promise<GoogleAnswer>;
  issuer(issuerId: string): Promise<GoogleAnswer>;
  /** The public certificates of the account's keys, by key id. */
  keyCertificates(): Promise<GoogleAnswer>;
}

type JwtClient = InstanceType<typeof GoogleAuth.JWT>;

/** The least scope with which an issuer can be read. */
const scope = 'https://www.googleapis.com/auth/wallet_object.issuer';

/** google-auth-library posts here whatever the key file says; it is also what the token's audience must be. */
const libraryTokenUrl = 'https://oauth2.googleapis.com/token';

/** Bytes; real answers have a few KiB. */
const maximumAnswerSize = 262_144;

const agents = { 'http:': new HttpAgent({ keepAlive: false }), 'https:': new HttpsAgent({ keepAlive: false }) };

/**
 * Makes every request of a client ours: the token address from the settings, one attempt (the caller backs off),
 * no redirect (an assertion goes nowhere else), bounded in time and size, on a connection that is closed afterwards.
 */
function governRequests(client: JwtClient, tokenUrl: string, signal: AbortSignal): void {
  client.transporter.interceptors.request.add({
    resolved: (config) => {
      if (config.url.href === libraryTokenUrl) config.url = new URL(tokenUrl);
      delete config.retryConfig;
      // An agent that is there already is a proxy's (HTTPS_PROXY).
      config.agent ??= agents[config.url.protocol === 'http:' ? 'http:' : 'https:'];
      Object.assign(config, { retry: false, redirect: 'manual', size: maximumAnswerSize, signal });
      return Promise.resolve(config);
    },
  });
}

type HeaderReader = (name: string) => string | null;
/** Headers are an object of node-fetch in errors, and a plain one in answers of the wallet library, which has no `get`. */
const headersSchema = z.object({ get: z.custom<HeaderReader>((value) => typeof value === 'function') });
const responseSchema = z.object({ status: z.number(), data: z.unknown(), headers: z.unknown() });
const failureSchema = z.object({ response: responseSchema });

function dateOf(headers: unknown): Date | undefined {
  if (!headersSchema.safeParse(headers).success) return undefined;
  const date = Date.parse((headers as Headers).get('date') ?? '');
  return Number.isNaN(date) ? undefined : new Date(date);
}

function answerOf(response: unknown): GoogleAnswer {
  const { status, data, headers } = responseSchema.parse(response);
  return { status, body: data, date: dateOf(headers) };
}

/** The library throws for a status that it does not like; with an answer in the error, it is an answer. */
async function answered(call: () => Promise<GoogleAnswer>): Promise<GoogleAnswer> {
  try {
    return await call();
  } catch (error) {
    const failure = failureSchema.safeParse(error);
    if (!failure.success) throw error;
    return answerOf(failure.data.response);
  }
}

/** Loads Google's library at the first use: 29 MB that only those need who call Google. */
async function openJwtClient(account: ServiceAccount, tokenUrl: string, signal: AbortSignal) {
  const { auth, walletobjects } = await import('googleapis/build/src/apis/walletobjects/index.js');
  // Without useAuthRequestParameters: false, GOOGLE_SDK_NODE_LOGGING would log tokens.
  const key = account.privateKey.reveal();
  const client = new auth.JWT({ email: account.clientEmail, key, scopes: [scope], useAuthRequestParameters: false });
  governRequests(client, tokenUrl, signal);
  return { client, walletobjects };
}

function tokenAnswer(client: JwtClient): Promise<GoogleAnswer> {
  return answered(async () => ({ status: 200, body: await client.authorize(), date: undefined }));
}

/** Asks for a token once. The body of a good answer has `access_token` and `expiry_date`, milliseconds since 1970. */
export async function requestToken(
  account: ServiceAccount,
  tokenUrl: string,
  signal: AbortSignal,
): Promise<GoogleAnswer> {
  return tokenAnswer((await openJwtClient(account, tokenUrl, signal)).client);
}

/** A client for one verification: its token is never older than the call. */
export async function openGoogle(
  account: ServiceAccount,
  { tokenUrl, walletUrl, certsUrl }: GoogleEndpoints,
  signal: AbortSignal,
): Promise<GoogleClient> {
  const { client, walletobjects } = await openJwtClient(account, tokenUrl, signal);
  const universeDomain = 'googleapis.com';
  const wallet = walletobjects({ version: 'v1', auth: client, rootUrl: new URL(walletUrl).origin, universeDomain });
  return {
    token: () => tokenAnswer(client),
    issuer: (resourceId) =>
      answered(async () => answerOf(await wallet.issuer.get({ resourceId }, { responseType: 'json' }))),
    keyCertificates: () =>
      answered(async () => {
        const name = encodeURIComponent(account.clientEmail).replace('%40', '@');
        const url = `${certsUrl.replace(/\/+$/, '')}/${name}`;
        return answerOf(await client.transporter.request({ url, responseType: 'json' }));
      }),
  };
}
