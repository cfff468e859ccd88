import type { ExpiryTerms } from '../../../../src/domain/ledger/posting.ts';
import type { Random } from './random.ts';
import type { CardRows, World } from './world.ts';

/** A card that random operations are done to, and what is known of it. */
export interface TownCard extends CardRows {
  programId: string;
  /** Amounts are multiples of it: some cards are near the limit of what a card holds. */
  unit: number;
  /** Of its latest entries. */
  entryIds: string[];
  /** Versions that freeze and unfreeze have answered. */
  statusVersions: number[];
  erased: boolean;
}

/** Merchants of several timezones, each with programs of every mode, and their cards. */
export interface Town {
  cards: TownCard[];
  /** All there ever were, erased ones too. */
  allCards: TownCard[];
  replace(card: TownCard): Promise<void>;
}

const timezones = ['Europe/Berlin', 'America/St_Johns', 'Pacific/Chatham', 'Asia/Kathmandu'];

const terms: ExpiryTerms[] = [
  { mode: 'none' },
  { mode: 'fixed', days: 10, rounding: 'none' },
  { mode: 'fixed', days: 20, rounding: 'end_of_day' },
  { mode: 'inactivity', days: 3, rounding: 'end_of_day' },
  { mode: 'inactivity', days: 2, rounding: 'none' },
  { mode: 'inactivity', days: 1, rounding: 'end_of_month' },
];

/** `customers` of each merchant have two cards each. */
export async function createTown(world: World, random: Random, customers: number): Promise<Town> {
  const cards: TownCard[] = [];
  const allCards: TownCard[] = [];
  const add = async (merchantId: string, programId: string, customerId?: string): Promise<TownCard> => {
    const rows = await world.card(merchantId, programId, customerId);
    const unit = random.below(16) === 0 ? 2 ** 45 : 1;
    const card = { ...rows, programId, unit, entryIds: [], statusVersions: [], erased: false };
    cards.push(card);
    allCards.push(card);
    return card;
  };
  for (const timezone of timezones) {
    const merchantId = await world.merchant(timezone);
    const programs = await Promise.all(terms.map((expiry) => world.program(merchantId, expiry)));
    for (let customer = 0; customer < customers; customer += 1) {
      const [one = '', other = ''] = [programs[customer % terms.length], programs[(customer + 1) % terms.length]];
      const { customerId } = await add(merchantId, one);
      await add(merchantId, other, customerId);
    }
  }
  const replace = async (card: TownCard): Promise<void> => {
    const index = cards.indexOf(card);
    if (index < 0) return;
    cards.splice(index, 1);
    await add(card.merchantId, card.programId);
  };
  return { cards, allCards, replace };
}
