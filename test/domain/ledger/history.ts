import fc from 'fast-check';
import { decideAdjust } from '../../../src/domain/ledger/adjust.ts';
import { decideEarn } from '../../../src/domain/ledger/earn.ts';
import { decideExpire } from '../../../src/domain/ledger/expire.ts';
import type { CardState, ExpiryTerms } from '../../../src/domain/ledger/posting.ts';
import { decideRedeem } from '../../../src/domain/ledger/redeem.ts';
import { decideRestore } from '../../../src/domain/ledger/restore.ts';
import { decideVoid } from '../../../src/domain/ledger/void.ts';
import { cause } from './examples.ts';
import type { LedgerModel } from './ledger-model.ts';

/** A step of a card's life. `entry` and `ahead` are scaled to what there is: an entry by index, an expiry in days. */
export type Step = { hours: number } & (
  | { kind: 'earn' | 'redeem'; points: number }
  | { kind: 'adjust'; points: number; ahead: number | null | undefined }
  | { kind: 'void' | 'restore'; entry: number }
  | { kind: 'status'; status: CardState['status'] }
  | { kind: 'program'; expiry: ExpiryTerms }
  | { kind: 'expire' }
);

const hours = fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 0, max: 24 * 40 }));
const points = fc.integer({ min: 1, max: 100 });

export const terms: fc.Arbitrary<ExpiryTerms> = fc.oneof(
  fc.constant({ mode: 'none' as const }),
  fc.record({
    mode: fc.constantFrom('fixed', 'inactivity'),
    days: fc.integer({ min: 1, max: 90 }),
    rounding: fc.constantFrom('none', 'end_of_day', 'end_of_month'),
  }),
);

export const steps = {
  earn: fc.record({ kind: fc.constantFrom('earn'), hours, points }),
  redeem: fc.record({ kind: fc.constantFrom('redeem'), hours, points }),
  adjust: fc.record({
    kind: fc.constantFrom('adjust'),
    hours,
    points: fc.integer({ min: -100, max: 100 }).filter((number) => number !== 0),
    ahead: fc.oneof(fc.constantFrom(null, undefined), fc.integer({ min: -1, max: 60 })),
  }),
  void: fc.record({ kind: fc.constantFrom('void'), hours, entry: fc.nat({ max: 1000 }) }),
  restore: fc.record({ kind: fc.constantFrom('restore'), hours, entry: fc.nat({ max: 1000 }) }),
  expire: fc.record({ kind: fc.constantFrom('expire'), hours }),
  status: fc.record({
    kind: fc.constantFrom('status'),
    hours,
    status: fc.constantFrom('active', 'active', 'frozen', 'closed'),
  }),
  program: fc.record({ kind: fc.constantFrom('program'), hours, expiry: terms }),
} satisfies Record<Step['kind'], fc.Arbitrary<Step>>;

/** Takes a step at an instant. @returns what came of it: an entry's kind, a refusal's code, or nothing. */
export function take(ledger: LedgerModel, step: Step, now: Date): string {
  const { card, open, entries } = ledger;
  switch (step.kind) {
    case 'earn':
      return ledger.take(decideEarn(card, open, { ...cause, points: step.points }, now));
    case 'redeem':
      return ledger.take(decideRedeem(card, open, { ...cause, points: step.points }, now));
    case 'adjust': {
      const expiresAt = step.ahead ? { expiresAt: new Date(now.getTime() + step.ahead * 86_400_000) } : {};
      return ledger.take(decideAdjust(card, open, { ...cause, points: step.points, ...expiresAt }, now));
    }
    case 'void': {
      const entry = entries[step.entry % entries.length];
      return ledger.take(entry && decideVoid(card, entry, ledger.lotsOf(entry), cause, now));
    }
    case 'restore': {
      const expired = entries.filter(({ kind }) => kind === 'expire');
      const entry = expired[step.entry % expired.length] ?? entries[step.entry % entries.length];
      return ledger.take(entry && decideRestore(card, entry, cause, now));
    }
    case 'expire':
      return ledger.take(decideExpire(card, open, cause, now));
    case 'status':
      ledger.card = { ...card, status: step.status };
      return 'nothing';
    case 'program':
      ledger.card = { ...card, program: { ...card.program, expiry: step.expiry } };
      return 'nothing';
  }
}
