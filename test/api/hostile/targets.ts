import { randomUUID } from 'node:crypto';
import type { Chance } from '../../domain/credentials/checks/mutation.ts';
import type { DocumentedOperation } from '../document.ts';
import type { Merchant, NewCard, World } from '../world.ts';
import type { KnownValues } from './request.ts';

/** What exists and may be hit: cards with entries of the home merchant; and those of the other, for keys that must not see them. */
export interface Targets {
  /** Cards that are new, in place of those that were closed or frozen by what hit them. */
  renew(): Promise<void>;
  known(chance: Chance): KnownValues;
}

interface TargetCard extends NewCard {
  entries: string[];
}

const cardsAtOnce = 10;

export function createTargets(world: World, foreign: readonly TargetCard[]): Targets {
  const { home } = world;
  let cards: TargetCard[] = [];
  let keys: string[] = [];
  let runs: string[] = [];
  return {
    async renew() {
      cards = await Promise.all(Array.from({ length: cardsAtOnce }, () => bookedCard(world, home)));
      keys = [await world.newKeyId(), await world.newKeyId()];
      runs = [await world.run(cards.slice(0, 2)), await world.run([], { task: 'sync-wallets' })];
    },
    known:
      ({ pick, below }) =>
      (name, operation) => {
        const card = pick(isOfStore(operation) && below(5) === 0 ? foreign : cards);
        switch (name) {
          case 'card_id':
            return card.id;
          case 'entry_id':
            return pick(card.entries);
          case 'customer_id':
            return card.customerId;
          case 'number':
            return operation.method === 'GET' ? card.number : undefined;
          case 'external_id':
            return operation.method === 'GET' ? card.externalId : randomUUID();
          case 'program_id':
            return home.programId;
          case 'merchant_id':
            return home.id;
          case 'timezone':
            return 'Europe/Berlin';
          case 'api_key_id':
            return pick(keys);
          case 'run_id':
            return pick(runs);
          case 'image_name':
            return 'icon.png';
          default:
            return undefined;
        }
      },
  };
}

export function isOfStore({ tag }: DocumentedOperation): boolean {
  return tag === 'Loyalty - Store';
}

/** A card with an earn and a redeem. */
export async function bookedCard(world: World, merchant: Merchant): Promise<TargetCard> {
  const card = await world.newCard(merchant);
  const earned = await world.earn(card, 1_000, merchant);
  return { ...card, entries: [earned, await world.redeem(card, 10, merchant)] };
}
