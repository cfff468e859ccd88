import { decideAdjust } from '../domain/ledger/adjust.ts';
import { decideEarn } from '../domain/ledger/earn.ts';
import { decideExpire } from '../domain/ledger/expire.ts';
import { drawableLots } from '../domain/ledger/lots.ts';
import type { Cause } from '../domain/ledger/posting.ts';
import { decideRedeem } from '../domain/ledger/redeem.ts';
import { type Decision, isRefusal } from '../domain/ledger/refusal.ts';
import { decideRestore } from '../domain/ledger/restore.ts';
import { decideVoid } from '../domain/ledger/void.ts';
import { type Intent, minute } from './intent.ts';
import type { LedgerCard, MadeLot } from './ledger-card.ts';
import { day, isClear, type Period } from './period.ts';
import type { Random } from './random.ts';

export interface History {
  intents: readonly Intent[];
  period: Period;
  now: Date;
  random: Random;
  /** For what the calendar decides the order of, so that all else stays as it is. */
  nightly: Random;
}

/**
 * Lets it all happen to a new card by the rules of the ledger, with a nightly job that zeroes what has expired, but for the
 * lots that are to be due. What the rules refuse does not happen, nor what would depend on the date at which the world is made.
 */
export function playHistory(ledger: LedgerCard, history: History): void {
  const { intents, now, period, random } = history;
  for (const intent of intents) {
    const instant = new Date(now.getTime() + intent.at);
    zeroExpired(ledger, history, instant.getTime());
    if (!isSettled(ledger, intent, period)) continue;
    const decision = decide(ledger, intent, instant, receipt(random));
    if (decision !== undefined && !isRefusal(decision)) ledger.post(decision, intent, random);
  }
  zeroExpired(ledger, history, now.getTime());
}

/** 02:30 UTC. */
const jobTime = 2.5 * 3_600_000;

function nightAfter(instant: number): number {
  return (Math.floor((instant - jobTime) / day) + 1) * day + jobTime;
}

function zeroExpired(ledger: LedgerCard, { period, nightly }: History, until: number): void {
  for (;;) {
    const left = ledger.lots.filter(({ remaining, fate }) => remaining > 0 && fate !== 'due');
    const first = left.reduce((least, { expiresAt }) => Math.min(least, expiresAt?.getTime() ?? Infinity), Infinity);
    const night = nightAfter(first);
    if (!(night <= until)) return;
    const [lot, ...others] = left.filter(({ expiresAt }) => expiresAt?.getTime() === first) as [MadeLot, ...MadeLot[]];
    // An entry a lot, where the real job writes one a card: how many expire in one night depends on the date.
    const zeroed = ledger.card.program.expiry.mode === 'inactivity' ? [lot, ...others] : [lot];
    const posting = decideExpire(ledger.card, zeroed, cause(null, 'expire-points'), new Date(night));
    if (posting) ledger.post(posting, { at: lot.base + period.late }, nightly);
  }
}

/** Whether it is the same whatever the date: what draws from lots, or returns to them, needs to know which are open. */
function isSettled({ lots }: LedgerCard, { act, at }: Intent, period: Period): boolean {
  if (act === 'earn' || act === 'add' || act === 'restore') return true;
  return lots.every(({ remaining, zeroed, base }) => (remaining === 0 && !zeroed) || isClear(period, at - base));
}

function decide(ledger: LedgerCard, { act, size }: Intent, now: Date, reference: string): Decision | undefined {
  const { card, lots } = ledger;
  if (act === 'earn') return decideEarn(card, lots, { ...cause(), points: size, reference }, now);
  if (act === 'restore') return restore(ledger, now);
  if (act === 'void') return undo(ledger, now);
  if (act === 'add') return decideAdjust(card, lots, { ...cause('Goodwill: a parcel came late'), points: size }, now);
  const points = rounded(drawable(lots, now) * size);
  if (points === 0) return undefined;
  return act === 'redeem'
    ? decideRedeem(card, lots, { ...cause(), points, reference }, now)
    : decideAdjust(card, lots, { ...cause('Correction: counted twice'), points: -points }, now);
}

function undo({ card, lots, entries }: LedgerCard, now: Date): Decision | undefined {
  const entry = entries.findLast(({ kind }) => kind === 'earn' || kind === 'redeem');
  // What was to be voided may not have happened.
  if (entry === undefined || now.getTime() - entry.occurredAt.getTime() > 5 * minute) return undefined;
  if (lots.some(({ entryId, fate }) => entryId === entry.id && fate !== undefined)) return undefined;
  return decideVoid(card, entry, lots, cause('Rung up by mistake'), now);
}

function restore({ card, entries }: LedgerCard, now: Date): Decision | undefined {
  const entry = entries.findLast(({ kind }) => kind === 'expire');
  return entry && decideRestore(card, entry, cause('Goodwill: was ill when they expired'), now);
}

function cause(reason: string | null = null, actor = 'demo-data'): Cause {
  return { actor, reason, reference: null };
}

function receipt(random: Random): string {
  return `receipt ${random.integer(100_000, 999_999)}`;
}

/** What can be drawn without emptying a lot that is to keep points. */
function drawable(lots: readonly MadeLot[], now: Date): number {
  const fates = new Map(lots.map(({ id, fate }) => [id, fate]));
  let points = 0;
  for (const { id, remaining } of drawableLots(lots, now)) {
    if (fates.get(id) !== undefined) return points + remaining - 1;
    points += remaining;
  }
  return points;
}

/** As prices in points are: 1,250 or 45, not 1,263 or 47. */
function rounded(points: number): number {
  const step = points >= 100 ? 50 : points >= 10 ? 5 : 1;
  return Math.floor(points / step) * step;
}
