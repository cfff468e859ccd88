import { randomUUID } from 'node:crypto';
import { admin, store } from '../world.ts';
import { bookedEntry, type Change } from './change.ts';
import type { LoadOptions } from './load.ts';

/** A change by chance: more is earned than redeemed, some is voided, and every fourth is sent without an Idempotency-Key. */
export function planChange({ world, cards, random, journal }: LoadOptions): Change {
  const card = random.pick(cards);
  const ofStore = { key: world.home.key, cardId: card.id };
  const voidable = random.chance(0.15) ? random.pick([...journal.slice(-200), undefined]) : undefined;
  if (voidable?.outcome === 'acknowledged' && voidable.action !== 'void')
    return planVoid(voidable, ofStore.key, random);
  const points = random.integer(1, 50);
  const path = `${store}/cards/${card.id}`;
  if (random.chance(0.1)) {
    const signed = random.chance(0.5) ? points : -points;
    return plan(
      { action: 'adjust', path: `${admin}/cards/${card.id}/adjust`, ...ofStore, key: world.adminKey },
      signed,
      random,
    );
  }
  const action = random.chance(0.6) ? 'earn' : 'redeem';
  return plan({ action, path: `${path}/${action}`, ...ofStore }, points, random);
}

function planVoid(voidable: Change, key: string, random: LoadOptions['random']): Change {
  const { cardId } = voidable;
  const { id } = bookedEntry(voidable);
  return plan({ action: 'void', path: `${store}/cards/${cardId}/entries/${id}/void`, cardId, key }, undefined, random);
}

function plan(
  what: Pick<Change, 'action' | 'path' | 'cardId' | 'key'>,
  points: number | undefined,
  random: LoadOptions['random'],
): Change {
  const body = { ...(points !== undefined && { points }), reason: 'Load', reference: randomUUID() };
  const idempotencyKey = random.chance(0.75) ? randomUUID() : undefined;
  return { ...what, idempotencyKey, body, attempts: 0, outcome: 'open' };
}
