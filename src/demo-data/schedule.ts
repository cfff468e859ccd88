import { byActivity } from './inactivity-schedule.ts';
import { adding, type CardPlan, drawing, dueFor, earning, type Intent, latest, minute } from './intent.ts';
import { day, isClear } from './period.ts';
import type { Random } from './random.ts';

/** The life of a card, in order; at least one intent. */
export function scheduleCard(random: Random, plan: CardPlan): Intent[] {
  const intents = plan.mode === 'inactivity' ? byActivity(random, plan) : byLot(random, plan);
  return intents.flatMap((intent) => [intent, ...mistake(random, intent)]).toSorted((one, other) => one.at - other.at);
}

/** What was rung up by mistake is voided within minutes. */
function mistake(random: Random, { at, act, fate }: Intent): Intent[] {
  if (fate !== undefined || !(act === 'earn' || act === 'redeem') || !random.chance(0.015)) return [];
  return [{ at: at + random.between(1, 4) * minute, act: 'void', size: 0 }];
}

/** Every lot expires in its own time, or never. */
function byLot(random: Random, plan: CardPlan): Intent[] {
  const intents = plan.lots - plan.due >= 2 && random.chance(0.04) ? restoredLot(random, plan) : [];
  for (let due = 0; due < plan.due; due++) intents.push(dueLot(random, plan));
  while (intents.length < plan.lots) intents.push(ordinaryLot(random, plan));
  const first = Math.min(...intents.map(({ at }) => at));
  const draws = random.integer(0, Math.ceil(plan.lots * 0.7));
  for (let draw = 0; draw < draws; draw++) intents.push(drawing(random, random.between(first, latest)));
  return intents;
}

function dueLot(random: Random, { period }: CardPlan): Intent {
  return { ...earning(random, -random.between(period.late + minute, period.late + dueFor)), fate: 'due' };
}

/** Earned in the running period, or so long ago that it was zeroed before what is due now has expired. */
function ordinaryLot(random: Random, { period, history }: CardPlan): Intent {
  const open = Math.min(period.early, history);
  const old = Math.max(0, history - period.late - dueFor);
  const age = random.between(0, open + old);
  const at = age < open ? Math.min(-age, latest) : -(period.late + dueFor + age - open);
  return random.chance(0.03) ? adding(random, at) : earning(random, at);
}

/** A lot that expired with points in it, and the lot that brings these back; none when there is no time for both. */
function restoredLot(random: Random, { period, history }: CardPlan): Intent[] {
  const { late } = period;
  if (late + dueFor >= history) return [];
  const at = -random.between(late + dueFor, history);
  const back = at + late + random.between(day, 20 * day);
  if (back > latest || !isClear(period, -back)) return [];
  return [
    { ...earning(random, at), fate: 'kept' },
    { at: back, act: 'restore', size: 0 },
  ];
}
