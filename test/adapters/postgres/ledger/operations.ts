import type { Knex } from 'knex';
import { adjust, type ChangeAnswer, earn, redeem, voidEntry } from '../../../../src/adapters/postgres/ledger/change.ts';
import { eraseCustomer } from '../../../../src/adapters/postgres/ledger/erase.ts';
import { expireCards } from '../../../../src/adapters/postgres/ledger/expire.ts';
import { restoreEntries } from '../../../../src/adapters/postgres/ledger/restore-entries.ts';
import { restore } from '../../../../src/adapters/postgres/ledger/restore.ts';
import { freeze, unfreeze } from '../../../../src/adapters/postgres/ledger/status.ts';
import { isRefusal, type RefusalCode } from '../../../../src/domain/ledger/refusal.ts';
import type { Random } from './random.ts';
import type { Town, TownCard } from './town.ts';
import { cause } from './world.ts';

export interface Surroundings {
  database: Knex;
  town: Town;
  random: Random;
  now: Date;
}

/** What came of it: a refusal's code or what was done. */
type Outcome = RefusalCode | 'done' | 'nothing';

interface Operation {
  name: string;
  /** How often it is chosen, among all. */
  weight: number;
  refusals: readonly RefusalCode[];
  run(card: TownCard, surroundings: Surroundings): Promise<Outcome>;
}

const inactive = ['card-frozen', 'card-closed'] as const;

export const operations: readonly Operation[] = [
  { name: 'earn', weight: 34, refusals: [...inactive, 'balance-limit'], run: earnSome },
  { name: 'redeem', weight: 26, refusals: [...inactive, 'insufficient-points'], run: redeemSome },
  { name: 'void', weight: 14, refusals: voidRefusals(), run: voidSome },
  { name: 'adjust', weight: 8, refusals: ['card-closed', 'balance-limit', 'insufficient-points'], run: adjustSome },
  { name: 'expire', weight: 4, refusals: [], run: expireDue },
  { name: 'expire cards', weight: 2, refusals: [], run: expireSome },
  { name: 'restore', weight: 4, refusals: ['card-closed', 'nothing-to-restore', 'balance-limit'], run: restoreAll },
  { name: 'restore entries', weight: 2, refusals: [], run: restoreSome },
  { name: 'freeze', weight: 2, refusals: ['card-closed'], run: changeStatus },
  { name: 'unfreeze', weight: 8, refusals: ['card-closed'], run: changeStatus },
  { name: 'erase', weight: 0.2, refusals: [], run: erase },
];

function voidRefusals(): readonly RefusalCode[] {
  return [...inactive, 'already-voided', 'not-voidable', 'points-spent', 'balance-limit'];
}

export function chooseOperation(random: Random): Operation {
  let place = random.below(1_000_000) / 1_000_000;
  const total = operations.reduce((sum, { weight }) => sum + weight, 0);
  const chosen = operations.find(({ weight }) => (place -= weight / total) < 0);
  return chosen ?? random.pick(operations);
}

function keep(card: TownCard, answer: ChangeAnswer): Outcome {
  if (answer === undefined) return 'nothing';
  if (isRefusal(answer)) return answer.code;
  card.entryIds = [answer.entry.id, ...card.entryIds.slice(0, 7)];
  return 'done';
}

async function earnSome(card: TownCard, { database, random, now }: Surroundings): Promise<Outcome> {
  const points = (1 + random.below(100)) * card.unit;
  return keep(card, await database.transaction((transaction) => earn(transaction, { ...card, ...cause, points, now })));
}

async function redeemSome(card: TownCard, { database, random, now }: Surroundings): Promise<Outcome> {
  const points = (1 + random.below(120)) * card.unit;
  return keep(
    card,
    await database.transaction((transaction) => redeem(transaction, { ...card, ...cause, points, now })),
  );
}

async function voidSome(card: TownCard, { database, random, now }: Surroundings): Promise<Outcome> {
  if (card.entryIds.length === 0) return 'nothing';
  const change = { ...card, ...cause, entryId: random.pick(card.entryIds), now };
  return keep(card, await database.transaction((transaction) => voidEntry(transaction, change)));
}

async function adjustSome(card: TownCard, { database, random, now }: Surroundings): Promise<Outcome> {
  const points = (1 + random.below(50)) * card.unit * random.pick([1, -1]);
  const soon = new Date(now.getTime() + 1 + random.below(1_000_000_000));
  const expiry = random.pick([{}, { expiresAt: null }, { expiresAt: soon }]);
  const change = { ...card, ...cause, points, now, ...expiry };
  return keep(card, await database.transaction((transaction) => adjust(transaction, change)));
}

async function expireDue({ merchantId }: TownCard, { database, random, now }: Surroundings): Promise<Outcome> {
  const change = { merchantId, asOf: now, runId: null, cards: { limit: 1 + random.below(20) }, now, ...cause };
  const { cards } = await database.transaction((transaction) => expireCards(transaction, change));
  return cards > 0 ? 'done' : 'nothing';
}

async function expireSome({ merchantId }: TownCard, { database, random, town, now }: Surroundings): Promise<Outcome> {
  const cards = Array.from({ length: 1 + random.below(10) }, () => random.pick(town.cards).cardId);
  const change = { merchantId, asOf: now, runId: null, cards, now, ...cause };
  const expired = await database.transaction((transaction) => expireCards(transaction, change));
  return expired.cards > 0 ? 'done' : 'nothing';
}

async function restoreAll(card: TownCard, { database, now }: Surroundings): Promise<Outcome> {
  const { merchantId, cardId } = card;
  const change = { merchantId, cardId, now, ...cause };
  const answer = await database.transaction((transaction) => restore(transaction, change));
  if (answer === undefined) return 'nothing';
  if (isRefusal(answer)) return answer.code;
  card.entryIds = [...answer.entries.map(({ id }) => id), ...card.entryIds].slice(0, 8);
  return 'done';
}

async function restoreSome({ merchantId }: TownCard, { database, random, now }: Surroundings): Promise<Outcome> {
  const found = await database<{ id: string; merchant_id: string; kind: string }>('entries')
    .where({ merchant_id: merchantId, kind: 'expire' })
    .orderBy('id', 'desc')
    .limit(40)
    .select('id');
  const entryIds = found.map(({ id }) => id).filter(() => random.below(8) === 0);
  const change = { merchantId, entryIds, runId: null, now, ...cause };
  const answer = await database.transaction((transaction) => restoreEntries(transaction, change));
  if (isRefusal(answer)) return answer.code;
  return answer.entries > 0 ? 'done' : 'nothing';
}

async function changeStatus(this: Operation, card: TownCard, { database, now }: Surroundings): Promise<Outcome> {
  const change = this.name === 'freeze' ? freeze : unfreeze;
  const answer = await database.transaction((transaction) => change(transaction, { ...card, now }));
  if (answer === undefined) return 'nothing';
  if (isRefusal(answer)) return answer.code;
  card.statusVersions.push(answer.card.version);
  return 'done';
}

async function erase(card: TownCard, { database, town, now }: Surroundings): Promise<Outcome> {
  const erased = await database.transaction((transaction) => eraseCustomer(transaction, { ...card, now }));
  for (const other of town.cards.filter(({ customerId }) => customerId === card.customerId)) {
    other.erased = true;
    await town.replace(other);
  }
  return erased === undefined || erased.cards === 0 ? 'nothing' : 'done';
}
