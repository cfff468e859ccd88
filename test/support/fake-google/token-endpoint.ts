import { randomBytes, verify } from 'node:crypto';
import { z } from 'zod';
import type { Accounts, RegisteredAccount } from './accounts.ts';
import { tokenError } from './google-error.ts';
import type { Reply } from '../reply.ts';

/** Google takes this audience, wherever the request arrives: https://developers.google.com/identity/protocols/oauth2/service-account */
const audience = 'https://oauth2.googleapis.com/token';
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
const longestLifeSeconds = 3600;
const toleranceSeconds = 300;

const headerSchema = z.object({ alg: z.literal('RS256') });
const claimsSchema = z.object({
  iss: z.string(),
  scope: z.string(),
  aud: z.literal(audience),
  iat: z.number(),
  exp: z.number(),
});
type Claims = z.infer<typeof claimsSchema>;

export interface IssuedToken {
  clientEmail: string;
  scopes: string[];
  expiresAt: number;
}

/** The tokens that are out. */
export type Tokens = Map<string, IssuedToken>;

function decode<T>(schema: z.ZodType<T>, part: string | undefined): T | undefined {
  try {
    return schema.safeParse(JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'))).data;
  } catch {
    return undefined;
  }
}

/** Google finds the key by trying, when the header has no `kid`. Expired and deleted keys sign nothing. */
function signatureFits(account: RegisteredAccount, assertion: string, now: Date): boolean {
  const [header, payload, signature] = assertion.split('.');
  const signed = Buffer.from(`${header}.${payload}`);
  const keys = [...account.keys.values()].filter(({ notAfter }) => notAfter > now);
  return keys.some(({ publicKey }) => verify('sha256', signed, publicKey, Buffer.from(signature ?? '', 'base64url')));
}

function timeFits({ iat, exp }: Claims, now: Date): boolean {
  const seconds = now.getTime() / 1000;
  return (
    exp > seconds &&
    iat < seconds + toleranceSeconds &&
    exp - iat <= longestLifeSeconds &&
    exp <= seconds + longestLifeSeconds + toleranceSeconds
  );
}

function refusal(accounts: Accounts, claims: Claims, assertion: string, now: Date): Reply | undefined {
  if (!timeFits(claims, now)) {
    const text =
      'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.';
    return tokenError('invalid_grant', text);
  }
  const account = accounts.find(claims.iss);
  if (!account) return tokenError('invalid_grant', 'Invalid grant: account not found');
  if (account.disabled) return tokenError('invalid_grant', 'Robot is disabled.');
  if (!signatureFits(account, assertion, now)) return tokenError('invalid_grant', 'Invalid JWT Signature.');
  if (!claims.scope.includes('https://www.googleapis.com/auth/')) {
    return tokenError('invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  }
  return undefined;
}

/** JWT bearer grant (RFC 7523) as strict as Google's: signature, audience, scope, and a life of an hour at most. */
export function exchangeAssertion(form: URLSearchParams, accounts: Accounts, tokens: Tokens, now: Date): Reply {
  if (form.get('grant_type') !== grantType) return tokenError('unsupported_grant_type', 'Invalid grant_type');
  const assertion = form.get('assertion') ?? '';
  const [header, payload] = assertion.split('.');
  const claims = decode(claimsSchema, payload);
  if (!decode(headerSchema, header) || !claims) return tokenError('invalid_request', 'Bad Request');
  const refused = refusal(accounts, claims, assertion, now);
  if (refused) return refused;
  const token = `ya29.c.${randomBytes(96).toString('base64url')}`;
  const expiresAt = now.getTime() + longestLifeSeconds * 1000;
  tokens.set(token, { clientEmail: claims.iss, scopes: claims.scope.split(' '), expiresAt });
  return { status: 200, json: { access_token: token, expires_in: longestLifeSeconds - 1, token_type: 'Bearer' } };
}
