import { googleError } from './google-error.ts';
import type { Reply } from '../reply.ts';
import type { Tokens } from './token-endpoint.ts';

const walletScope = 'https://www.googleapis.com/auth/wallet_object.issuer';

/** Issuer ids with the e-mail addresses that may use them. */
export type Issuers = Map<string, Set<string>>;

/** What a call of the Wallet API comes with, and what Google knows. */
export interface Caller {
  authorization: string | undefined;
  tokens: Tokens;
  issuers: Issuers;
  now: Date;
}

/** Why a caller may not use an issuer: every call needs a bearer token that this Google gave out, for the right scope. */
export function issuerRefusal(issuerId: string, { authorization, tokens, issuers, now }: Caller): Reply | undefined {
  const token = tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '');
  if (!token || token.expiresAt <= now.getTime()) return googleError('authError');
  if (!token.scopes.includes(walletScope)) return googleError('forbidden');
  if (!/^\d+$/.test(issuerId)) return googleError('badRequest');
  const users = issuers.get(issuerId);
  if (!users) return googleError('issuerNotFound');
  return users.has(token.clientEmail) ? undefined : googleError('permissionDenied');
}

/** `GET /walletobjects/v1/issuer/{issuerId}`. */
export function readIssuer(issuerId: string, caller: Caller): Reply {
  const refusal = issuerRefusal(issuerId, caller);
  if (refusal) return refusal;
  return {
    status: 200,
    json: { issuerId, name: 'Orion Example', contactInfo: { email: 'wallet@example.com' } },
  };
}
