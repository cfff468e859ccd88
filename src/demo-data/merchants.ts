import type { ExpiryTerms } from '../domain/ledger/posting.ts';
import { identifier } from './identifier.ts';
import { regions, type Region } from './names.ts';
import { day, periodOf } from './period.ts';
import { createRandom, type Random } from './random.ts';

/** What is asked for. */
export interface WorldOptions {
  merchants: number;
  cards: number;
  /** On average over two cards; exactly over an even number of them. */
  lotsPerCard: number;
  /** Share of all lots that have points, have expired and are not zeroed: what the next expire-points finds. From 0 to 1. */
  dueShare: number;
  years: number;
  seed: string;
}

export interface DemoProgram {
  id: string;
  name: string;
  pointsName: string;
  expiry: ExpiryTerms;
  warningDays: number;
  /** Share of the merchant's cards. */
  share: number;
}

export interface DemoMerchant {
  index: number;
  id: string;
  name: string;
  region: Region;
  cards: number;
  programs: DemoProgram[];
}

/** The merchants of the world: with programs of each expiry mode, in one timezone after the other, some larger than others. */
export function planMerchants(options: WorldOptions): DemoMerchant[] {
  const weights = Array.from({ length: options.merchants }, (_, index) =>
    createRandom(options.seed, 'size', index).between(0.4, 1.6),
  );
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  let [weighed, given] = [0, 0];
  return weights.map((weight, index) => {
    weighed += weight;
    const cards = Math.round((options.cards * weighed) / whole) - given;
    given += cards;
    return planMerchant(options, index, cards);
  });
}

function planMerchant(options: WorldOptions, index: number, cards: number): DemoMerchant {
  const random = createRandom(options.seed, 'merchant', index);
  // Worlds of different seeds in one database should not look the same.
  const place = index + createRandom(options.seed, 'place').integer(0, 47);
  const region = regions[place % regions.length] as Region;
  const id = identifier(random, index * 1_000);
  return { index, id, name: nameOf(region, place), region, cards, programs: planPrograms(options, index, random) };
}

function nameOf({ shops }: Region, place: number): string {
  const turn = Math.floor(place / regions.length);
  const branch = Math.floor(turn / shops.length);
  const shop = shops[turn % shops.length] as string;
  return branch === 0 ? shop : `${shop} ${branch + 1}`;
}

const modes = ['fixed', 'inactivity', 'none'] as const;
const roundings = ['end_of_month', 'end_of_day', 'none'] as const;
const cardNames = ['Club', 'Gold', 'Staff'] as const;
const shares = [0.75, 0.2, 0.05] as const;

/** One program of each mode; which of them most cards have takes turns, and so does the rounding. */
function planPrograms({ years, dueShare }: WorldOptions, index: number, random: Random): DemoProgram[] {
  const turn = index + Math.floor(index / regions.length);
  const planned = cardNames.map((name, place): DemoProgram => {
    const mode = modes[(turn + place) % modes.length] as (typeof modes)[number];
    const rounding = roundings[(turn + place + Math.floor(turn / modes.length)) % roundings.length];
    return {
      id: identifier(random, index * 1_000 + 1 + place),
      name,
      pointsName: random.pick(['points', 'beans', 'stars', 'miles']),
      expiry: mode === 'none' ? { mode } : { mode, days: random.pick(daysWithin(years)), rounding: rounding ?? 'none' },
      warningDays: random.pick([14, 30, 60]),
      share: shares[place] ?? 0,
    };
  });
  return withRoomForDue(planned, dueShare);
}

/** Periods of which a whole one has passed within the history, so that lots can be due and expired. */
function daysWithin(years: number): number[] {
  const longest = periodOf({ mode: 'fixed', days: 0, rounding: 'end_of_month' }).late + 30 * day;
  return [90, 180, 365, 730].filter((days) => days * day + longest <= years * 365 * day);
}

/** Points that never expire are never due: when many are to be due, fewer cards are of such a program. */
function withRoomForDue(programs: DemoProgram[], dueShare: number): DemoProgram[] {
  const never = programs.find(({ expiry }) => expiry.mode === 'none')?.share ?? 0;
  const room = Math.min(never, (1 - dueShare) / 2);
  return programs.map((program) => ({
    ...program,
    share: program.expiry.mode === 'none' ? room : (program.share * (1 - room)) / (1 - never),
  }));
}
