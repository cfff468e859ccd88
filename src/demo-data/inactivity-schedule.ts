import { adding, type CardPlan, drawing, dueFor, earning, type Intent, latest, minute } from './intent.ts';
import { day, isClear } from './period.ts';
import type { Random } from './random.ts';

/** Lots that expire together, so long after the card's last activity; some cards have lapsed and come back. */
export function byActivity(random: Random, plan: CardPlan): Intent[] {
  if (plan.due > 0) return dueCard(random, plan);
  const end = random.chance(0.12)
    ? lapsedAt(random, plan)
    : -random.between(-latest, Math.min(plan.period.early, 150 * day));
  const returned = plan.lots >= 3 && random.chance(0.15) ? returnedCard(random, plan, end) : [];
  return returned.length > 0 ? returned : steadyCard(random, plan, end);
}

function dueCard(random: Random, plan: CardPlan): Intent[] {
  const { late } = plan.period;
  const to = -random.between(late + minute, late + dueFor);
  const intents = activities(random, plan, { from: -plan.history, to, earns: plan.lots });
  return intents.map((intent) => (intent.act === 'earn' ? { ...intent, fate: 'due' } : intent));
}

/** The last activity of a card whose points were zeroed before what is due now has expired. */
function lapsedAt(random: Random, { period, history }: CardPlan): number {
  return -random.between(period.late + dueFor + minute, history);
}

function steadyCard(random: Random, plan: CardPlan, to: number): Intent[] {
  const added = plan.lots >= 3 && random.chance(0.1) ? 1 : 0;
  const intents = activities(random, plan, { from: -plan.history, to, earns: plan.lots - added });
  if (added === 0) return intents;
  // No activity, so it must be near one: else its expiry would be another.
  return [...intents, adding(random, random.pick(intents).at + 5 * minute)];
}

/** Two times of activity, and between them so long a rest that all was zeroed; for some, staff brought it back. */
function returnedCard(random: Random, plan: CardPlan, end: number): Intent[] {
  const { history, period } = plan;
  const latestRest = end - period.late - 45 * day;
  if (latestRest < -history) return [];
  const rest = random.between(-history, latestRest);
  const back = rest + period.late + random.between(0.1, 1.5) * day;
  const restored = random.chance(0.4) && isClear(period, -back);
  const before = random.integer(1, plan.lots - 2);
  const after = plan.lots - before - (restored ? 1 : 0);
  const first = activities(random, plan, { from: -history, to: rest, earns: before });
  const second = activities(random, plan, {
    from: rest + period.late + random.between(2, 40) * day,
    to: end,
    earns: after,
  });
  if (!restored) return [...first, ...second];
  const last = first.findLastIndex(({ act }) => act === 'earn');
  const kept = first.map((intent, index): Intent => (index === last ? { ...intent, fate: 'kept' } : intent));
  return [...kept, { at: back, act: 'restore', size: 0 }, ...second];
}

interface Span {
  from: number;
  to: number;
  earns: number;
}

/** How far an activity is from its even place, as a share of the step. */
const jitter = 0.4;

/** Earns and some redeems, the first an earn, the last at `to`, none before `from`, never so far apart that points expire between them. */
function activities(random: Random, { period }: CardPlan, { from, to, earns }: Span): Intent[] {
  const count = earns + random.integer(0, Math.ceil(earns * 0.7));
  const step = Math.min((to - from) / (count - 1 + jitter), period.early * 0.5);
  const first = random.between(0.3, 1);
  let left = earns;
  return Array.from({ length: count }, (_, index) => {
    const behind = count - 1 - index;
    const at = to - (behind === 0 ? 0 : step * first * (behind + random.between(-jitter, jitter)));
    const earn = index === 0 || random.chance(left / (count - index));
    if (earn) left -= 1;
    return earn ? earning(random, at) : { ...drawing(random, at), act: 'redeem' };
  });
}
