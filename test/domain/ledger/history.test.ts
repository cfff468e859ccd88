import assert from 'node:assert/strict';
import fc from 'fast-check';
import { availablePoints, drawableLots, isExpired } from '../../../src/domain/ledger/lots.ts';
import type { ExpiryTerms, Lot, PostedEntry } from '../../../src/domain/ledger/posting.ts';
import { expiryInstant } from '../../../src/domain/ledger/expiry.ts';
import { card, now as start } from './examples.ts';
import { steps, take, terms } from './history.ts';
import type { Step } from './history.ts';
import { LedgerModel } from './ledger-model.ts';

const soak = process.env['SOAK'] === '1';
const numRuns = soak ? 20_000 : 400;
const timezone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/Santiago', 'Pacific/Apia');
const common = fc.oneof(steps.earn, steps.redeem, steps.adjust, steps.void);
const everyStep = fc.oneof(
  { weight: 6, arbitrary: common },
  { weight: 3, arbitrary: fc.oneof(steps.expire, steps.restore) },
  { weight: 2, arbitrary: fc.oneof(steps.status, steps.program) },
);

function history(step: fc.Arbitrary<Step>): fc.Arbitrary<Step[]> {
  return fc.array(step, { minLength: 1, maxLength: 60, size: 'max' });
}

function newLedger(expiry: ExpiryTerms, zone = 'UTC'): LedgerModel {
  const state = card({}, expiry);
  return new LedgerModel({ ...state, program: { ...state.program, timezone: zone } });
}

/** Takes the steps one after another. `look` gets the lots as they were before each. */
function live(
  ledger: LedgerModel,
  story: readonly Step[],
  look: (step: Step, before: Lot[], now: Date, outcome: string) => void,
): void {
  let now = start;
  for (const step of story) {
    now = new Date(now.getTime() + step.hours * 3_600_000);
    const before = structuredClone(ledger.lots);
    look(step, before, now, take(ledger, step, now));
  }
}

function remainders(ledger: LedgerModel): number[] {
  return ledger.lots.map(({ remaining }) => remaining);
}

describe('any history of a card', function () {
  this.timeout(soak ? 3_600_000 : 20_000);

  it('keeps balance = Σ entries = Σ remaining, and every lot within 0 and its points', () => {
    const outcomes = new Map<string, number>();
    const property = fc.property(terms, timezone, history(everyStep), (expiry, zone, story) => {
      live(newLedger(expiry, zone), story, (_step, _before, _now, outcome) =>
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1),
      );
    });
    fc.assert(property, { numRuns });
    for (const seen of [
      'earn',
      'redeem',
      'adjust',
      'void',
      'expire',
      'restore',
      'points-spent',
      'already-voided',
      'already-restored',
    ]) {
      assert.ok(outcomes.has(seen), `no history came to ${seen}`);
    }
  });

  it('draws from nothing that has expired, and leaves nothing that expires before what is drawn', () => {
    const property = fc.property(terms, timezone, history(everyStep), (expiry, zone, story) => {
      const ledger = newLedger(expiry, zone);
      live(ledger, story, (step, before, now, outcome) => {
        if (outcome !== 'redeem' && !(outcome === 'adjust' && step.kind === 'adjust' && step.points < 0)) return;
        const order = drawableLots(before, now).map(({ id }) => id);
        const drawn = ledger.entries.at(-1)?.moves.map(({ lotId }) => lotId) ?? [];
        assert.deepEqual(
          order.filter((id) => drawn.includes(id)),
          order.slice(0, drawn.length),
        );
        const emptied = order.slice(0, drawn.length - 1);
        assert.ok(ledger.lots.every(({ id, remaining }) => !emptied.includes(id) || remaining === 0));
      });
    });
    fc.assert(property, { numRuns });
  });

  it('is the same to customers whether or not the nightly job has run', () => {
    const step = fc.oneof({ weight: 6, arbitrary: common }, steps.status, steps.program);
    const property = fc.property(terms, history(step), (expiry, story) => {
      const [diligent, lazy] = [newLedger(expiry), newLedger(expiry)];
      let now = start;
      for (const next of story) {
        now = new Date(now.getTime() + next.hours * 3_600_000);
        take(diligent, { kind: 'expire', hours: 0 }, now);
        const entry = next.kind === 'void' ? voidable(diligent)[next.entry % voidable(diligent).length] : undefined;
        const told = [diligent, lazy].map((ledger) => take(ledger, aimed(next, ledger, entry, diligent), now));
        assert.equal(told[0], told[1]);
        assert.equal(availablePoints(diligent.lots, now), availablePoints(lazy.lots, now));
      }
    });
    fc.assert(property, { numRuns });
  });

  it('is undone by a void of a redemption, when nothing expired between', () => {
    const amount = fc.integer({ min: 1, max: 100 });
    const property = fc.property(
      terms,
      history(everyStep),
      amount,
      fc.nat({ max: 48 }),
      (expiry, story, points, hours) => {
        const ledger = newLedger(expiry);
        live(ledger, [...story, { kind: 'status', status: 'active', hours: 0 }], () => undefined);
        const then = new Date(start.getTime() + story.reduce((sum, step) => sum + step.hours, 0) * 3_600_000);
        const later = new Date(then.getTime() + hours * 3_600_000);
        const before = remainders(ledger);
        fc.pre(!ledger.open.some((lot) => isExpired(lot, later)));
        fc.pre(take(ledger, { kind: 'redeem', points, hours: 0 }, then) === 'redeem');
        assert.equal(take(ledger, { kind: 'void', entry: ledger.entries.length - 1, hours: 0 }, later), 'void');
        assert.deepEqual(remainders(ledger), before);
      },
    );
    fc.assert(property, { numRuns });
  });

  it('has all its open lots expire together under inactivity', () => {
    const inactivity = terms.filter(({ mode }) => mode === 'inactivity');
    const step = fc.oneof(steps.earn, steps.redeem, steps.void);
    const property = fc.property(inactivity, history(step), (expiry, story) => {
      const ledger = newLedger(expiry);
      live(ledger, story, (_step, _before, now) => {
        const { lastActivityAt } = ledger.card;
        const expected = lastActivityAt && expiryInstant(lastActivityAt, expiry, 'UTC');
        for (const lot of drawableLots(ledger.lots, now)) {
          if (lot.restoredFrom === null) assert.deepEqual(lot.expiresAt, expected);
        }
      });
    });
    fc.assert(property, { numRuns });
  });
});

function voidable({ entries }: LedgerModel): PostedEntry[] {
  return entries.filter(({ kind }) => kind !== 'expire');
}

/** The same step for a ledger that has not the expire entries of another: an entry to void is named by its place among the rest. */
function aimed(step: Step, ledger: LedgerModel, entry: PostedEntry | undefined, other: LedgerModel): Step {
  const twin = entry && voidable(ledger)[voidable(other).indexOf(entry)];
  return step.kind === 'void' && twin ? { ...step, entry: ledger.entries.indexOf(twin) } : step;
}
