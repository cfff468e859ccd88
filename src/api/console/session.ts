import { createHash, randomBytes } from 'node:crypto';
import { endSession, findSession, openSession } from '../../adapters/postgres/access/console-sessions.ts';
import type { Knex } from 'knex';
import type { ApiContext } from '../context.ts';
import type { AdminPrincipal } from '../operation.ts';

const plain = 'loyalty-console';
const tokenForm = /^[\w-]{43}$/;

/** The key that is signed in by the cookie of this request; undefined: none, or the session or its key has ended. */
export async function sessionOf(context: ApiContext, database: Knex): Promise<AdminPrincipal | undefined> {
  const token = tokenOf(context);
  return token === undefined ? undefined : findSession(database, hashOf(token));
}

/** Opens a session of a key. What the cookie holds is random, and the database knows its SHA-256 only. */
export async function signIn(context: ApiContext, database: Knex, keyId: string): Promise<void> {
  const before = tokenOf(context);
  if (before !== undefined) await endSession(database, hashOf(before));
  const token = randomBytes(32).toString('base64url');
  await openSession(database, hashOf(token), keyId);
  setCookie(context, token, '');
}

/** Ends the session of this request on every replica. */
export async function signOut(context: ApiContext, database: Knex): Promise<void> {
  const token = tokenOf(context);
  if (token !== undefined) await endSession(database, hashOf(token));
  setCookie(context, '', '; Max-Age=0');
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

function setCookie(context: ApiContext, value: string, more: string): void {
  const secure = isEncrypted(context);
  const name = secure ? `__Host-${plain}` : plain;
  // Path=/ is what __Host- wants; no other path of ours looks at cookies.
  context.set('Set-Cookie', `${name}=${value}; Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}${more}`);
}

function tokenOf(context: ApiContext): string | undefined {
  const token = context.cookies.get(isEncrypted(context) ? `__Host-${plain}` : plain);
  return token !== undefined && tokenForm.test(token) ? token : undefined;
}

const loopback = /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?$/i;

/**
 * Whether the browser is told to send the cookie over HTTPS only: always, but on a connection to the very machine, as through
 * `kubectl port-forward`. Over plain HTTP from elsewhere the browser drops the cookie, and nobody is signed in.
 */
export function isEncrypted({ req: { headers } }: ApiContext): boolean {
  return headers['x-forwarded-proto'] === 'https' || !loopback.test(headers.host ?? '');
}
