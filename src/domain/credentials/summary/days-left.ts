/** Whole days that are left, downwards; negative when they are over; null for never. */
export function daysLeft(instant: string | undefined, now: Date): number | null {
  return instant === undefined ? null : Math.floor((new Date(instant).getTime() - now.getTime()) / 86_400_000);
}
