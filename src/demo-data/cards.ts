import type { CardState } from '../domain/ledger/posting.ts';
import { playHistory } from './card-history.ts';
import { identifier } from './identifier.ts';
import type { CardPlan } from './intent.ts';
import { createLedgerCard, type LedgerCard } from './ledger-card.ts';
import type { DemoMerchant, DemoProgram, WorldOptions } from './merchants.ts';
import type { Region } from './names.ts';
import { day, periodOf } from './period.ts';
import { createRandom, type Random } from './random.ts';
import { scheduleCard } from './schedule.ts';

export interface DemoCustomer {
  id: string;
  externalId: string;
  name: string | null;
  erasedAt: Date | null;
}

export interface DemoCard {
  ledger: LedgerCard;
  programId: string;
  number: string;
  customer: DemoCustomer;
  createdAt: Date;
}

/** The cards of a merchant with their customers and their history, one after the other. */
export function* makeCards(options: WorldOptions, merchant: DemoMerchant, now: Date): Generator<DemoCard> {
  const counts = lotCounts(options, merchant);
  let [lots, due] = [0, 0];
  for (let index = 0; index < merchant.cards; index++) {
    const count = counts.next().value ?? options.lotsPerCard;
    lots += count;
    const card = makeCard({ options, merchant, now, index }, count, Math.round(lots * options.dueShare) - due);
    due += card.ledger.lots.filter(({ fate }) => fate === 'due').length;
    yield card;
  }
}

/** Cards differ, but two together have twice the average, so that all together have as many lots as were asked for. */
function* lotCounts({ seed, lotsPerCard }: WorldOptions, merchant: DemoMerchant): Generator<number, undefined> {
  const random = createRandom(seed, 'lots', merchant.index);
  for (let pair = 0; pair < Math.floor(merchant.cards / 2); pair++) {
    const more = random.integer(0, lotsPerCard - 1);
    yield lotsPerCard + more;
    yield lotsPerCard - more;
  }
  return undefined;
}

interface Place {
  options: WorldOptions;
  merchant: DemoMerchant;
  now: Date;
  index: number;
}

/** `dueWanted`: how many lots still have to be due for the share to be right. */
function makeCard({ options, merchant, now, index }: Place, lots: number, dueWanted: number): DemoCard {
  const { seed, years } = options;
  const random = createRandom(seed, 'card', merchant.index, index);
  const nightly = createRandom(seed, 'nightly', merchant.index, index);
  const program = programOf(random, merchant.programs);
  const period = periodOf(program.expiry);
  const { mode } = program.expiry;
  const plan: CardPlan = { mode, period, lots, due: dueOf(mode, lots, dueWanted), history: years * 365 * day };
  const intents = scheduleCard(random, plan);
  const created = (intents[0]?.at ?? 0) - random.between(0, 2 * day);
  const createdAt = new Date(now.getTime() + created);
  // So that no id is older than the epoch of ids.
  const before = plan.history + 30 * day;
  const ledger = createLedgerCard(newCard(merchant, program, identifier(random, before + created), createdAt), before);
  playHistory(ledger, { intents, period, now, random, nightly });
  const customer = {
    id: identifier(random, before + created),
    ...personOf(random, merchant.region, index),
    erasedAt: null,
  };
  return leave(random, { ledger, programId: program.id, number: numberOf(merchant, index), customer, createdAt }, now);
}

function programOf(random: Random, programs: readonly DemoProgram[]): DemoProgram {
  let chosen = random.fraction();
  for (const program of programs) {
    if (chosen < program.share) return program;
    chosen -= program.share;
  }
  return programs[0] as DemoProgram;
}

function dueOf(mode: CardPlan['mode'], lots: number, wanted: number): number {
  if (mode === 'none') return 0;
  if (mode === 'fixed') return Math.max(0, Math.min(wanted, lots));
  return wanted >= lots / 2 ? lots : 0;
}

function newCard(merchant: DemoMerchant, program: DemoProgram, id: string, createdAt: Date): CardState {
  const { expiry, warningDays } = program;
  const terms = { expiry, warningDays, timezone: merchant.region.timezone };
  return {
    merchantId: merchant.id,
    id,
    status: 'active',
    balance: 0,
    version: 1,
    lastActivityAt: createdAt,
    program: terms,
  };
}

function personOf(random: Random, region: Region, index: number): Pick<DemoCustomer, 'externalId' | 'name'> {
  const [given, family] = [random.pick(region.givenNames), random.pick(region.familyNames)];
  const name = region.familyNameFirst ? `${family} ${given}` : `${given} ${family}`;
  return { externalId: `customer-${index + 1}`, name };
}

/** Sixteen digits, the last of them by Luhn. Multiplied by what shares no factor with the modulus, no number comes twice. */
function numberOf(merchant: DemoMerchant, index: number): string {
  const digits = `${6000 + (merchant.index % 1000)}${String((index * 1_234_567_891 + 98_765_432_101) % 1e11).padStart(11, '0')}`;
  const sum = digits.split('').reduce((total, digit, place) => total + luhn(Number(digit), place), 0);
  return `${digits}${(10 - (sum % 10)) % 10}`;
}

function luhn(digit: number, place: number): number {
  if (place % 2 === 1) return digit;
  return digit < 5 ? 2 * digit : 2 * digit - 9;
}

/** A few customers were erased, and a few cards are frozen. */
function leave(random: Random, made: DemoCard, now: Date): DemoCard {
  const { card } = made.ledger;
  const choice = random.fraction();
  if (choice >= 0.015) return made;
  card.version += 1;
  card.status = choice < 0.005 ? 'closed' : 'frozen';
  if (card.status === 'frozen') return made;
  const customer = { ...made.customer, externalId: `erased-${identifier(random, 0)}`, name: null, erasedAt: now };
  return { ...made, customer };
}
