import type { Knex } from 'knex';
import { findKey, type FoundKey, recordUseOfKeys } from '../adapters/postgres/access/api-keys.ts';
import { apiKeyHash, apiKeyPattern } from './api-key.ts';
import type { ApiMiddleware } from './context.ts';
import type { OwnAuthentication, Principal, Scope } from './operation.ts';
import { Problem } from './problems.ts';

/** Milliseconds that a key is believed to be as it was found: a revoked one is refused within 5 s everywhere. */
const believed = { known: 2_000, unknown: 1_000 };
/** Keys in memory at most; unknown ones have room of their own, so that guesses do not drive out what is used. */
const remembered = { known: 10_000, unknown: 10_000 };

export interface Authentication {
  /** The key of an Authorization header; undefined: none that is valid. */
  principalOf: (authorization: string | undefined) => Promise<Principal | undefined>;
  /** Writes which keys were used since the last time. */
  writeUses: () => Promise<void>;
}

interface Memory {
  until: number;
  principal: Promise<Principal | undefined>;
}

/**
 * API keys by their SHA-256, which also is all that is kept in memory. That the look-up takes differently long for
 * different hashes tells nothing of a key: nobody can choose the hash of what he guesses.
 */
export function createAuthentication(deps: { database: Knex; now?: () => number }): Authentication {
  const { database, now = () => performance.now() } = deps;
  const known = new Map<string, Memory>();
  const unknown = new Map<string, Memory>();
  let uses = new Map<string, Date>();

  async function look(name: string, hash: Buffer): Promise<Principal | undefined> {
    const found = await findKey(database, hash);
    known.delete(name);
    const principal = found && toPrincipal(found);
    const memory = { until: now() + believed[found ? 'known' : 'unknown'], principal: Promise.resolve(principal) };
    if (found) remember(known, name, memory, remembered.known);
    else remember(unknown, name, memory, remembered.unknown);
    return principal;
  }

  function lookOnce(name: string, hash: Buffer): Promise<Principal | undefined> {
    const principal = look(name, hash).catch((error: unknown) => {
      known.delete(name);
      throw error;
    });
    // Whoever comes with the same key meanwhile waits for the same look.
    remember(known, name, { until: Infinity, principal }, remembered.known);
    return principal;
  }

  return {
    async principalOf(authorization) {
      const key = bearerOf(authorization);
      if (key === undefined) return undefined;
      const hash = apiKeyHash(key);
      const name = hash.toString('latin1');
      const memory = known.get(name) ?? unknown.get(name);
      const principal = await (memory && memory.until > now() ? memory.principal : lookOnce(name, hash));
      if (principal) uses.set(principal.keyId, new Date());
      return principal;
    },
    async writeUses() {
      if (uses.size === 0) return;
      const written = uses;
      uses = new Map();
      try {
        await recordUseOfKeys(database, written);
      } catch (error) {
        uses = new Map([...written, ...uses]);
        throw error;
      }
    },
  };
}

function remember(memories: Map<string, Memory>, name: string, memory: Memory, most: number): void {
  memories.delete(name);
  memories.set(name, memory);
  const [oldest] = memories.keys();
  if (memories.size > most && oldest !== undefined) memories.delete(oldest);
}

/** RFC 6750, section 2.1. */
function bearerOf(authorization: string | undefined): string | undefined {
  const [, key] = /^Bearer +(\S+) *$/i.exec(authorization ?? '') ?? [];
  return key !== undefined && apiKeyPattern.test(key) ? key : undefined;
}

function toPrincipal({ id: keyId, name, scope, merchant_id: merchantId }: FoundKey): Principal {
  if (scope !== 'store') return { keyId, name, scope };
  if (merchantId === null) throw new Error(`the store key ${keyId} has no merchant`);
  return { keyId, name, scope, merchantId };
}

/** Lets only keys of these scopes pass. */
export function authenticated(authentication: Authentication, scopes: readonly Scope[]): ApiMiddleware {
  return async function authenticate(context, next) {
    const header = context.req.headers.authorization;
    const principal = await authentication.principalOf(header);
    if (principal === undefined) throw unauthenticated(header);
    context.state.principal = principal;
    context.state.caller = principal.keyId;
    if (!scopes.includes(principal.scope)) {
      const wanted = scopes.map((scope) => `"${scope}"`).join(' or ');
      throw new Problem('forbidden', `It takes a key of scope ${wanted}; this one has "${principal.scope}".`);
    }
    await next();
  };
}

/** Lets whoever proves to be who may call, as the operation itself wants it proved. */
export function provedBy(own: OwnAuthentication): ApiMiddleware {
  return function prove(context, next) {
    const params = (context['params'] ?? {}) as Record<string, string | undefined>;
    const { authorization } = context.req.headers;
    context.state.caller = own.callerOf({ authorization, params, address: context.req.socket.remoteAddress ?? '' });
    return next();
  };
}

function unauthenticated(header: string | undefined): Problem {
  const detail =
    header === undefined
      ? 'Send an API key: Authorization: Bearer olk_…'
      : 'The Authorization header has no API key (Bearer olk_…) that is known and not revoked.';
  const error = header === undefined ? '' : ', error="invalid_token"';
  return new Problem('unauthenticated', detail, {
    headers: { 'WWW-Authenticate': `Bearer realm="orion-loyalty"${error}` },
  });
}
