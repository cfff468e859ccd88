import { day, type Period } from './period.ts';
import type { Random } from './random.ts';

/** Something that is to happen to a card. */
export interface Intent {
  /** Milliseconds from now; negative. */
  at: number;
  act: 'earn' | 'add' | 'redeem' | 'take' | 'void' | 'restore';
  /** To earn or add: points. To redeem or take: the share of what can be drawn. Else 0. */
  size: number;
  /** Of a lot that keeps some points: `due`, until now, for nobody zeroes it; `kept`, until it is zeroed. */
  fate?: 'due' | 'kept';
}

/** What a card is to look like. */
export interface CardPlan {
  mode: 'none' | 'fixed' | 'inactivity';
  period: Period;
  /** To be made; at least one. */
  lots: number;
  /** How many of them are to be due now; in mode `inactivity` none or all, in mode `none` none. */
  due: number;
  /** How far back it goes, in milliseconds; longer than the period and {@link dueFor}. */
  history: number;
}

export const minute = 60_000;

/** How long ago the first of what is due now has expired, at most. */
export const dueFor = 20 * day;

/** The last thing happened some minutes ago. */
export const latest = -10 * minute;

export function earning(random: Random, at: number): Intent {
  return { at, act: 'earn', size: Math.ceil(random.between(1, 22) ** 2) };
}

export function adding(random: Random, at: number): Intent {
  return { at, act: 'add', size: random.pick([50, 100, 100, 250, 500]) };
}

export function drawing(random: Random, at: number): Intent {
  return { at, act: random.chance(0.04) ? 'take' : 'redeem', size: random.between(0.15, 1) };
}
