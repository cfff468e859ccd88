import type { Knex } from 'knex';
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import {
  type CardKey,
  claimOfCards,
  claimOfMerchants,
  type ClaimedPass,
} from '../../adapters/postgres/wallet/claims.ts';
import { merchantsDue } from '../../adapters/postgres/wallet/due-merchants.ts';
import type { Platform } from '../../domain/wallet/pass-content.ts';
import { createLease, type Lease, leaseClocks } from './lease.ts';
import type { SyncScope } from './scope.ts';

/** Passes that were claimed together. */
export interface Claimed {
  lease: Lease;
  passes: ClaimedPass[];
}

export interface Claimant {
  /** Claims about so many passes; none: there is nothing left of this run, apart from what others have claimed. */
  claim(passes: number): Promise<Claimed>;
}

export interface ClaimantOptions {
  platform: Platform;
  scope: SyncScope;
  /** Only passes that were to be tried by then: what is put off in a run is the next run's. */
  until: Date;
}

/** Merchants that a claim is of, at most; cards of a scope that one is of. */
const limits = { merchants: 200, cards: 500 };

/** Claims passes: of every merchant in turn, so that none waits for another, however many passes he has. */
export function createClaimant(database: Knex, { platform, scope, until }: ClaimantOptions): Claimant {
  const name = `${hostname()}:${process.pid}:${randomUUID()}`;
  const next = scope.cards === undefined ? inTurn(database, { platform, scope, until }) : undefined;
  const cards = [...(scope.cards ?? [])];
  let claims = 0;
  return {
    async claim(passes) {
      const begun = leaseClocks();
      const claim = `${name}:${(claims += 1)}`;
      const wanted = { platform, claim, until };
      const found = next
        ? await claimInTurn(database, wanted, next, passes)
        : await claimNamed(database, wanted, cards, passes);
      return { lease: createLease(claim, begun), passes: found };
    },
  };
}

type Next = (limit: number) => Promise<string[]>;

/** The merchants of the scope with something due, each after the one before, and from the first again. */
function inTurn(database: Knex, { platform, scope, until }: ClaimantOptions): Next {
  let after: string | undefined;
  return async (limit) => {
    if (scope.merchants !== undefined) return [...scope.merchants];
    const behind = await merchantsDue(database, { platform, after, until, limit });
    const before =
      after === undefined || behind.length >= limit
        ? []
        : await merchantsDue(database, { platform, after: undefined, until, limit: limit - behind.length });
    const merchants = [...new Set([...behind, ...before])];
    after = merchants.at(-1);
    return merchants;
  };
}

interface Wanted {
  platform: Platform;
  claim: string;
  until: Date;
}

async function claimInTurn(database: Knex, wanted: Wanted, next: Next, passes: number): Promise<ClaimedPass[]> {
  const merchants = await next(Math.min(passes, limits.merchants));
  if (merchants.length === 0) return [];
  const ofEach = Math.max(1, Math.floor(passes / merchants.length));
  return takingTurns(await claimOfMerchants(database, wanted, merchants, ofEach));
}

/** The first of each merchant, then the second of each, and so on. */
function takingTurns(passes: readonly ClaimedPass[]): ClaimedPass[] {
  const turns = new Map<string, number>();
  const numbered = passes.map((pass) => {
    const turn = turns.get(pass.merchantId) ?? 0;
    turns.set(pass.merchantId, turn + 1);
    return { pass, turn };
  });
  return numbered.toSorted((left, right) => left.turn - right.turn).map(({ pass }) => pass);
}

/** Takes the cards off the list, so that each is tried once. */
async function claimNamed(database: Knex, wanted: Wanted, cards: CardKey[], passes: number): Promise<ClaimedPass[]> {
  while (cards.length > 0) {
    const claimed = await claimOfCards(database, wanted, cards.splice(0, Math.min(passes, limits.cards)));
    if (claimed.length > 0) return claimed;
  }
  return [];
}
