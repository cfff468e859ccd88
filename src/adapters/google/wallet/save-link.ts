import { importPKCS8, SignJWT } from 'jose';
import { issuerOf } from '../../../domain/wallet/google/ids.ts';
import type { Identity } from './identity.ts';

const saveUrl = 'https://pay.google.com/gp/v/save/';

/** Characters of a JWT that Google takes in a link. */
const longest = 1_800;

export interface SaveLink {
  object: { id: string; classId: string };
  /** Origins of the pages that show it. */
  origins: readonly string[];
  now: Date;
}

/**
 * Signs a link with which a customer saves an object (https://developers.google.com/wallet/retail/loyalty-cards/use-cases/jwt). The object
 * exists by then, so its id and class are enough: a link with all of it would soon be too long.
 */
export async function saveLinkOf(identity: Identity, { object, origins, now }: SaveLink): Promise<string> {
  const { issuerId, account } = identity;
  if (issuerOf(object.id) !== issuerId) {
    throw new TypeError(`object ${object.id} is not of issuer ${issuerId}, whose credential is in use`);
  }
  const key = await importPKCS8(account.privateKey.reveal(), 'RS256');
  const payload = { typ: 'savetowallet', origins, payload: { loyaltyObjects: [object] } };
  const jwt = await new SignJWT(payload)
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT' })
    .setIssuer(account.clientEmail)
    .setAudience('google')
    .setIssuedAt(now)
    .sign(key);
  if (jwt.length <= longest) return `${saveUrl}${jwt}`;
  throw new RangeError(
    `the save link's JWT has ${jwt.length} characters, and Google takes ${longest}: give fewer origins`,
  );
}
