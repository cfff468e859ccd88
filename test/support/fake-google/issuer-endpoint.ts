import { googleError } from './google-error.ts';
import type { Reply } from '../reply.ts';
import type { Tokens } from './token-endpoint.ts';

const walletScope = 'https://www.googleapis.com/auth/wallet_object.issuer';

/** Issuer ids with the e-mail addresses that may use them. */
export type Issuers = Map<string, Set<string>>;

/** `GET /walletobjects/v1/issuer/{issuerId}` with a bearer token that this Google gave out, for the right scope. */
export function readIssuer(
  issuerId: string,
  authorization: string | undefined,
  tokens: Tokens,
  issuers: Issuers,
  now: Date,
): Reply {
  const token = tokens.get(/^Bearer (.+)$/.exec(authorization ?? '')?.[1] ?? '');
  if (!token || token.expiresAt <= now.getTime()) return googleError('authError');
  if (!token.scopes.includes(walletScope)) return googleError('forbidden');
  if (!/^\d+$/.test(issuerId)) return googleError('badRequest');
  const users = issuers.get(issuerId);
  if (!users) return googleError('issuerNotFound');
  if (!users.has(token.clientEmail)) return googleError('permissionDenied');
  return {
    status: 200,
    json: { issuerId, name: 'Orion Example', contactInfo: { email: 'wallet@example.com' } },
  };
}
