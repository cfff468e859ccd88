import { day } from './local-time.ts';
import type { Lot, LotChange } from './posting.ts';

/** Whether a lot's points are gone at an instant, be they zeroed or not. */
export function isExpired(lot: Pick<Lot, 'expiresAt'>, now: Date): boolean {
  return lot.expiresAt !== null && lot.expiresAt <= now;
}

/** The lots that can be drawn from, the one that expires first before all; then by `earnedAt`, then by id. */
export function drawableLots(lots: readonly Lot[], now: Date): Lot[] {
  return lots.filter((lot) => lot.remaining > 0 && !isExpired(lot, now)).toSorted(byExpiry);
}

function byExpiry(one: Lot, other: Lot): number {
  return (
    compare(one.expiresAt?.getTime() ?? Infinity, other.expiresAt?.getTime() ?? Infinity) ||
    compare(one.earnedAt.getTime(), other.earnedAt.getTime()) ||
    compare(one.id, other.id)
  );
}

function compare<T extends number | string>(one: T, other: T): number {
  return one < other ? -1 : Number(one > other);
}

/** The points that can be redeemed: the balance without what has expired. */
export function availablePoints(lots: readonly Lot[], now: Date): number {
  return drawableLots(lots, now).reduce((sum, lot) => sum + lot.remaining, 0);
}

/** How many points expire at which instant within the next `warningDays` days of 24 hours, the nearest first. */
export function expiringSoon(
  lots: readonly Lot[],
  now: Date,
  warningDays: number,
): { expiresAt: Date; points: number }[] {
  const horizon = now.getTime() + warningDays * day;
  const points = new Map<number, number>();
  for (const { expiresAt, remaining } of drawableLots(lots, now)) {
    if (expiresAt === null || expiresAt.getTime() > horizon) continue;
    points.set(expiresAt.getTime(), (points.get(expiresAt.getTime()) ?? 0) + remaining);
  }
  return [...points].map(([instant, sum]) => ({ expiresAt: new Date(instant), points: sum }));
}

/** Lot id to points, signed from the lot's view. */
export type Moves = ReadonlyMap<string, number>;

/**
 * Takes points from the lots that expire first.
 * @returns undefined when there are not as many.
 */
export function draw(lots: readonly Lot[], points: number, now: Date): Moves | undefined {
  const moves = new Map<string, number>();
  let missing = points;
  for (const lot of drawableLots(lots, now)) {
    if (missing === 0) break;
    const taken = Math.min(missing, lot.remaining);
    moves.set(lot.id, -taken);
    missing -= taken;
  }
  return missing === 0 ? moves : undefined;
}

/** The changes of those lots whose points or expiry change. `expiryOf` says a lot's expiry from what remains of it after the moves. */
export function lotChanges(
  lots: readonly Lot[],
  moves: Moves,
  expiryOf: (lot: Lot, remaining: number) => Date | null = (lot) => lot.expiresAt,
): LotChange[] {
  return lots
    .map((lot) => ({ lot, points: moves.get(lot.id) ?? 0 }))
    .map(({ lot, points }) => ({ lot, points, expiresAt: expiryOf(lot, lot.remaining + points) }))
    .filter(({ lot, points, expiresAt }) => points !== 0 || expiresAt?.getTime() !== lot.expiresAt?.getTime())
    .map(({ lot, points, expiresAt }) => ({ lotId: lot.id, points, expiresAt }));
}
