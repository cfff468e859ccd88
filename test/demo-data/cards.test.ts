import assert from 'node:assert/strict';
import { expiryInstant } from '../../src/domain/ledger/expiry.ts';
import { type DemoCard, makeCards } from '../../src/demo-data/cards.ts';
import { planMerchants, type WorldOptions } from '../../src/demo-data/merchants.ts';

const day = 86_400_000;
const noon = new Date('2026-07-15T12:00:00Z');
const world: WorldOptions = { merchants: 6, cards: 1_200, lotsPerCard: 4, dueShare: 0.1, years: 2, seed: 'test' };

function cardsOf(options: Partial<WorldOptions> = {}, now = noon): DemoCard[] {
  const all = { ...world, ...options };
  return planMerchants(all).flatMap((merchant) => [...makeCards(all, merchant, now)]);
}

/** What is the same on every day. */
function lasting({ ledger: { card, lots }, number, programId, customer }: DemoCard): object {
  const { id, balance, version, status } = card;
  const kept = lots.map(({ id: lot, points, remaining, restoredFrom }) => [
    lot,
    points,
    remaining,
    restoredFrom !== null,
  ]);
  return { id, number, programId, balance, version, status, customer: [customer.id, customer.name], lots: kept };
}

describe('the cards of the demo', () => {
  const days = ['2026-07-15T12:00:01Z', '2026-03-29T01:30:00Z', '2026-10-31T23:59:59Z', '2028-02-29T12:00:00Z'];
  for (const other of days) {
    it(`are the same on ${other}, and so are their lots`, () => {
      assert.deepEqual(cardsOf({}, new Date(other)).map(lasting), cardsOf().map(lasting));
    });
  }

  it('are others with another seed', () => {
    const ids = new Set(cardsOf().map(({ ledger }) => ledger.card.id));
    assert.ok(cardsOf({ seed: 'other' }).every(({ ledger }) => !ids.has(ledger.card.id)));
  });

  it('have as many lots together as were asked for, and not all the same number', () => {
    for (const lotsPerCard of [1, 4, 9]) {
      const counts = cardsOf({ lotsPerCard }).map(({ ledger }) => ledger.lots.length);
      const sum = counts.reduce((total, count) => total + count, 0);
      // A merchant with an odd number of cards has one without a counterpart.
      assert.equal(sum, 1_200 * lotsPerCard);
      assert.equal(new Set(counts).size, 2 * lotsPerCard - 1);
    }
  });

  it('have them also where points lapsed and were restored', () => {
    const lots = cardsOf({ cards: 10_000, merchants: 2 }).reduce((sum, { ledger }) => sum + ledger.lots.length, 0);
    assert.equal(lots, 40_000);
  });

  for (const dueShare of [0, 0.01, 0.5, 0.9, 1]) {
    it(`have a share of ${dueShare} of their lots due`, () => {
      const lots = cardsOf({ dueShare }).flatMap(({ ledger }) => ledger.lots);
      const due = lots.filter(({ remaining, expiresAt }) => remaining > 0 && expiresAt !== null && expiresAt <= noon);
      assert.ok(Math.abs(due.length / lots.length - dueShare) < 0.01, `${due.length} of ${lots.length}`);
    });
  }

  for (const years of [1, 5]) {
    it(`have a history of ${years} years, and nothing after now`, () => {
      const cards = cardsOf({ years });
      const instants = cards.flatMap(({ ledger }) => ledger.entries.map(({ occurredAt }) => occurredAt.getTime()));
      const [first, last] = [instants.reduce((a, b) => Math.min(a, b)), instants.reduce((a, b) => Math.max(a, b))];
      assert.ok(last < noon.getTime() && last > noon.getTime() - 30 * day);
      const age = (noon.getTime() - first) / day / 365;
      assert.ok(age > years - 0.2 && age < years + 0.5, `${age} years`);
    });
  }

  it('show everything that can happen to points, on cards of every kind', () => {
    const cards = cardsOf();
    const kinds = new Set(cards.flatMap(({ ledger }) => ledger.entries.map(({ kind }) => kind)));
    assert.deepEqual([...kinds].toSorted(), ['adjust', 'earn', 'expire', 'redeem', 'restore', 'void']);
    assert.deepEqual([...new Set(cards.map(({ ledger }) => ledger.card.status))].toSorted(), [
      'active',
      'closed',
      'frozen',
    ]);
    const modes = new Set(cards.map(({ ledger }) => ledger.card.program.expiry.mode));
    assert.deepEqual([...modes].toSorted(), ['fixed', 'inactivity', 'none']);
    assert.ok(new Set(cards.map(({ ledger }) => ledger.card.program.timezone)).size === world.merchants);
  });

  it('have lots that expire when the program says', () => {
    for (const { ledger } of cardsOf()) {
      const { program, lastActivityAt } = ledger.card;
      for (const lot of ledger.lots) {
        const own = expiryInstant(lot.earnedAt, program.expiry, program.timezone);
        const moved = lastActivityAt && expiryInstant(lastActivityAt, program.expiry, program.timezone);
        const expected = program.expiry.mode === 'inactivity' && lot.restoredFrom === null ? [own, moved] : [own];
        const open = lot.remaining > 0 && lot.fate !== 'due';
        const allowed = open && moved && lot.restoredFrom === null ? [later(own, expected.at(-1))] : expected;
        if (lot.remaining > 0) assert.ok(allowed.some((instant) => instant?.getTime() === lot.expiresAt?.getTime()));
      }
    }
  });

  it('have points in no lot that has expired, but for those that are due', () => {
    const left = cardsOf().flatMap(({ ledger }) => ledger.lots.filter(({ fate }) => fate !== 'due'));
    assert.ok(left.every(({ remaining, expiresAt }) => remaining === 0 || expiresAt === null || expiresAt > noon));
  });

  it('have numbers that a check digit guards, each once a merchant', () => {
    const numbers = cardsOf().map(({ ledger, number }) => `${ledger.card.merchantId} ${number}`);
    assert.equal(new Set(numbers).size, numbers.length);
    for (const { number } of cardsOf({ cards: 50 })) assert.match(number, /^6\d{15}$/);
    for (const { number } of cardsOf({ cards: 50 })) assert.equal(luhn(number) % 10, 0, number);
  });
});

function later(one: Date | null, other: Date | null | undefined): Date | null {
  if (one === null || !other) return one;
  return one > other ? one : other;
}

/** As https://www.iso.org/standard/70484.html (ISO/IEC 7812-1, annex B) has it. */
function luhn(number: string): number {
  return number
    .split('')
    .toReversed()
    .map((digit, place) => (place % 2 === 1 ? 2 * Number(digit) : Number(digit)))
    .reduce((sum, value) => sum + (value > 9 ? value - 9 : value), 0);
}
